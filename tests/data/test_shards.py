"""Long texts in shards: the ids of the whole text, written by one process or two, killed or not, read in place."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.data import prepare, shards, stretches
from tfm.data.corpora import Corpus
from tfm.data.manifest import is_whole
from tfm.data.prepare import load_prepared
from tfm.data.stretches import survey
from tfm.data.token_files import Shards, TokenFile, write_stream, write_tokens
from tfm.data.tokens import Sequential, Windows
from tfm.text import door, stream
from tfm.text.bpe import BPE
from tfm.text.door import Plain, clean
from tfm.text.patterns import GPT2_SPLIT
from tfm.text.tiktoken_bridge import get_encoding
from tfm.text.tokenizer_file import save_tokenizer

LINE = "It's line {}: 床前明月光，疑是地上霜。\r\n\r\n  Don't you   see — 😀 <|endoftext|> naïve?\t{}\n"
TEXT = "\ufeff" + "".join(LINE.format(i, i * i) for i in range(60))
SMALL = 700  # bytes of a stretch
ODD = [*"ab1'!。月", " ", "  ", "\n", "\r\n", "\r", "😀", "\u0301", "'s", "<|endoftext|>"]


@pytest.fixture
def small(monkeypatch):
    """Make shards, blocks and pieces small."""
    monkeypatch.setattr(prepare, "STRETCH", SMALL)
    monkeypatch.setattr(stretches, "STRETCH", SMALL)
    monkeypatch.setattr(stream, "PIECE", 50)
    monkeypatch.setattr(door, "PIECE", 64)


@pytest.fixture
def path(tmp_path):
    """A text file of some ten stretches."""
    path = tmp_path / "text.txt"
    path.write_bytes(TEXT.encode())
    return path


def contents(folder):
    """All bytes of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("kind", ["characters", "bytes", "bpe", "gpt2", "o200k_base"])
def test_shards_hold_the_ids_of_the_whole(path, tmp_path, kind):
    """Each part of the text has in its shards the ids that it has when it is encoded in one piece."""
    prepared = prepare.prepare(path, tmp_path / "out", tokenizer=kind, vocab_size=300)
    train, val = Corpus(name="x", text=clean(TEXT), thanks="").split()
    whole = Plain(prepared.tokenizer)
    assert np.array(prepared.train.ids).tolist() == whole.encode(train)
    assert np.array(prepared.val.ids).tolist() == whole.encode(val)
    assert len(list((tmp_path / "out").glob("train-*.bin"))) > 5
    assert prepared.train.ids.dtype == (np.uint32 if kind == "o200k_base" else np.uint16)
    if kind == "bpe":
        assert prepared.tokenizer.merges == BPE.train(train, 300).merges


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(ODD), min_size=1, max_size=80).map("".join), st.integers(1, 40), st.data())
def test_stretches_are_the_text(tmp_path_factory, text, size, drawn):
    """Whatever stands in a file, its stretches from one character to another are the cleaned text there."""
    path = tmp_path_factory.mktemp("odd") / "text.txt"
    path.write_bytes((text + "x").encode())
    whole = clean(text + "x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "PIECE", drawn.draw(st.integers(1, 30)))
        found = survey(path, size)
        assert (found.length, found.characters) == (len(whole), "".join(sorted(set(whole))))
        start = drawn.draw(st.integers(0, len(whole)))
        stop = drawn.draw(st.integers(start, len(whole)))
        parts = found.part(start, stop)
        assert "".join(piece for part in parts for piece in part.read(path)) == whole[start:stop]
        encoding = get_encoding("gpt2")
        ids = [i for s in found.stretches for i in encoding.encode_ordinary("".join(s.read(path)))]
        assert ids == encoding.encode_ordinary(whole)


@pytest.mark.usefixtures("small")
def test_two_processes_write_the_bytes_of_one(path, tmp_path):
    """Workers count and encode; every file, the manifest too, is the same."""
    for folder, workers in (("one", 1), ("two", 2)):
        prepare.prepare(path, tmp_path / folder, tokenizer="bpe", vocab_size=300, workers=workers)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert "unfinished.json" not in contents(tmp_path / "one")


KILLED = """
    import os, pathlib, signal, sys
    from tfm.data import prepare, stretches
    prepare.STRETCH = stretches.STRETCH = 700
    left = int(sys.argv[3])

    def counted(name, real):
        def change(self, *args, **kwargs):
            global left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return real(self, *args, **kwargs)
        setattr(pathlib.Path, name, change)

    for name in ("replace", "unlink", "mkdir"):
        counted(name, getattr(pathlib.Path, name))
    prepare.prepare(sys.argv[1], sys.argv[2], tokenizer="bpe", vocab_size=300)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is POSIX's")
def test_a_killed_preparation_goes_on_to_the_same_bytes(path, tmp_path, monkeypatch):
    """Killed before the 1st, 7th, 13th … change of a file, the next call gives the files of an undisturbed one."""
    monkeypatch.setattr(prepare, "STRETCH", SMALL)
    monkeypatch.setattr(stretches, "STRETCH", SMALL)
    settings = {"tokenizer": "bpe", "vocab_size": 300}
    prepare.prepare(path, tmp_path / "whole", **settings)
    program = textwrap.dedent(KILLED)
    kills = 0
    for events in range(0, 90, 6):
        folder = tmp_path / f"killed-{events}"
        done = subprocess.run(
            [sys.executable, "-c", program, str(path), str(folder), str(events)], check=False
        )
        if done.returncode == -signal.SIGKILL:
            kills += 1
            if folder.is_dir() and (folder / "unfinished.json").exists():
                with pytest.raises((ValueError, OSError)):
                    load_prepared(folder)
        prepare.prepare(path, folder, **settings)
        assert contents(folder) == contents(tmp_path / "whole"), f"killed after {events} changes"
        if done.returncode == 0:
            break
    assert kills > 1


@pytest.mark.usefixtures("small")
def test_what_is_finished_is_not_written_again(path, tmp_path, monkeypatch):
    """The same call finds its folder whole; another recipe replaces it, and leaves nothing of it."""
    first = prepare.prepare(path, tmp_path / "out", tokenizer="bytes")
    assert json.loads((tmp_path / "out" / "manifest.json").read_bytes())["recipe"]["tokenizer"] == "bytes"

    def never(*_):
        raise AssertionError("written again")

    with monkeypatch.context() as patch:
        patch.setattr(shards, "write_stream", never)
        again = prepare.prepare(path, tmp_path / "out", tokenizer="bytes")
    assert len(again.train) == len(first.train)
    monkeypatch.setattr(prepare, "STRETCH", 1 << 26)
    monkeypatch.setattr(stretches, "STRETCH", 1 << 26)
    prepare.prepare(path, tmp_path / "out", tokenizer="characters")
    assert set(contents(tmp_path / "out")) == {"train.bin", "val.bin", "tokenizer.json", "manifest.json"}


def test_one_process_prepares_a_folder(path, tmp_path):
    """While another process holds the folder, a second preparation is refused and changes nothing."""
    out = tmp_path / "out"
    program = "import sys; from tfm.folder_lock import FolderLock as Lock\n"
    program += "with Lock(sys.argv[1]): print(1, flush=True); input()"
    command = [sys.executable, "-c", program, str(out)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "1\n"
        with pytest.raises(OSError, match="out"):
            prepare.prepare(path, out, tokenizer="bytes")
        assert list(contents(out)) == ["run.lock"]
        other.communicate("\n")
    assert len(prepare.prepare(path, out, tokenizer="bytes").train) > 0


@pytest.mark.parametrize("change", ["cut", "flip", "missing", "outside"])
def test_a_changed_file_is_named(path, tmp_path, change):
    """A file of another length or content, or one that is gone, and a manifest that points outside its folder."""
    out = tmp_path / "out"
    prepare.prepare(path, out, tokenizer="bytes")
    ids = out / "train.bin"
    data = bytearray(ids.read_bytes())
    if change == "cut":
        write_tokens(ids, [1, 2], TokenFile(ids).about)
    elif change == "flip":
        data[-100] ^= 1
        ids.write_bytes(data)
    elif change == "missing":
        ids.unlink()
    else:
        manifest = out / "manifest.json"
        manifest.write_text(manifest.read_text().replace('"val.bin"', '"../val.bin"'))
    with pytest.raises((ValueError, OSError), match=r"train\.bin|which no prepared folder has"):
        load_prepared(out)
    assert not is_whole(out, json.loads((out / "manifest.json").read_bytes())["recipe"])


def test_a_folder_of_the_version_before(path, tmp_path):
    """Without a manifest, one file a split is read by its name."""
    out = tmp_path / "out"
    out.mkdir()
    bpe = BPE([(97, 98)])
    from tfm.text.tokenizer_file import fingerprint

    about = {"name": "old", "thanks": "nobody", "n_vocab": "257", "vocabulary": fingerprint(bpe)}
    write_tokens(out / "train.bin", [1, 256, 3], about)
    write_tokens(out / "val.bin", [7], about)
    save_tokenizer(bpe, out / "tokenizer.json")
    old = load_prepared(out)
    assert (old.name, old.train.ids.tolist(), old.val.ids.tolist()) == ("old", [1, 256, 3], [7])


def test_windows_cross_the_edges_of_shards(tmp_path):
    """Windows and validation batches over shards are those over one file, and the shards stay on the disk."""
    ids = np.random.default_rng(0).integers(0, 500, 3_000)
    write_tokens(tmp_path / "all.bin", ids, {})
    paths = []
    for i, part in enumerate(np.split(ids, [700, 701, 1_500])):
        paths.append(tmp_path / f"{i}.bin")
        assert write_stream(paths[-1], [part[:50].tolist(), part[50:].tolist()], 500, {}) == len(part)
    one, many = TokenFile(tmp_path / "all.bin"), TokenFile(paths)
    assert isinstance(many.ids, Shards)
    assert all(isinstance(array, np.memmap) for array in many.ids._arrays)
    assert len(many) == len(one)
    many.require_vocabulary(500)
    for _, a, b in zip(range(40), Windows(one, 64, 8, seed=1), Windows(many, 64, 8, seed=1), strict=False):
        assert torch.equal(a[0], b[0])
        assert torch.equal(a[1], b[1])
    for a, b in zip(Sequential(one, 64, 8), Sequential(many, 64, 8), strict=True):
        assert torch.equal(a[1], b[1])


SLICES = st.slices(30)


@given(SLICES, st.lists(st.integers(-30, 29), max_size=9))
def test_shards_answer_as_an_array(places, some):
    """Slices and lists of places give what NumPy gives; a place outside is an error."""
    whole = np.arange(30, dtype=np.uint16) * 3
    ids = Shards(np.split(whole, [1, 7, 29]))
    assert np.asarray(ids[places]).tolist() == whole[places].tolist()
    assert ids[np.array(some, np.int64)].tolist() == whole[np.array(some, np.int64)].tolist()
    assert (len(ids), ids.shape, ids.dtype, ids.max()) == (30, (30,), np.uint16, 87)
    with pytest.raises(IndexError, match="outside the 30 ids"):
        ids[np.array([30])]


def test_shards_of_two_texts_do_not_mix(tmp_path):
    """A shard that was written with other words about it is named."""
    for i in range(2):
        write_tokens(tmp_path / f"{i}.bin", [1, 2], {"vocabulary": str(i)})
    with pytest.raises(ValueError, match=r"1\.bin was not written with .*0\.bin"):
        TokenFile([tmp_path / "0.bin", tmp_path / "1.bin"])


def test_a_text_without_a_seam_is_one_stretch(tmp_path, monkeypatch):
    """One endless word is not cut, and its ids are those of the whole."""
    monkeypatch.setattr(stretches, "STRETCH", 100)
    monkeypatch.setattr(stream, "PIECE", 64)
    path = tmp_path / "word.txt"
    path.write_text("a" * 5_000 + "!\n" * 900)
    assert len(survey(path).stretches) == 1 or all(s.length > 4_000 for s in survey(path).stretches[:1])
    bpe = BPE([(97, 97), (256, 256), (33, 10)], pattern=GPT2_SPLIT)
    ids = [
        i
        for some in shards.encode_stream(bpe, survey(path).stretches[0].read(path), GPT2_SPLIT)
        for i in some
    ]
    assert bpe.decode(ids) == path.read_text()[: len(bpe.decode(ids))]
