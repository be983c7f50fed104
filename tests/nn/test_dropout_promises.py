"""Dropout: its expectation, its seed, its silence in eval, in the three places of a Transformer."""

import pytest
import torch
from torch import nn

from tfm.nn.attention import MultiHeadAttention, Recorded, fused, scaled_dot_product
from tfm.nn.decoder import DecoderLayer
from tfm.nn.dropout import Dropout
from tfm.nn.embedding import TokenEmbedding
from tfm.nn.feedforward import FeedForward, GatedFeedForward
from tfm.nn.layer import EncoderLayer, PostNorm, PreNorm
from tfm.nn.norm import LayerNorm

B, T, C, H, F = 2, 6, 8, 2, 16

# Six standard errors of a mean of N numbers, each 0 or 1 / (1 − p): √(p / (1 − p) / N).
N = 40_000


def _six_standard_errors(p: float) -> float:
    return 6 * (p / (1 - p) / N) ** 0.5


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_the_expectation_stays(p):
    """The mean of many dropped ones is 1, the share of zeros is p, and the rest is 1 / (1 − p)."""
    dropped = Dropout(p)(torch.ones(N, dtype=torch.float64))
    assert dropped.mean().item() == pytest.approx(1, abs=_six_standard_errors(p))
    assert (dropped == 0).double().mean().item() == pytest.approx(p, abs=6 * (p * (1 - p) / N) ** 0.5)
    torch.testing.assert_close(dropped.max().item(), 1 / (1 - p))


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
@pytest.mark.parametrize("core", [fused, scaled_dot_product], ids=["fused", "written out"])
def test_the_expectation_of_dropped_attention_stays(core, p):
    """Averaged over many draws, attention with dropped weights is attention."""
    q, k = torch.randn(2, 1, 1, T, C, dtype=torch.float64)
    value = torch.ones(1, 1, T, C, dtype=torch.float64)  # every mixture of ones is 1
    many = [t.expand(N // T, *t.shape[1:]) for t in (q, k, value)]
    output, weights = core(*many, dropout=p)
    largest_share = scaled_dot_product(q, k, value)[1].max().item()
    assert output.mean().item() == pytest.approx(1, abs=_six_standard_errors(p) * (1 + T * largest_share))
    if weights is not None:
        assert (weights == 0).double().mean().item() == pytest.approx(p, abs=0.02)
        torch.testing.assert_close(weights @ many[2], output)


def _layers() -> dict[str, nn.Module]:
    attention = MultiHeadAttention(C, H, dropout=0.5)
    return {
        "dropout on embeddings": nn.Sequential(TokenEmbedding(10, C), Dropout(0.5)),
        "dropout on attention's weights": attention,
        "dropout on hidden features": FeedForward(C, F, dropout=0.5),
        "dropout on gated features": GatedFeedForward(C, F, dropout=0.5),
        "dropout on residuals": EncoderLayer(
            MultiHeadAttention(C, H),
            FeedForward(C, F),
            PreNorm(LayerNorm(C), 0.5),
            PreNorm(LayerNorm(C), 0.5),
        ),
    }


@pytest.mark.parametrize("name", _layers())
def test_one_seed_repeats_training_and_eval_is_silent(name):
    """Training varies, repeats under a seed, and eval is the layer without dropout, bit for bit."""
    layer = _layers()[name]
    x = torch.randint(0, 10, (B, T)) if "embeddings" in name else torch.randn(B, T, C)
    torch.manual_seed(3)
    first, second = layer(x), layer(x)
    assert not torch.equal(first, second)
    torch.manual_seed(3)
    assert torch.equal(layer(x), first)
    state, silent = torch.get_rng_state(), layer.eval()(x)
    assert torch.equal(layer(x), silent)
    assert torch.equal(torch.get_rng_state(), state)  # not even a random number was drawn
    for part in layer.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
        if isinstance(part, MultiHeadAttention):
            part.dropout = 0.0
    assert torch.equal(layer.train()(x), silent)


def test_train_and_eval_reach_the_attentions_of_a_decoder_layer():
    """Training drops, eval() does not, however deep an attention lies."""
    layer = DecoderLayer(
        MultiHeadAttention(C, H, dropout=0.9),
        MultiHeadAttention(C, H, dropout=0.9),
        FeedForward(C, F),
        *(PostNorm(LayerNorm(C)) for _ in range(3)),
    )
    x, memory = torch.randn(B, T, C), torch.randn(B, 3, C)
    assert not torch.equal(layer(x, memory), layer(x, memory))
    assert torch.equal(layer.eval()(x, memory), layer(x, memory))


def test_recording_shows_the_weights_that_were_used():
    """What `Recorded` keeps has the zeros in it, and its product with the values is the output."""
    core = Recorded()
    MultiHeadAttention(C, H, dropout=0.5)(torch.randn(B, T, C), attend=core)
    assert 0 < (core.weights == 0).sum() < core.weights.numel()
    torch.testing.assert_close(core.weights @ core.value, core.output)


@pytest.mark.parametrize(
    "make",
    [
        Dropout,
        lambda p: MultiHeadAttention(C, H, dropout=p),
        lambda p: FeedForward(C, F, dropout=p),
        lambda p: GatedFeedForward(C, F, dropout=p),
        lambda p: PostNorm(LayerNorm(C), p),
        lambda p: PreNorm(LayerNorm(C), p),
    ],
    ids=["Dropout", "attention", "FeedForward", "GatedFeedForward", "PostNorm", "PreNorm"],
)
@pytest.mark.parametrize("p", [1.5, -0.1, float("nan")])
def test_a_share_outside_0_to_1(make, p):
    """Wherever a share is given, a wrong one is answered by the same sentence."""
    with pytest.raises(ValueError) as caught:
        make(p)
    assert str(caught.value) == (
        f"dropout is the share that is set to 0, from 0 to 1, and it is {p}: 0.1 is usual"
    )


def test_all_may_be_dropped():
    """A share of 1 leaves zeros, not a division by 0."""
    assert Dropout(1.0)(torch.ones(5)).tolist() == [0.0] * 5
