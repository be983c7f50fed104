"""Positions added to vectors: what they are asked for, how precise they are, and what they say when misused."""

import copy
import math
from functools import partial

import pytest
import torch

from tfm.nn.alibi import alibi_bias, alibi_mask, alibi_slopes
from tfm.nn.position import FEWEST_ROWS, LearnedPositions, SinusoidalPositions
from tfm.nn.rotary import Rotary, pairs_from_halves, rotate

C = 8

# One rounding to float32 of a number between −1 and 1: 6e-8. Angles in float32 would be wrong by up to 4e-3 here.
ROUNDING = 6e-8


def test_a_row_is_sine_cosine_sine_cosine():
    """Even features are sines and odd ones cosines, at every position, with one speed for each pair."""
    code = SinusoidalPositions(4, base=100.0).double()(3)
    for p in range(3):
        expected = [math.sin(p), math.cos(p), math.sin(p / 10), math.cos(p / 10)]
        assert code[p].tolist() == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("make", [lambda: SinusoidalPositions(C), lambda: LearnedPositions(200, C)])
@pytest.mark.parametrize("start", [0, 1, FEWEST_ROWS - 1, FEWEST_ROWS, 150])
def test_starting_later_gives_the_same_rows(make, start):
    """With a cache, the next position's row is the row a whole text would have there."""
    positions = make()
    assert torch.equal(positions(3, start=start), positions(start + 3)[start:])


def test_asking_for_less_after_more_changes_nothing():
    """What the table keeps does not depend on who asked first."""
    grown, fresh = SinusoidalPositions(C), SinusoidalPositions(C)
    grown(1000)
    assert torch.equal(grown(5), fresh(5))


@pytest.mark.parametrize("position", [100_000, 1_000_000])
def test_far_positions_keep_their_precision(position):
    """In float32 a code a million places on is still the sine of its angle, rounded once."""
    code = SinusoidalPositions(C)(1, start=position)[0]
    expected = [f(position * 10_000 ** (-2 * i / C)) for i in range(C // 2) for f in (math.sin, math.cos)]
    assert code.tolist() == pytest.approx(expected, abs=ROUNDING)
    turned = rotate(torch.tensor([[1.0, 0.0] * (C // 2)]), start=position)[0]
    swapped = [x for pair in zip(expected[1::2], expected[::2], strict=True) for x in pair]
    assert turned.tolist() == pytest.approx(swapped, abs=ROUNDING)


def test_a_model_that_changes_its_dtype_is_not_left_with_old_rounding():
    """After `.double()` the rows are computed anew, not widened from float32."""
    positions = SinusoidalPositions(C)
    positions(10)
    assert torch.equal(positions.double()(10), SinusoidalPositions(C).double()(10))
    assert positions.bfloat16()(10).dtype == torch.bfloat16


def test_rotary_in_bfloat16_is_rounded_once():
    """A turn is computed in float32 and rounded at the end."""
    x = torch.randn(1, 1, 50, C).bfloat16()
    assert torch.equal(rotate(x, start=5000), rotate(x.float(), start=5000).bfloat16())


def test_nothing_is_stored_with_the_model():
    """A checkpoint holds learned numbers only."""
    assert not SinusoidalPositions(C).state_dict()
    assert not Rotary(C).state_dict()


@pytest.mark.parametrize("make", [lambda: SinusoidalPositions(C), lambda: Rotary(C)])
def test_a_table_made_in_inference_mode_can_be_trained_with(make):
    """Generating first and training afterwards is no error."""
    block, x = make(), torch.randn(1, 1, 3, C, requires_grad=True)

    def run():
        return block(3) * x if isinstance(block, SinusoidalPositions) else block(x, x)[0]

    with torch.inference_mode():
        run()
    run().sum().backward()
    assert x.grad.isfinite().all()


def test_copies_are_apart_and_equal():
    """A deep copy, as an optimiser's average makes one, gives the same rows."""
    block = SinusoidalPositions(C)
    block(3)
    assert torch.equal(copy.deepcopy(block)(70), block(70))


@pytest.mark.usefixtures("as_a_reader_calls_it")
@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize(
    "make", [lambda: SinusoidalPositions(C), lambda: Rotary(C), lambda: partial(alibi_mask, 4)]
)
def test_compiled_without_a_break(make, warm):
    """torch.compile takes each in one graph, whether it was called before or not, and gives the same."""
    block, x = make(), torch.randn(1, 4, 6, C)

    def run(v):
        if isinstance(block, Rotary):
            return block(v, v)[0]
        return v + block(v.shape[2])[..., :1]

    if warm:
        run(x)
    traced = torch.compile(run, backend="eager", fullgraph=True)(x)
    torch.testing.assert_close(traced, run(x))


def test_slopes_of_powers_of_two_are_a_geometric_row():
    """With 8 heads each slope is half the one before, from 1/2 to 1/256."""
    assert alibi_slopes(8).tolist() == [2.0**-h for h in range(1, 9)]


@pytest.mark.parametrize("n_heads", [1, 2, 3, 5, 6, 12, 16, 20, 71])
def test_slopes_of_any_number_of_heads(n_heads):
    """Any number of heads has as many slopes, all different, between 0 and 1."""
    slopes = alibi_slopes(n_heads).tolist()
    assert len(set(slopes)) == n_heads
    assert all(0 < slope < 1 for slope in slopes)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: SinusoidalPositions(7),
            "d_model (7) must be even and at least 2, because positions turn features in pairs: try 8",
        ),
        (
            lambda: Rotary(15),
            "d_head (15) must be even and at least 2, because positions turn features in pairs: try 16",
        ),
        (
            lambda: pairs_from_halves(3),
            "d_head (3) must be even and at least 2, because positions turn features in pairs: try 4",
        ),
        (
            lambda: rotate(torch.zeros(2, 5)),
            "the width (5) must be even and at least 2, because positions turn features in pairs: try 6",
        ),
        (
            lambda: Rotary(4, base=1.0),
            "base (1.0) must be a finite number above 1, so that later pairs turn more slowly: try 10000",
        ),
        (
            lambda: SinusoidalPositions(4, base=float("nan")),
            "base (nan) must be a finite number above 1, so that later pairs turn more slowly: try 10000",
        ),
        (
            lambda: SinusoidalPositions(4)(3, start=-1),
            "the first position (-1) must be 0 or more: pass how many tokens came before",
        ),
        (
            lambda: LearnedPositions(4, 2)(1, start=-1),
            "the first position (-1) must be 0 or more: pass how many tokens came before",
        ),
        (
            lambda: LearnedPositions(4, 2)(1, start=4),
            "the text has 5 tokens and this encoder has learned 4 positions: shorten it to 4 tokens",
        ),
        (lambda: alibi_mask(0, 3), "n_heads (0) must be at least 1: each head has one slope"),
        (
            lambda: Rotary(4)(torch.zeros(1, 1, 3, 4), torch.zeros(1, 1, 2, 4)),
            (
                "there are 3 queries and 2 keys, and rotary turns those of the same positions: "
                "use it where a text looks at itself, not at another"
            ),
        ),
        (
            lambda: Rotary(4)(*[torch.zeros(1, 1, 2, 4)] * 2, start=-1),
            "the first position (-1) must be 0 or more: pass how many tokens came before",
        ),
        (
            lambda: alibi_bias(1, 3, 2),
            (
                "there are 3 queries and 2 keys, and ALiBi places the queries at the last keys: "
                "use it where a text looks at itself, not at another"
            ),
        ),
        (
            lambda: Rotary(4)(*[torch.zeros(1, 1, 2, 6)] * 2),
            "query has shape 1 × 1 × 2 × 6, but its axis D (head width) must be 4: pass query as T × D",
        ),
    ],
)
def test_misuse_gets_one_sentence(make, sentence):
    """The rule, the value and the fix."""
    with pytest.raises(ValueError) as caught:
        make()
    assert str(caught.value) == sentence
