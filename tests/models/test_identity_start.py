"""First weights with which every layer begins as nothing."""

import math

import pytest
import torch

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.models.identity_start import identity_start

SIZES = {"vocab_size": 65, "context": 16, "d_model": 64, "n_layers": 3, "n_heads": 4, "tied": False}
KINDS = [
    {},
    {"positions": "rotary", "norm": "rms", "feed_forward": "squared_relu", "bias": False},
    {"positions": "rotary", "feed_forward": "swiglu", "n_kv_heads": 2, "qk_norm": True},
]
IDS = torch.randint(65, (2, 16), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("fields", KINDS, ids=str)
def test_it_bets_evenly_and_passes_everything_on(fields):
    """All logits are 0, and no layer changes what comes in."""
    model = identity_start(GPT(GPTConfig(**(SIZES | fields))))
    assert model(IDS).abs().max() == 0
    x = torch.randn(2, 16, 64)
    for layer in model.layers:
        assert torch.equal(layer(x), x)


@pytest.mark.parametrize("fields", KINDS, ids=str)
def test_what_is_not_zero_keeps_sizes(fields):
    """Tokens have size 1, and a matrix that reads the stream gives features of size 1 for features of size 1."""
    model = identity_start(GPT(GPTConfig(**(SIZES | fields))))
    assert model.tokens.weight.std().item() == pytest.approx(1, abs=0.05)
    for layer in model.layers:
        for matrix in (layer.attention.query, layer.feed_forward.up):
            assert matrix(torch.randn(500, 64)).std().item() == pytest.approx(1, abs=0.1)
            assert matrix.bias is None or not matrix.bias.any()


def test_every_part_learns_within_two_steps():
    """Behind a zero there is no gradient at first: the scores move, then what writes, then all the rest."""
    model = identity_start(GPT(GPTConfig(**(SIZES | KINDS[1]))))
    optimiser = torch.optim.SGD(model.parameters(), lr=1.0)
    first = torch.nn.functional.cross_entropy(model(IDS).flatten(0, 1), IDS.flatten())
    assert first.item() == pytest.approx(math.log(65), abs=1e-5)
    for _ in range(3):
        loss = torch.nn.functional.cross_entropy(model(IDS).flatten(0, 1), IDS.flatten())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert all(p.grad.any() for p in model.parameters())


def test_tied_scores_are_refused():
    """One table cannot be 0 and of size 1: one sentence, and the model stays as it was."""
    model = GPT(GPTConfig(**(SIZES | {"tied": True})))
    before = model.tokens.weight.clone()
    with pytest.raises(ValueError, match="make the model with tied=False"):
        identity_start(model)
    assert torch.equal(model.tokens.weight, before)
