"""How large is a Transformer? Its parameters, its memory and its work, by formula, from ten numbers.

    attention     4C² in a layer, and 4C for the biases
    feed-forward  2CF in a layer, and F + C for the biases; with a gate 3CF, and 2F + C
    a norm        2C with a shift, C without; two in a layer, and one outside the layers
    tables        V·C for tokens, one row for each learned position or segment, V·C again unless tied

    work for a token = 2 · (weights it is multiplied by) + 4 · T · C in every layer

Two for each weight: a multiplication and an addition. 4TC are attention's own: its query meets T keys (2TC), and
T values are mixed (2TC). That part alone grows with the text. Sources: Kaplan et al., “Scaling Laws for Neural
Language Models”, 2020, section 2.1 (work); Rajbhandari et al., “ZeRO: Memory Optimizations Toward Training
Trillion Parameter Models”, 2020, section 3.1 (memory of training). This file builds no module: tests hold it
against the real ones.
"""

from dataclasses import dataclass

FP32_BYTES, BF16_BYTES = 4, 2  # a number
ADAM_BYTES = (
    16  # a parameter: weight 2, gradient 2, and in fp32 a master copy 4 and Adam's two averages 4 + 4
)

TOKENS, PLACES = "token table", "positions"
ATTENTION, FEED_FORWARD = "attention", "feed-forward"
NORMS, SCORES = "norms", "output table"
PARTS = (TOKENS, PLACES, ATTENTION, FEED_FORWARD, NORMS, SCORES)
MIXING = "scores and mixing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """The numbers that fix how large a Transformer of one stack is.

    Attributes:
        d_model: C, the width.
        d_ff: F, the hidden width of the feed-forward network.
        n_layers: how many layers.
        n_heads: H; must divide `d_model`. How many there are changes no count.
        vocab_size: V, rows of the token table.
        context: the longest text, in tokens.
        learned_positions: whether each of the `context` places has a learned row.
        n_segments: rows that say which of several sentences a token belongs to; BERT has 2.
        gated: whether the feed-forward network has a gate, a third matrix.
        bias: whether projections add a bias, and norms a shift; Llama's do neither.
        tied: whether the token table is also the output's.

    Raises:
        ValueError: a size is below 1 (segments: below 0), or the heads do not divide the width.

    Example:
        >>> SHAPES["GPT-2 small"].d_ff
        3072
    """

    d_model: int
    d_ff: int
    n_layers: int
    n_heads: int
    vocab_size: int
    context: int
    learned_positions: bool = True
    n_segments: int = 0
    gated: bool = False
    bias: bool = True
    tied: bool = True

    def __post_init__(self) -> None:
        for name in ("d_model", "d_ff", "n_layers", "n_heads", "vocab_size", "context"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, and it is {getattr(self, name)}: count from 1")
        if self.n_segments < 0:
            raise ValueError(f"n_segments must be 0 or more, and it is {self.n_segments}: BERT has 2")
        if self.d_model % self.n_heads:
            fits = [h for h in range(1, self.d_model + 1) if self.d_model % h == 0]
            fit = min(fits, key=lambda h: (abs(h - self.n_heads), -h))
            raise ValueError(
                f"d_model ({self.d_model}) must be divisible by n_heads ({self.n_heads}): try n_heads={fit}"
            )


SHAPES = {
    "GPT-2 small": Shape(
        d_model=768, d_ff=3072, n_layers=12, n_heads=12, vocab_size=50_257, context=1024
    ),  # Radford et al., 2019
    "BERT base": Shape(
        d_model=768, d_ff=3072, n_layers=12, n_heads=12, vocab_size=30_522, context=512, n_segments=2
    ),  # Devlin et al., 2019, the encoder alone
    "GPT-3": Shape(
        d_model=12_288, d_ff=49_152, n_layers=96, n_heads=96, vocab_size=50_257, context=2048
    ),  # Brown et al., 2020, table 2.1
    "Llama 2 7B": Shape(
        d_model=4096,
        d_ff=11_008,
        n_layers=32,
        n_heads=32,
        vocab_size=32_000,
        context=4096,
        learned_positions=False,
        gated=True,
        bias=False,
        tied=False,
    ),  # Touvron et al., 2023, appendix A.1 and the published configuration
}


def attention_parameters(d_model: int, *, bias: bool = True) -> int:
    """Count one attention: query, key, value and output, C × C each, 4C² + 4C.

    Example:
        >>> attention_parameters(768)
        2362368
    """
    return 4 * d_model**2 + 4 * d_model * bias


def feed_forward_parameters(d_model: int, d_ff: int, *, gated: bool = False, bias: bool = True) -> int:
    """Count one feed-forward network: 2CF + F + C, and with a gate 3CF + 2F + C.

    Example:
        >>> feed_forward_parameters(768, 3072)
        4722432
    """
    upward = 2 if gated else 1
    return (upward + 1) * d_model * d_ff + (upward * d_ff + d_model) * bias


def layer_parameters(shape: Shape) -> int:
    """Count one layer: attention, feed-forward, two norms.

    Example:
        >>> layer_parameters(SHAPES["GPT-2 small"])
        7087872
    """
    return sum(_layer(shape).values())


def parameters(shape: Shape) -> dict[str, int]:
    """Count a whole model, part by part.

    Args:
        shape: the model's numbers.

    Returns:
        How many numbers each of `PARTS` holds, all layers together; their sum is the model.

    Example:
        >>> counts = parameters(SHAPES["GPT-2 small"])
        >>> counts["feed-forward"], sum(counts.values())
        (56669184, 124439808)
    """
    table = shape.vocab_size * shape.d_model
    rows = shape.context * shape.learned_positions + shape.n_segments
    layers = {part: shape.n_layers * n for part, n in _layer(shape).items()}
    return {
        TOKENS: table,
        PLACES: rows * shape.d_model,
        **layers,
        NORMS: layers[NORMS] + _norm(shape),  # one more: after the embedding, or before the output
        SCORES: 0 if shape.tied else table,
    }


def memory(n_parameters: int) -> dict[str, int]:
    """How many bytes a model's numbers take, without any text in it.

    Args:
        n_parameters: N.

    Returns:
        Bytes for the weights alone in fp32 (4N) and in bf16 (2N), and for training with Adam in mixed precision
        (16N), where activations come on top.

    Example:
        >>> memory(1_000_000_000)
        {'weights in fp32': 4000000000, 'weights in bf16': 2000000000, 'training with Adam': 16000000000}
    """
    return {
        "weights in fp32": FP32_BYTES * n_parameters,
        "weights in bf16": BF16_BYTES * n_parameters,
        "training with Adam": ADAM_BYTES * n_parameters,
    }


def flops(shape: Shape, length: int) -> dict[str, int]:
    """Multiplications and additions for one token that looks at `length` tokens, forward only.

    Looking up a row costs none; norms, biases, softmax and the bend are left out, some thousandths of the whole.

    Args:
        shape: the model's numbers.
        length: T, how many tokens it looks at, itself included.

    Returns:
        The work of attention's four projections, of its scores and mixing, of the feed-forward networks, and of
        the scores over the vocabulary.

    Raises:
        ValueError: `length` is below 1.

    Example:
        >>> list(flops(SHAPES["GPT-2 small"], 1024).values())
        [56623104, 37748736, 113246208, 77194752]
    """
    if length < 1:
        raise ValueError(f"a token looks at itself at least, and length is {length}: pass 1 or more")
    c, f, n_layers = shape.d_model, shape.d_ff, shape.n_layers
    return {
        ATTENTION: 2 * n_layers * attention_parameters(c, bias=False),
        MIXING: 4 * n_layers * length * c,
        FEED_FORWARD: 2 * n_layers * feed_forward_parameters(c, f, gated=shape.gated, bias=False),
        SCORES: 2 * shape.vocab_size * c,
    }


def crossing(shape: Shape) -> int:
    """The length from which scores and mixing alone are at least as much work as all matrices of a layer.

    4TC ≥ 2 · (4C² + 2CF), that is T ≥ 2C + F; with a gate T ≥ 2C + 3F/2.

    Example:
        >>> crossing(SHAPES["GPT-2 small"])  # 6 · 768
        4608
    """
    c = shape.d_model
    weights = attention_parameters(c, bias=False)
    weights += feed_forward_parameters(c, shape.d_ff, gated=shape.gated, bias=False)
    return -(-weights // (2 * c))


def _layer(shape: Shape) -> dict[str, int]:
    return {
        ATTENTION: attention_parameters(shape.d_model, bias=shape.bias),
        FEED_FORWARD: feed_forward_parameters(shape.d_model, shape.d_ff, gated=shape.gated, bias=shape.bias),
        NORMS: 2 * _norm(shape),
    }


def _norm(shape: Shape) -> int:
    return shape.d_model * (1 + shape.bias)
