"""The stack and its trace: the trace is the model, parts add up, and what is switched off is off."""

import pytest
import torch
from torch import nn

from tfm.models.stack import Parts, Stack, StackConfig, part_names, trace
from tfm.models.without import AddAlone, NoPositions, NormAlone, Nothing
from tfm.nn.layer import PostNorm
from tfm.nn.mask import causal_mask

TOLERANCE = 1e-5  # float32; worst measured 1.9e-6
CONFIG = StackConfig(vocab_size=12, max_positions=13, n_layers=3)


@pytest.fixture
def stack():
    """Return a stack of three layers with random weights."""
    torch.manual_seed(0)
    return Stack(CONFIG)


@pytest.fixture
def ids():
    """Return two texts of seven tokens."""
    return torch.randint(12, (2, 7), generator=torch.Generator().manual_seed(0))


def test_the_trace_is_the_model(stack, ids):
    """Walking by hand gives the model's logits."""
    torch.testing.assert_close(trace(stack, ids).logits, stack(ids), atol=TOLERANCE, rtol=0)


def test_what_the_parts_wrote_adds_up_to_the_stream(stack, ids):
    """The last stream is the sum of all that was written, and every step is the sum so far."""
    run = trace(stack, ids)
    for n, state in enumerate(run.stream, start=1):
        torch.testing.assert_close(sum(run.written[:n]), state, atol=TOLERANCE, rtol=0)
    assert run.names == [
        "tokens", "positions", "attention 1", "feed-forward 1", "attention 2", "feed-forward 2",
        "attention 3", "feed-forward 3",
    ]  # fmt: skip


@pytest.mark.parametrize("part", part_names(3))
def test_every_part_changes_the_answer_when_it_is_off(stack, ids, part):
    """No switch is a dummy."""
    assert (trace(stack, ids, {part}).logits - stack(ids)).abs().max() > 1e-3


def test_a_part_that_is_off_writes_nothing(stack, ids):
    """Its entry is zero, its attention map is gone, and the others still write."""
    run = trace(stack, ids, {"attention 2"})
    assert run.written[run.names.index("attention 2")].abs().max() == 0
    assert run.weights[1] is None
    assert run.weights[0].shape == (2, 1, 7, 7)


def test_without_residual_the_stream_is_replaced(stack, ids):
    """Layer 1's stream is what its parts wrote, alone."""
    run = trace(stack, ids, {"residual 1"})
    for name in ("attention 1", "feed-forward 1"):
        place = run.names.index(name)
        assert torch.equal(run.stream[place], run.written[place])


def test_an_unknown_part_is_refused(stack, ids):
    """The sentence lists the parts."""
    with pytest.raises(
        ValueError, match="there is no part 'brain' in this stack: its parts are positions, attention 1"
    ):
        trace(stack, ids, {"brain"})


def test_only_pre_norm_can_be_traced(ids):
    """A post-norm stack would be traced wrongly, so it is refused."""
    with pytest.raises(ValueError, match="only a pre-norm stack can be traced here"):
        trace(Stack(CONFIG, Parts(wiring=PostNorm)), ids)


@pytest.mark.parametrize(
    ("parts", "fewer"),
    [
        (Parts(positions=NoPositions), 13 * 32),
        (Parts(attention=Nothing), 3 * 4 * (32 * 32 + 32)),
        (Parts(feed_forward=Nothing), 3 * (2 * 32 * 64 + 64 + 32)),
        (Parts(wiring=NormAlone), 0),
        (Parts(wiring=AddAlone, norm=lambda _: nn.Identity()), 7 * 2 * 32),
    ],
)
def test_a_stack_without_a_part_lacks_its_parameters_and_runs(ids, parts, fewer):
    """Exactly the part's parameters are missing, and shapes and gradients are as before."""
    lacking = Stack(CONFIG, parts)
    assert _count(Stack(CONFIG)) - _count(lacking) == fewer
    logits = lacking(ids, causal_mask(7))
    assert logits.shape == (2, 7, 12)
    logits.sum().backward()


def test_without_positions_and_mask_a_row_is_a_bag(ids):
    """Shuffling the other tokens does not move the last one's answer; with positions it does."""
    torch.manual_seed(0)
    bag, order = Stack(CONFIG, Parts(positions=NoPositions)), Stack(CONFIG)
    shuffled = torch.cat([ids[:, :-1].flip(1), ids[:, -1:]], dim=1)
    torch.testing.assert_close(bag(ids)[:, -1], bag(shuffled)[:, -1], atol=TOLERANCE, rtol=0)
    assert (order(ids)[:, -1] - order(shuffled)[:, -1]).abs().max() > 1e-2


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ({"vocab_size": 0}, "vocab_size .0. must be at least 1"),
        ({"d_model": 30, "n_heads": 4}, "must be divisible by n_heads"),
        ({"n_layers": -1}, "n_layers .-1. must be 0 or more"),
    ],
)
def test_impossible_sizes_are_refused(sizes, sentence):
    """One sentence each."""
    with pytest.raises(ValueError, match=sentence):
        StackConfig(**{"vocab_size": 12, "max_positions": 13, **sizes})


def _count(module):
    return sum(p.numel() for p in module.parameters())
