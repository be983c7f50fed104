"""Two files: run.py writes what the PyTorch model writes, in a process of its own, in at most 100 lines."""

import ast
import json
import runpy
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import tfm
from tfm import cli
from tfm.generate.sampling import Sampling
from tfm.generate.writing import generate
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.nn.rotary_scaling import RotaryScaling
from tfm.pretrained import export_model, load_model, save_model
from tfm.pretrained.export import plain_pattern, run_source
from tfm.text.bpe import BPE
from tfm.text.byte_level import ByteVocabulary
from tfm.text.characters import CharacterVocabulary
from tfm.text.patterns import CL100K_SPLIT, GPT2_SPLIT, O200K_SPLIT, split

TINY = Path(tfm.__file__).parent / "assets" / "tiny_gpt"
CHARACTERS = CharacterVocabulary("abcdefgh 我")
SIZES = {"vocab_size": CHARACTERS.n_vocab, "context": 12, "d_model": 16, "n_layers": 2, "n_heads": 4}
LAYOUTS = {
    "gpt-2": {"feed_forward": "gelu_tanh"},
    "gelu": {"feed_forward": "gelu", "tied": False},
    "llama": {
        "positions": "rotary",
        "norm": "rms",
        "feed_forward": "swiglu",
        "n_kv_heads": 2,
        "bias": False,
        "tied": False,
        "rotary_base": 500.0,
    },
    "modern": {
        "positions": "rotary",
        "norm": "rms",
        "feed_forward": "squared_relu",
        "n_kv_heads": 1,
        "qk_norm": True,
        "bias": False,
    },
    "without positions": {"positions": "none", "feed_forward": "relu"},
}
# Worst case measured over these layouts: 1.1e-6.
TOLERANCE = 2e-5


def _model(**fields) -> GPT:
    torch.manual_seed(3)
    model = GPT(GPTConfig(**(SIZES | fields))).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return model


def _page(folder: Path) -> SimpleNamespace:
    page = SimpleNamespace(**runpy.run_path(str(folder / "run.py")))
    page.loaded, page.pieces, page.pattern = page.load(str(folder / "model.safetensors"))
    return page


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_page_scores_as_pytorch_does(tmp_path, layout):
    """Each layout's scores of the next token, at every length up to the context."""
    model = _model(**LAYOUTS[layout])
    export_model(model, CHARACTERS, tmp_path)
    page = _page(tmp_path)
    ids = torch.randint(0, CHARACTERS.n_vocab, (12,)).tolist()
    for n in range(1, 13):
        expected = model(torch.tensor([ids[:n]]))[0, -1]
        ours = torch.from_numpy(page.loaded(ids[:n]))
        torch.testing.assert_close(ours.float(), expected, atol=TOLERANCE, rtol=TOLERANCE)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_page_writes_the_same_tokens(tmp_path, layout):
    """Greedy, and with the same random numbers over PyTorch's scores, far past the window."""
    model = _model(**LAYOUTS[layout])
    export_model(model, CHARACTERS, tmp_path)
    page, prompt = _page(tmp_path), CHARACTERS.encode("a bad 我")
    greedy = generate(model, [prompt], Sampling(max_new=40, temperature=0))[0]
    assert list(page.write(page.loaded, prompt, 40, 0.0, 0)) == greedy

    class InPyTorch:
        c = page.loaded.c

        def __call__(self, ids):
            return model(torch.tensor([ids]))[0, -1].detach().numpy()

    diced = list(page.write(page.loaded, prompt, 40, 0.9, 5))
    assert diced == list(page.write(InPyTorch(), prompt, 40, 0.9, 5))
    assert diced != list(page.write(page.loaded, prompt, 40, 0.9, 6))


def test_a_stranger_runs_the_tiny_gpt(tmp_path):
    """A new process in the two files' folder, without PyTorch or this package, prints the greedy text."""
    model, tokenizer = load_model(TINY)
    export_model(model, tokenizer, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "run.py"]
    spy = (
        "import runpy, sys; runpy.run_path('run.py', run_name='__main__');"
        "print([name for name in ('torch', 'tfm', 'safetensors') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", spy, "ROMEO:", "80"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
    )
    ids = generate(model, [tokenizer.encode("ROMEO:")], Sampling(max_new=80, temperature=0))[0]
    assert done.stdout == f"ROMEO:{tokenizer.decode(ids)}\n[]\n"


def test_the_page_is_a_page():
    """At most 100 lines, NumPy and Python's own modules alone, nothing imported late."""
    tree = ast.parse(run_source())
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {name.name for node in imports for name in node.names}
    assert all(isinstance(node, ast.Import) for node in imports)
    assert len(run_source().splitlines()) <= 100
    assert names - set(sys.stdlib_module_names) == {"numpy"}


BPE_TEXT = "the other mother 12 12 smothers — the 'other' one's 我们 我们"
TOKENIZERS = {
    "characters": CHARACTERS,
    "bytes": ByteVocabulary(),
    "bpe": BPE.train(BPE_TEXT * 3, 256 + 30 + 1, special_tokens=("<|end|>",)),
}


@pytest.mark.parametrize("kind", TOKENIZERS)
def test_the_page_cuts_text_as_the_tokenizer_does(tmp_path, kind):
    """The same ids, and the same text back; a special token is no text."""
    tokenizer = TOKENIZERS[kind]
    export_model(_model(vocab_size=tokenizer.n_vocab + 3), tokenizer, tmp_path)
    page = _page(tmp_path)
    texts = (
        ["a bad 我", "hag"]
        if kind == "characters"
        else ["the smothers' 12½ 我们, and\n\n  more.", "it's", "é"]
    )
    for text in texts:
        ids = list(page.encode(text, page.pieces, page.pattern))
        assert ids == tokenizer.encode(text)
        assert b"".join(page.pieces[i] for i in ids).decode() == text
    assert page.pieces[-3:] == [b"", b"", b""]


@pytest.mark.parametrize("pattern", [GPT2_SPLIT, CL100K_SPLIT, O200K_SPLIT])
@given(text=st.text(alphabet="aZé我ǅ ʰ12½٣_.,'s!?\n\t\r\x1c\u00a0🙂", max_size=30))
def test_the_plain_pattern_cuts_as_the_other_does(pattern, text):
    """Python's re, with every kind of character spelt out, finds what the regex library finds."""
    import re

    assert re.findall(plain_pattern(pattern), text) == split(text, pattern)


def test_half_the_bytes(tmp_path):
    """float16 takes two bytes a parameter, and the page reads it."""
    model = _model()
    for dtype in ("float32", "float16"):
        export_model(model, CHARACTERS, tmp_path / dtype, dtype)
    full, half = ((tmp_path / d / "model.safetensors").stat().st_size for d in ("float32", "float16"))
    parameters = sum(parameter.numel() for parameter in model.parameters())
    assert full - half == pytest.approx(2 * parameters, abs=100)  # the header's offsets are shorter too
    expected = model.half().float()(torch.tensor([[1, 2, 3]]))[0, -1]
    scores = torch.from_numpy(_page(tmp_path / "float16").loaded([1, 2, 3])).float()
    torch.testing.assert_close(scores, expected, atol=TOLERANCE, rtol=TOLERANCE)


def test_what_cannot_be_exported_is_told_so(tmp_path):
    """Another model, positions or type, another tokenizer, a weight beyond float16: a sentence, and no files."""
    model = _model()
    other = Transformer(
        TransformerConfig(source_vocab_size=9, target_vocab_size=9, d_model=8, n_heads=2, n_layers=1, d_ff=8)
    )
    out = tmp_path / "out"
    with pytest.raises(TypeError, match=r"a Transformer cannot be exported: run\.py runs a GPT"):
        export_model(other, CHARACTERS, out)
    with pytest.raises(TypeError, match="a dict cannot be exported"):
        export_model(model, {}, out)
    with pytest.raises(ValueError, match="did you mean 'float16'"):
        export_model(model, CHARACTERS, out, "bfloat16")
    with pytest.raises(ValueError, match="is 'alibi'"):
        export_model(_model(positions="alibi"), CHARACTERS, out)
    model.norm.weight.data[0] = 1e6
    with pytest.raises(ValueError, match=r"norm\.weight has a number that is not finite in float16"):
        export_model(model, CHARACTERS, out, "float16")
    assert not out.exists()


@pytest.mark.parametrize(
    "part",
    [{"head_dim": 16}, {"window": 4}, {"rotary_scaling": RotaryScaling(kind="linear", factor=2.0)}],
    ids=lambda part: next(iter(part)),
)
def test_a_part_that_the_page_does_not_compute_is_refused(tmp_path, part):
    """A model that run.py would compute otherwise is not written, and the part is named."""
    sizes = {"vocab_size": 3, "context": 8, "d_model": 16, "n_layers": 1, "n_heads": 2, "positions": "rotary"}
    with pytest.raises(
        ValueError, match=rf"the model has {next(iter(part))}, which run\.py does not compute"
    ):
        export_model(GPT(GPTConfig(**sizes, **part)), CharacterVocabulary("abc"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_command(tmp_path, capsys):
    """`tfm export FOLDER OUT` reads a model's folder, and says what it wrote and what to run next."""
    save_model(tmp_path / "run", _model(), CHARACTERS)
    assert cli.main(["export", str(tmp_path / "run"), str(tmp_path / "out"), "--dtype", "float16"]) == 0
    said = capsys.readouterr().out
    assert "parameters" in said
    assert "lines, NumPy only" in said
    assert "Next: python" in said
    header = (tmp_path / "out" / "model.safetensors").read_bytes()
    length = int.from_bytes(header[:8], "little")
    assert json.loads(header[8 : 8 + length])["tokens.weight"]["dtype"] == "F16"


def _content(folder):
    return {
        path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize(
    "out",
    ["run", "run/", "run/../run", "link", "run/step-00000003", "sharded", "weights", "both", "page", "begun"],
)
def test_no_model_and_no_run_is_written_over(tmp_path, capsys, monkeypatch, out, dtype):
    """The folder that is read, a run, a checkpoint, another model: refused, and not a byte changes."""
    monkeypatch.chdir(tmp_path)
    save_model(tmp_path / "run", _model(), CHARACTERS)
    save_model(tmp_path / "run" / "step-00000003", _model(), CHARACTERS)
    (tmp_path / "link").symlink_to("run")
    for name, files in {
        "sharded": ["config.json"],
        "weights": ["model.safetensors"],
        "both": ["model.safetensors", "run.py"],
        "page": ["run.py"],
        "begun": ["run.json"],
    }.items():
        (tmp_path / name).mkdir()
        for file in files:
            (tmp_path / name / file).write_text("theirs")
    before = _content(tmp_path)
    assert cli.main(["export", "run", out, "--dtype", dtype]) == 2
    said = capsys.readouterr()
    assert "which is no export's, and an export would write its own files there: name another" in said.err
    assert said.err.count("\n") == 1
    assert _content(tmp_path) == before


def test_a_link_to_weights_is_replaced_and_they_are_not(tmp_path):
    """An older export is replaced; where its weights were a link, what it leads to stays as it is."""
    run, out = tmp_path / "run", tmp_path / "out"
    save_model(run, _model(), CHARACTERS)
    before = _content(run)
    export_model(_model(), CHARACTERS, out)
    (out / "model.safetensors").unlink()
    (out / "model.safetensors").symlink_to(run / "model.safetensors")
    export_model(_model(), CHARACTERS, out, "float16")
    assert _content(run) == before
    assert sorted(path.name for path in out.iterdir()) == ["model.safetensors", "run.py"]
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match="file is a file, and an export is a folder: name another"):
        export_model(_model(), CHARACTERS, tmp_path / "file")


def test_the_command_says_what_is_wrong(tmp_path, capsys):
    """A folder without a model, and a translator: exit code 2 and one sentence."""
    assert cli.main(["export", str(tmp_path), str(tmp_path / "out")]) == 2
    assert "holds no model.safetensors" in capsys.readouterr().err
    translator = Transformer(
        TransformerConfig(
            source_vocab_size=11, target_vocab_size=11, d_model=8, n_heads=2, n_layers=1, d_ff=8
        )
    )
    save_model(tmp_path / "run", translator, CHARACTERS)
    assert cli.main(["export", str(tmp_path / "run"), str(tmp_path / "out")]) == 2
    assert "a Transformer cannot be exported" in capsys.readouterr().err
