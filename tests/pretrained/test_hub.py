"""A checkpoint in Hugging Face's form: whole or in parts, from a folder or a mirror; damage gets one sentence."""

import hashlib
import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import torch
from safetensors.torch import save_file

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.pretrained import checkpoint, gpt2_to_huggingface, llama_to_huggingface, load_gpt2, load_llama

IDS = torch.tensor([[3, 1, 4, 1, 5]])
GPT2_CONFIG = {
    "model_type": "gpt2",
    "vocab_size": 11,
    "n_positions": 8,
    "n_embd": 8,
    "n_layer": 2,
    "n_head": 2,
    "activation_function": "gelu_new",
}
LLAMA_CONFIG = {
    "model_type": "llama",
    "vocab_size": 11,
    "max_position_embeddings": 8,
    "hidden_size": 8,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "intermediate_size": 12,
    "rms_norm_eps": 1e-5,
    "rope_theta": 500.0,
}


@pytest.fixture
def gpt2():
    """Return a tiny GPT-2 of ours."""
    sizes = {"vocab_size": 11, "context": 8, "d_model": 8, "n_layers": 2, "n_heads": 2}
    return GPT(GPTConfig(**sizes, feed_forward="gelu_tanh")).eval()


@pytest.fixture
def folder(gpt2, tmp_path):
    """Return it as a folder in their layout, tied scores left out as the hub's files do."""
    tensors = gpt2_to_huggingface(gpt2)
    del tensors["lm_head.weight"]
    save_file(tensors, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(GPT2_CONFIG))
    return tmp_path


def _in_parts(folder, tensors):
    """Write two files and an index, as large models have them."""
    names = sorted(tensors)
    parts = {"model-00001-of-00002.safetensors": names[::2], "model-00002-of-00002.safetensors": names[1::2]}
    for file, inside in parts.items():
        save_file({name: tensors[name] for name in inside}, folder / file)
    places = {name: file for file, inside in parts.items() for name in inside}
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))


def test_a_folder_is_loaded(gpt2, folder):
    """The same logits, from a path as text or as Path; in evaluation mode, tables tied."""
    for source in (folder, str(folder)):
        again = load_gpt2(source)
        assert torch.equal(again(IDS), gpt2(IDS))
        assert not again.training
        assert again.scores.weight is again.tokens.weight
    assert load_gpt2(folder, torch.bfloat16).tokens.weight.dtype == torch.bfloat16


def test_a_llama_in_parts_is_loaded(tmp_path):
    """Two files and their index; its query rows are put in our order and back."""
    config = GPTConfig(
        vocab_size=11,
        context=8,
        d_model=8,
        n_layers=2,
        n_heads=2,
        n_kv_heads=1,
        d_ff=12,
        positions="rotary",
        norm="rms",
        feed_forward="swiglu",
        bias=False,
        tied=False,
        rotary_base=500.0,
    )
    model = GPT(config).eval()
    _in_parts(tmp_path, llama_to_huggingface(model))
    (tmp_path / "config.json").write_text(json.dumps(LLAMA_CONFIG))
    again = load_llama(tmp_path)
    assert again.config == config
    assert torch.equal(again(IDS), model(IDS))


def _truncate(folder):
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-5])


def _without(folder, name):
    tensors = checkpoint(folder).tensors
    save_file({key: t for key, t in tensors.items() if key != name}, folder / "model.safetensors")


def _with(folder, **fields):
    (folder / "config.json").write_text(json.dumps(GPT2_CONFIG | fields))


def _index(folder, text):
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text(text)


def _strange_index(folder):
    _index(folder, json.dumps({"weight_map": {"x": "../../secret.safetensors"}}))


DAMAGES = {
    "cut": (_truncate, "is damaged or not a safetensors file"),
    "no config": (lambda f: (f / "config.json").unlink(), r"config\.json is missing"),
    "no weights": (lambda f: (f / "model.safetensors").unlink(), r"model\.safetensors is missing"),
    "no JSON": (lambda f: (f / "config.json").write_text("{"), "is damaged or not a model's configuration"),
    "a list": (lambda f: (f / "config.json").write_text("[]"), "is damaged or not a model's configuration"),
    "a tensor less": (lambda f: _without(f, "transformer.ln_f.bias"), "have no tensor ln_f.bias"),
    "another vocabulary": (
        lambda f: _with(f, vocab_size=12),
        r"make tokens\.weight 11 × 8 and config\.json makes",
    ),
    "fewer layers": (lambda f: _with(f, n_layer=1), "a model of 1 layers has no place"),
    "another model": (lambda f: _with(f, model_type="bert"), "model_type = 'bert', and only 'gpt2'"),
    "another activation": (lambda f: _with(f, activation_function="silu"), "activation_function = 'silu'"),
    "a foreign index": (_strange_index, "names a file outside its folder"),
    "an empty index": (lambda f: _index(f, "{}"), "has no “weight_map”"),
    "an index of numbers": (
        lambda f: _index(f, '{"weight_map": {"x": 3}}'),
        "names a file outside its folder",
    ),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_is_damaged_or_foreign_gets_one_sentence(folder, damage):
    """Each with the file's or the tensor's name, and what to do."""
    spoil, sentence = DAMAGES[damage]
    spoil(folder)
    with pytest.raises((OSError, ValueError), match=sentence) as error:
        load_gpt2(folder)
    assert "\n" not in str(error.value)


def test_a_single_file_is_taken_before_an_index(gpt2, folder):
    """An index that an older, sharded copy left behind does not bring its parts back."""
    _in_parts(
        folder, {name: 0 * t for name, t in gpt2_to_huggingface(gpt2).items() if name != "lm_head.weight"}
    )
    assert torch.equal(load_gpt2(folder)(IDS), gpt2(IDS))


def test_parts_that_do_not_fit_their_index_are_refused(gpt2, folder):
    """A tensor that the index promises and no part holds, and one that two parts hold."""
    tensors = {name: t for name, t in gpt2_to_huggingface(gpt2).items() if name != "lm_head.weight"}
    (folder / "model.safetensors").unlink()
    _in_parts(folder, tensors)
    index = folder / "model.safetensors.index.json"
    places = json.loads(index.read_text())["weight_map"]
    index.write_text(json.dumps({"weight_map": places | {"more": "model-00001-of-00002.safetensors"}}))
    with pytest.raises(ValueError, match="names 'more', and no part holds it"):
        load_gpt2(folder)
    save_file(tensors, folder / "model-00002-of-00002.safetensors")
    with pytest.raises(ValueError, match="and another part does as well"):
        load_gpt2(folder)


class _Hub(BaseHTTPRequestHandler):
    """A hub with one model in it."""

    files: dict[str, bytes] = {}  # noqa: RUF012 (set by the fixture)
    asked: list[str] = []  # noqa: RUF012

    def do_GET(self):
        """Answer the listing, or a file."""
        self.asked.append(self.path)
        if self.path == "/api/models/somebody/tiny/tree/main":
            body = json.dumps([self._entry(name, data) for name, data in self.files.items()]).encode()
        elif self.path.startswith("/somebody/tiny/resolve/main/"):
            body = self.files[self.path.rpartition("/")[2]]
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def _entry(self, name, data):
        git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
        entry = {"type": "file", "path": name, "size": len(data), "oid": git}
        large = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data)}
        return entry | ({"lfs": large} if name.endswith("safetensors") else {})

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def hub(folder, tmp_path, monkeypatch):
    """Serve the folder's files, and a pickle that nobody should ask for, as a mirror of the hub."""
    _Hub.files = {path.name: path.read_bytes() for path in folder.iterdir()} | {"pytorch_model.bin": b"code"}
    _Hub.asked = []
    server = HTTPServer(("127.0.0.1", 0), _Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("TFM_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("TFM_MIRROR", raising=False)
    monkeypatch.chdir(tmp_path)
    yield _Hub
    server.shutdown()
    server.server_close()


def test_a_name_is_fetched_once(gpt2, hub, capsys):
    """From the mirror that HF_ENDPOINT names, only what is read; the second time nothing is asked."""
    assert torch.equal(load_gpt2("somebody/tiny")(IDS), gpt2(IDS))
    asked = list(hub.asked)
    assert [path.rpartition("/")[2] for path in asked] == ["main", "model.safetensors", "config.json"]
    assert torch.equal(load_gpt2("somebody/tiny")(IDS), gpt2(IDS))
    assert hub.asked == asked
    capsys.readouterr()  # the progress bar


def test_what_was_downloaded_is_compared_whenever_it_is_read(hub, tmp_path, capsys):
    """A byte that changed in the cache is found; with the folder removed, the model is fetched again."""
    load_gpt2("somebody/tiny")
    cached = tmp_path / "cache" / "hub" / "somebody--tiny"
    content = bytearray((cached / "model.safetensors").read_bytes())
    content[-3] ^= 1
    (cached / "model.safetensors").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"model\.safetensors is not what was downloaded, .*: remove .*--tiny"
    ):
        load_gpt2("somebody/tiny")
    shutil.rmtree(cached)
    load_gpt2("somebody/tiny")
    (cached / "checksums.json").unlink()  # of an older cache
    load_gpt2("somebody/tiny")
    capsys.readouterr()


def test_no_such_model(hub):
    """A name that the hub does not know: one sentence with the address, and what to do."""
    with pytest.raises(OSError, match=r"somebody/else is no folder here and could not be looked up at .*404"):
        load_gpt2("somebody/else")
    assert hub.asked == ["/api/models/somebody/else/tree/main"]


def test_a_mirror_that_lies(hub, monkeypatch, capsys):
    """A small file whose bytes do not fit the checksum of the listing is not kept."""
    honest = hub._entry

    def _lying(self, name, data):
        return honest(self, name, data) | ({"oid": "0" * 40} if name == "config.json" else {})

    monkeypatch.setattr(hub, "_entry", _lying)
    with pytest.raises(OSError, match="came with a wrong checksum"):
        load_gpt2("somebody/tiny")
    capsys.readouterr()


def test_offline_gets_one_sentence(monkeypatch, tmp_path):
    """No network: the sentence says which variable names a mirror, and where files may be put."""
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("TFM_DATA", str(tmp_path))
    with pytest.raises(OSError, match=r"HF_ENDPOINT, or put config\.json and model\.safetensors into"):
        load_llama("somebody/tiny")


def test_a_name_that_is_none():
    """A path that does not exist is not taken for a model's name."""
    with pytest.raises(FileNotFoundError, match="is no folder, and no name on the hub either"):
        load_gpt2("./no/such/folder")
