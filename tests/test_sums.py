"""Sums beside files: what comes with the course is whole, and one flipped byte of it gets one sentence."""

import shutil

import pytest

from tfm import sums
from tfm.assets import build
from tfm.data import manual
from tfm.kit import drawing
from tfm.lessons.layers import experiment
from tfm.pretrained import load_model, load_tiny_encoder
from tfm.text import embedded

READERS = {  # what lies in tfm/assets → what reads it
    "tiny_gpt/model.safetensors": lambda folder: load_model(folder / "tiny_gpt"),
    "tiny_gpt/tokenizer.json": lambda folder: load_model(folder / "tiny_gpt"),
    "tiny_encoder/model.safetensors": lambda _: load_tiny_encoder(),
    "tiny_encoder/vocab.txt": lambda _: load_tiny_encoder(),
    "layer_stacks/intact_1.safetensors": lambda _: experiment.intact(1),
    "layer_stacks/results.json": lambda _: experiment.results(),
    "manual_bpe.json": lambda _: embedded.embedded_bpe.__wrapped__(),
    "manual/topics.json": lambda _: manual.manual_topics.__wrapped__(),
    "fonts/tfm-cjk.otf": lambda _: drawing.font_files.__wrapped__(),
}


@pytest.fixture
def assets(tmp_path, monkeypatch):
    """A copy of the course's files, which is read in their place."""
    folder = tmp_path / "assets"
    shutil.copytree(sums.ASSETS, folder, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    for module in (sums, build):
        monkeypatch.setattr(module, "ASSETS", folder)
    return folder


def flip(path, place):
    """Change one bit of a file."""
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


def test_the_record_has_every_file_that_is_built():
    """Every file of every builder stands there with its own sum, and nothing else."""
    recorded = sums.read_sums(sums.ASSETS, sums.CURE)
    built = [
        file.relative_to(sums.ASSETS).as_posix()
        for _, place in build.BUILDERS.values()
        for file in (sums.ASSETS / place, *(sums.ASSETS / place).rglob("*"))
        if file.is_file()
    ]
    assert recorded == sums.sums_of(sums.ASSETS, built), "run `make assets`"


@pytest.mark.parametrize("name", READERS)
def test_a_flipped_byte_gets_a_sentence(assets, name):
    """Wherever in the file it is; whole again, the file is read."""
    path = assets / name
    size = path.stat().st_size
    for place in (0, size // 3, size // 2, size - 2):
        flip(path, place)
        with pytest.raises(ValueError, match=f"{name} is missing or damaged, .*: install the course again"):
            READERS[name](assets)
        flip(path, place)
    READERS[name](assets)


def test_a_missing_file_and_a_damaged_record_get_a_sentence(assets):
    """Neither is taken for a file without a sum."""
    (assets / "tiny_gpt" / "config.json").unlink()
    with pytest.raises(ValueError, match=r"config\.json is missing or damaged"):
        sums.asset("tiny_gpt")
    (assets / sums.SUMS).write_text('{"sha256": {}}')
    with pytest.raises(
        ValueError, match=r"checksums\.json is damaged or no list .*: install the course again"
    ):
        sums.asset("manual_bpe.json")
    (assets / sums.SUMS).unlink()
    with pytest.raises(FileNotFoundError, match="install the course again"):
        sums.asset("manual_bpe.json")


def test_a_file_is_read_once_a_process(assets, monkeypatch):
    """The sum of a whole file is computed once; a folder elsewhere has no record."""
    sums.asset("manual_bpe.json")
    monkeypatch.setattr(sums, "sha256", None)
    sums.asset("manual_bpe.json")
    sums.require_recorded(assets.parent)


def test_a_builder_writes_the_record_of_what_it_built(assets, monkeypatch):
    """The rest of the record stays, be the rest damaged; what is gone from a folder goes from the record."""
    before = sums.read_sums(assets, sums.CURE)
    flip(assets / "manual_bpe.json", 7)
    (assets / "tiny_gpt" / "training.json").unlink()
    monkeypatch.setattr(
        "tfm.assets.tiny_gpt.build_tiny_gpt", lambda folder: (folder / "config.json").write_text("{}")
    )
    assert build.main(["tiny-gpt"]) == 0
    after = sums.read_sums(assets, sums.CURE)
    assert after["tiny_gpt/config.json"] == sums.sha256(assets / "tiny_gpt" / "config.json")
    assert before.keys() - after.keys() == {"tiny_gpt/training.json"}
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"tiny_gpt/config.json"}
