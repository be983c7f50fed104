"""Queries and keys of one size: what the norm does, that it learns, and under which names it is stored."""

import pytest
import torch

from tfm.models.gpt import GPT
from tfm.models.gpt_config import POSITIONS, GPTConfig
from tfm.nn.attention import MultiHeadAttention, Recorded
from tfm.nn.query_key_norm import QueryKeyNorm

SAME = 1e-5  # worst seen between the fused and the written-out core 3e-7; without the turns 1e-2 and more


def test_queries_and_keys_get_one_size_and_values_stay():
    """What reaches the core has a root mean square of 1 in queries and keys, whatever their size."""
    query, key = QueryKeyNorm(8)(*(size * torch.randn(2, 3, 5, 8) for size in (100.0, 0.5)))
    for part in (query, key):
        assert torch.allclose(part.square().mean(-1), torch.ones(2, 3, 5), atol=1e-3)


def test_the_norm_of_queries_learns_in_bfloat16():
    """Under autocast a model with QK-norm trains: finite gradients, and no warning of mixed dtypes."""
    config = GPTConfig(vocab_size=9, context=8, d_model=16, n_layers=1, n_heads=2, norm="rms", qk_norm=True)
    model, ids = GPT(config), torch.tensor([[1, 2, 3, 4]])
    with torch.autocast("cpu", torch.bfloat16):
        model(ids).float().logsumexp(-1).sum().backward()
    gradient = model.layers[0].attention.transform.query_norm.weight.grad
    assert gradient is not None
    assert gradient.isfinite().all()


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("qk_norm", [False, True])
def test_recording_changes_no_logit(positions, qk_norm):
    """A recording core is given turned and normed queries and the mask, and the model stays as it was."""
    torch.manual_seed(0)
    config = GPTConfig(
        vocab_size=9,
        context=8,
        d_model=16,
        n_layers=2,
        n_heads=2,
        positions=positions,
        qk_norm=qk_norm,
        dropout=0.3,
    )
    model, ids, cores = GPT(config).eval(), torch.tensor([[1, 2, 3, 4]]), [Recorded(), Recorded()]
    with torch.no_grad():
        before = model(ids)
        assert (model(ids, attends=cores) - before).abs().max() < SAME
        assert torch.equal(model(ids), before)
    assert cores[1].weights.shape == (1, 2, 4, 4)
    assert torch.allclose(cores[0].weights.sum(-1), torch.ones(1, 2, 4))
    assert (cores[0].weights.triu(1) == 0).all()


def test_weights_keep_the_names_they_were_always_stored_under():
    """A transform's weights are stored as those of the core, and read from there, two layers deep as well."""
    attention = MultiHeadAttention(8, 2, transform=QueryKeyNorm(4))
    assert [name for name in attention.state_dict() if "norm" in name] == [
        "attend.query_norm.weight",
        "attend.key_norm.weight",
    ]
    config = GPTConfig(vocab_size=9, context=8, d_model=16, n_layers=2, n_heads=2, norm="rms", qk_norm=True)
    stored = {name: torch.randn_like(tensor) for name, tensor in GPT(config).state_dict().items()}
    model = GPT(config)
    model.load_state_dict(stored)
    weight = stored["layers.1.attention.attend.key_norm.weight"]
    assert torch.equal(model.layers[1].attention.transform.key_norm.weight, weight)
    assert torch.equal(model.state_dict()["layers.1.attention.attend.key_norm.weight"], weight)
