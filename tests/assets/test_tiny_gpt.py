"""The tiny GPT: what is stored, what it learned, and that its build gives it again."""

import hashlib
import json
from pathlib import Path

import needs
import pytest
import torch

import tfm
from tfm.assets import build, tiny_gpt
from tfm.data.tokens import Sequential
from tfm.pretrained import load_model
from tfm.tasks.run import choose
from tfm.text.characters import CharacterVocabulary
from tfm.train.losses import next_token_loss
from tfm.train.recipes import NANOGPT

FOLDER = Path(tfm.__file__).parent / "assets" / "tiny_gpt"
RECORD = json.loads((FOLDER / "training.json").read_text(encoding="utf-8"))
FILES = ["config.json", "model.safetensors", "tokenizer.json", "training.json"]
LARGEST = 3_300_000  # bytes of all four files
BOUND = 1.886  # what nanoGPT's small recipe for a CPU reaches on the same text
SAME = 0.005  # nats; the record was taken with bfloat16 products: measured 0.0005
SMALL = choose("write", "small", None, []).recipe()
TEXT = "To be, or not to be, that is the question.\n" * 60


def test_it_is_small_and_whole():
    """Four files, at most 0.81 million weights, and no more bytes than these need."""
    assert sorted(path.name for path in FOLDER.iterdir()) == FILES
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= LARGEST
    model, tokenizer = load_model(FOLDER)
    parameters = sum(p.numel() for p in model.parameters())
    assert parameters == RECORD["parameters"]
    assert parameters <= 810_000
    assert tokenizer.n_vocab == model.vocab_size == 65


def test_it_learned_more_than_nanogpts_small_recipe():
    """The recorded loss over the whole validation part is below the bound, and fell all the way."""
    assert RECORD["validation_loss"] < BOUND
    losses = list(RECORD["validation_losses"].values())
    assert losses[-1] == RECORD["validation_loss"] == min(losses)
    assert (RECORD["steps"], RECORD["seed"]) == (tiny_gpt.LONG.steps, tiny_gpt.SEED)


def test_the_record_is_true():
    """The stored weights, in float32, have the recorded loss on the stored text."""
    text = needs.data("shakespeare").read_text(encoding="utf-8")
    assert hashlib.sha256(text.encode()).hexdigest() == RECORD["text_sha256"]
    model, tokenizer = load_model(FOLDER)
    _, judged = tiny_gpt.split(text, tokenizer)
    summed = 0.0
    with torch.inference_mode():
        for inputs, targets in Sequential(judged, model.context, 128):
            summed += next_token_loss(model(inputs), targets).item() * targets.numel()
    assert summed / (len(judged) - 1) == pytest.approx(RECORD["validation_loss"], abs=SAME)


def test_it_knows_words_and_names():
    """Each of these ends is the likeliest letter, which nobody could say who had not read Shakespeare."""
    model, tokenizer = load_model(FOLDER)
    for start, end in {
        "\nROME": "O",
        "\nKING RICHAR": "D",
        "my lor": "d",
        "wit": "h",
        "\nFirst Citize": "n",
    }.items():
        with torch.inference_mode():
            best = model(torch.tensor([tokenizer.encode(start)]))[0, -1].argmax()
        assert tokenizer.decode([int(best)]) == end, start


def test_the_build_gives_four_files_that_load(tmp_path):
    """A build of two steps on another text writes a model that loads, and a record with the same fields."""
    said = []
    threads = torch.get_num_threads()
    tiny_gpt.build_tiny_gpt(tmp_path, TEXT, steps=2, tell=said.append)
    torch.set_num_threads(threads)
    model, tokenizer = load_model(tmp_path)
    assert model.vocab_size == tokenizer.n_vocab == len(set(TEXT))
    record = json.loads((tmp_path / "training.json").read_text(encoding="utf-8"))
    assert record.keys() == RECORD.keys()
    assert record["characters"] == len(TEXT)
    assert len(said) == 1
    assert said[0].startswith("step 2 of 2: validation loss")


def test_the_same_seed_gives_the_same_weights(tmp_path):
    """Two builds on one thread agree bit for bit."""
    for name in ("one", "two"):
        tiny_gpt.build_tiny_gpt(tmp_path / name, TEXT, steps=2, tell=lambda _: None)
    one, two = (load_model(tmp_path / name)[0] for name in ("one", "two"))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


@pytest.mark.parametrize(("recipe", "sizes"), [(SMALL, {}), (NANOGPT, {"tied": True})])
def test_both_recipes_learn(recipe, sizes):
    """Forty steps of either bring the loss well below an even bet; the quick one begins exactly there."""
    vocabulary = CharacterVocabulary(TEXT)
    parts = tiny_gpt.split(TEXT, vocabulary)
    trainer = tiny_gpt.small_run(*parts, recipe, vocabulary.n_vocab, 0, tiny_gpt.SIZES | sizes, steps=40)
    losses = [step.loss for step in trainer.steps()]
    even = torch.tensor(float(vocabulary.n_vocab)).log().item()
    assert losses[0] == pytest.approx(even, abs=0.3 if sizes else 1e-5)
    assert losses[-1] < even - 0.5


def test_the_build_is_a_command(monkeypatch):
    """`python -m tfm.assets.build tiny-gpt` builds into the package's folder."""
    folders = []
    monkeypatch.setattr(tiny_gpt, "build_tiny_gpt", folders.append)
    assert build.main(["tiny-gpt"]) == 0
    assert folders == [FOLDER.resolve()]
