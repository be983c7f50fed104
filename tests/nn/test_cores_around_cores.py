"""Cores around cores: the norm of queries and keys, and a core whose innermost part is exchanged."""

import pytest
import torch

from tfm.models.gpt import GPT
from tfm.models.gpt_config import POSITIONS, GPTConfig
from tfm.nn.alibi import biased
from tfm.nn.attention import MultiHeadAttention, Recorded, fused
from tfm.nn.core import NormedQueryKey, around
from tfm.nn.rotary import Rotary

SAME = (
    1e-5  # worst seen between the fused and the written-out core 3e-7; without its rotary core 1e-2 and more
)


def test_queries_and_keys_get_one_size_and_values_stay():
    """What reaches the inner core has a root mean square of 1 in queries and keys, whatever their size."""
    seen = Recorded()
    query, key, value = (size * torch.randn(2, 3, 5, 8) for size in (100.0, 0.5, 7.0))
    NormedQueryKey(8, seen)(query, key, value)
    for part in (seen.query, seen.key):
        assert torch.allclose(part.square().mean(-1), torch.ones(2, 3, 5), atol=1e-3)
    assert torch.equal(seen.value, value)


def test_the_norm_of_queries_learns_in_bfloat16():
    """Under autocast a model with QK-norm trains: finite gradients, and no warning of mixed dtypes."""
    config = GPTConfig(vocab_size=9, context=8, d_model=16, n_layers=1, n_heads=2, norm="rms", qk_norm=True)
    model, ids = GPT(config), torch.tensor([[1, 2, 3, 4]])
    with torch.autocast("cpu", torch.bfloat16):
        model(ids).float().logsumexp(-1).sum().backward()
    gradient = model.layers[0].attention.attend.query_norm.weight.grad
    assert gradient is not None
    assert gradient.isfinite().all()


@pytest.mark.parametrize("positions", POSITIONS)
@pytest.mark.parametrize("qk_norm", [False, True])
def test_recording_changes_no_logit(positions, qk_norm):
    """A recording core leaves positions and QK-norm around it, and the model stays as it was."""
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
    model, ids = GPT(config).eval(), torch.tensor([[1, 2, 3, 4]])
    cores = [Recorded(biased) if positions == "alibi" else Recorded() for _ in range(2)]
    with torch.no_grad():
        before = model(ids)
        assert (model(ids, attends=cores) - before).abs().max() < SAME
        assert torch.equal(model(ids), before)
    assert cores[1].weights.shape == (1, 2, 4, 4)
    assert torch.allclose(cores[0].weights.sum(-1), torch.ones(1, 2, 4))


def test_the_new_core_shares_parameters_and_leaves_the_old_one_alone():
    """Exchanging copies no weights, registers nothing twice, and the old core keeps its inner one."""
    old = NormedQueryKey(4, Rotary(4))
    new = around(old, Recorded())
    assert new.query_norm is old.query_norm
    assert old.attend.attend is fused
    assert len(list(new.parameters())) == len(list(old.parameters()))
    attention = MultiHeadAttention(8, 2, attend=old)
    assert [name for name, _ in attention.named_parameters() if "norm" in name] == [
        "attend.query_norm.weight",
        "attend.key_norm.weight",
    ]
