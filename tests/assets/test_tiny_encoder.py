"""The tiny encoder: what is stored, what it learned, and that its build gives it again."""

import json
from pathlib import Path

import numpy as np
import torch

import tfm
from tfm.assets import masked_model
from tfm.pretrained import load_encoder, load_tiny_encoder

FOLDER = Path(tfm.__file__).parent / "assets" / "tiny_encoder"
LARGEST = 2_500_000  # bytes of all four files
BRIGHT, FLAT = 0.2, 0.1  # mean weight on a neighbour; measured 0.38 before, 0.43 after, 0.06 untrained
RECORD = json.loads((FOLDER / "training.json").read_text())
SENTENCE = "The while statement is used for repeated execution as long as an expression is true."


def test_it_is_small():
    """The four files together have at most 2.5 MB."""
    files = sorted(path.name for path in FOLDER.iterdir())
    assert files == ["config.json", "model.safetensors", "training.json", "vocab.txt"]
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) <= LARGEST


def test_it_learned_from_context():
    """Its validation loss lies below the unigram entropy, the best a guess without context can do."""
    assert RECORD["validation_loss_nats"] < RECORD["unigram_entropy_nats"] - 1
    assert RECORD["seed"] == masked_model.SEED
    assert RECORD["steps"] == masked_model.STEPS


def test_the_record_is_true():
    """On held-out text the stored weights guess far better than the unigram frequencies can."""
    encoder = load_tiny_encoder()
    _, held_out = masked_model.split(masked_model.manual_paragraphs(), encoder.tokenizer)
    model = masked_model.MaskedModel(encoder.model)  # its output bias is not stored: a little is lost
    loss = masked_model.validation_loss(model, held_out, encoder.tokenizer)
    assert loss < masked_model.unigram_entropy(held_out) - 0.5


def test_its_heads_show_something():
    """Some head looks at the token before and one at the token after, which no untrained twin's head does."""
    encoder = load_tiny_encoder()
    weights, untrained = (e.trace(SENTENCE).weights for e in (encoder, encoder.random_twin()))
    for offset in (-1, 1):
        bright = np.diagonal(weights, offset, 2, 3).mean(-1).max()
        flat = np.diagonal(untrained, offset, 2, 3).mean(-1).max()
        assert bright > BRIGHT
        assert flat < FLAT


def test_the_build_gives_four_files_that_load(tmp_path, capsys):
    """A build of two steps writes an encoder that loads and traces, with the stored vocabulary."""
    threads = torch.get_num_threads()
    masked_model.build_tiny_encoder(tmp_path, steps=2)
    torch.set_num_threads(threads)
    encoder = load_encoder(tmp_path, name="fresh", source="test")
    assert encoder.trace(SENTENCE).weights.shape[:2] == (3, 4)
    record = json.loads((tmp_path / "training.json").read_text())
    assert record.keys() == RECORD.keys()
    assert record["corpus_sha256"] == RECORD["corpus_sha256"]
    assert encoder.tokenizer.vocab == load_tiny_encoder().tokenizer.vocab
    assert "validation_loss_nats" in capsys.readouterr().out


def test_hiding_follows_the_recipe():
    """One token in five is hidden: 80 % as [MASK], 10 % as another, 10 % as itself; special ones never."""
    tokenizer = load_tiny_encoder().tokenizer
    ids = torch.arange(2_000).repeat(50, 1)
    seen, chosen = masked_model.hide(ids, tokenizer, torch.Generator().manual_seed(0))
    assert not chosen[:, :5].any()
    assert torch.equal(seen[~chosen], ids[~chosen])
    assert abs(chosen[:, 5:].double().mean() - 0.2) < 0.01
    assert abs((seen[chosen] == tokenizer.mask_id).double().mean() - 0.8) < 0.01
    assert abs((seen[chosen] == ids[chosen]).double().mean() - 0.1) < 0.01
