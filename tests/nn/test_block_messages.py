"""What each block says when it is used wrongly: the rule, the value and the fix, in one sentence."""

import pytest
import torch

from tfm.nn.attention import MultiHeadAttention, Recorded, fused
from tfm.nn.embedding import TokenEmbedding
from tfm.nn.feedforward import FeedForward
from tfm.nn.layer import PostNorm, PreNorm
from tfm.nn.norm import LayerNorm
from tfm.nn.position import LearnedPositions


def test_heads_that_do_not_divide_the_width():
    """The sentence offers a number of heads that does."""
    with pytest.raises(ValueError) as caught:
        MultiHeadAttention(512, 7)
    assert str(caught.value) == "d_model (512) must be divisible by n_heads (7): try n_heads=8"


@pytest.mark.parametrize(
    "block",
    [LayerNorm(8), FeedForward(8, 16), MultiHeadAttention(8, 2)],
    ids=lambda block: type(block).__name__,
)
def test_vectors_of_the_wrong_width(block):
    """Every block that knows its width says so, instead of failing inside a matrix product."""
    with pytest.raises(ValueError, match=r"x has shape 2 × 3 × 6, but its axis C \(model width\) must be 8"):
        block(torch.zeros(2, 3, 6))


@pytest.mark.usefixtures("as_a_reader_calls_it")
def test_a_memory_of_the_wrong_width():
    """The memory is named, not `x`."""
    with pytest.raises(
        ValueError, match=r"memory has shape 2 × 4 × 6, but its axis C \(model width\) must be 8"
    ):
        MultiHeadAttention(8, 2)(torch.zeros(2, 3, 8), torch.zeros(2, 4, 6))


@pytest.mark.parametrize("wrong", [40_000, -1])
def test_a_token_id_outside_the_vocabulary(wrong):
    """The sentence has the id and the range, whichever end it misses."""
    with pytest.raises(ValueError) as caught:
        TokenEmbedding(30_522, 2)(torch.tensor([[5, wrong]]))
    assert str(caught.value) == (
        f"token id {wrong} is outside the vocabulary of 30522 ids (0 to 30521): "
        "use the ids of this model's own vocabulary"
    )


@pytest.mark.usefixtures("as_a_reader_calls_it")
def test_ids_are_not_read_where_reading_would_wait():
    """Off the CPU, and while torch.compile traces, the check stands aside."""
    assert TokenEmbedding(10, 2).to("meta")(torch.full((1, 3), 99, device="meta")).shape == (1, 3, 2)
    traced = torch.compile(TokenEmbedding(10, 2), backend="eager", fullgraph=True)
    assert traced(torch.tensor([[3]])).shape == (1, 1, 2)


def test_no_token_at_all_is_no_error():
    """An empty batch has no id to be wrong."""
    assert TokenEmbedding(10, 2)(torch.zeros(0, 3, dtype=torch.long)).shape == (0, 3, 2)


def test_a_text_longer_than_the_learned_positions():
    """The sentence says to what length to shorten the text."""
    with pytest.raises(ValueError) as caught:
        LearnedPositions(512, 2)(513)
    assert str(caught.value) == (
        "the text has 513 tokens and this encoder has learned 512 positions: shorten it to 512 tokens"
    )


def test_pre_norm_around_nothing_is_the_input_itself():
    """The residual path is untouched by the norm, bit for bit: that is what lets gradients through."""
    x = torch.randn(2, 3, 8)
    assert torch.equal(PreNorm(LayerNorm(8))(x, torch.zeros_like), x)
    assert not torch.equal(PostNorm(LayerNorm(8))(x, torch.zeros_like), x)


def test_dropout_in_a_wiring_drops_in_training_only():
    """In training about the share asked for is set to 0; in eval nothing is."""
    x, wiring = torch.zeros(1, 1_000, 8), PreNorm(LayerNorm(8), dropout=0.25)
    assert (wiring.train()(x, torch.ones_like) == 0).float().mean().item() == pytest.approx(0.25, abs=0.03)
    assert (wiring.eval()(x, torch.ones_like) == 0).sum() == 0


def test_recorded_keeps_what_the_core_saw_and_changes_nothing():
    """A recorded call gives the plain call's bits, and its weights times its values are its output."""
    attention, core, x = MultiHeadAttention(8, 2), Recorded(), torch.randn(2, 3, 8)
    assert core.weights is None
    recorded = attention(x, attend=core)
    torch.testing.assert_close(recorded, attention(x))
    torch.testing.assert_close(core.weights @ core.value, core.output)
    assert core.query.shape == core.key.shape == (2, 2, 3, 4)


def test_a_core_for_one_call_leaves_the_next_call_alone():
    """Passing `attend` to a call replaces the core for that call, not for good."""
    attention, x = MultiHeadAttention(8, 2), torch.randn(1, 3, 8)
    before = attention(x)
    silenced = attention(x, attend=lambda q, k, v, mask=None: (torch.zeros_like(q), None))
    torch.testing.assert_close(silenced, attention.output.bias.expand_as(silenced))
    assert torch.equal(attention(x), before)
    assert attention.attend is fused
