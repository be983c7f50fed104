"""A deep stack with random weights, forwards and backwards: how large is the signal, how large the gradient?

A layer here has two parts, as in a Transformer. `gather` gives every position the mean of all of them, times a
matrix: attention whose scores are all equal, which is nearly what untrained attention does. `bend` is a
feed-forward network. Each part is wired through a norm, with a residual connection or without:

    post:  x ← norm(x + part(x))        pre:  x ← x + part(norm(x))

Every step returns its output and a function that takes a gradient back through it; so a stack is a list of
steps. Source of the set-up: Xiong et al., “On Layer Normalization in the Transformer Architecture”, 2020,
section 3. This file knows nothing of training: nothing here is ever changed. The layers that models use are in
`tfm.nn.layer`.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
Back = Callable[[Array], Array]
Step = Callable[[Array], tuple[Array, Back]]
Wiring = Callable[[Step, Step], Step]  # (part, norm) → one step


class Passage(NamedTuple):
    """What a run through a stack of L layers has measured, before each layer and after the last.

    Attributes:
        signal: L + 1 root mean squares of the numbers.
        gradient: L + 1 norms of the gradient, of a loss whose gradient at the very end has norm 1.
        alike: L + 1 mean cosines between two different positions; 1 says that all positions point one way.
        output: T × C, what comes out.
        slope: T × C, the gradient of that loss by the input.
    """

    signal: Array
    gradient: Array
    alike: Array
    output: Array
    slope: Array


def gather(matrix: ArrayLike) -> Step:
    """Give every position the mean of all positions, times a C × C matrix: attention with equal scores.

    Example:
        >>> gather(np.eye(2))(np.array([[0.0, 2.0], [4.0, 0.0]]))[0]
        array([[2., 1.],
               [2., 1.]])
    """
    w = np.asarray(matrix)

    def step(x: Array) -> tuple[Array, Back]:
        mean = x.mean(axis=0) @ w  # C
        return np.tile(mean, (len(x), 1)), lambda g: np.tile(g.mean(axis=0) @ w.T, (len(x), 1))

    return step


def bend(up: ArrayLike, down: ArrayLike) -> Step:
    """A feed-forward network for each position alone: max(0, x · up) · down.

    Example:
        >>> bend([[1.0, -1.0]], [[1.0], [1.0]])(np.array([[-3.0]]))[0]
        array([[3.]])
    """
    a, b = np.asarray(up), np.asarray(down)

    def step(x: Array) -> tuple[Array, Back]:
        hidden = x @ a  # T F
        return np.maximum(hidden, 0) @ b, lambda g: ((g @ b.T) * (hidden > 0)) @ a.T

    return step


def no_norm(x: Array) -> tuple[Array, Back]:
    """Leave everything as it is.

    Example:
        >>> no_norm(np.array([[3.0]]))[0]
        array([[3.]])
    """
    return x, lambda g: g


def rms_norm_step(x: Array, eps: float = 1e-6) -> tuple[Array, Back]:
    """RMSNorm without a stretch, and its way back.

    Example:
        >>> rms_norm_step(np.array([[3.0, -3.0]]))[0].round(3)
        array([[ 1., -1.]])
    """
    size = np.sqrt((x * x).mean(axis=-1, keepdims=True) + eps)
    y = x / size

    def back(g: Array) -> Array:
        return (g - y * (g * y).mean(axis=-1, keepdims=True)) / size

    return y, back


def layer_norm_step(x: Array, eps: float = 1e-5) -> tuple[Array, Back]:
    """LayerNorm without stretch and shift, and its way back: RMSNorm of what is left when the mean is gone.

    Example:
        >>> layer_norm_step(np.array([[1.0, 3.0]]))[0].round(3)
        array([[-1.,  1.]])
    """
    y, back = rms_norm_step(x - x.mean(axis=-1, keepdims=True), eps)

    def through_the_mean(g: Array) -> Array:
        inner = back(g)
        return inner - inner.mean(axis=-1, keepdims=True)

    return y, through_the_mean


def chain(first: Step, second: Step) -> Step:
    """One step after the other."""

    def step(x: Array) -> tuple[Array, Back]:
        middle, back_first = first(x)
        y, back_second = second(middle)
        return y, lambda g: back_first(back_second(g))

    return step


def around(inner: Step) -> Step:
    """A residual connection: x + inner(x)."""

    def step(x: Array) -> tuple[Array, Back]:
        y, back = inner(x)
        return x + y, lambda g: g + back(g)

    return step


def post(part: Step, norm: Step) -> Step:
    """Normalise the sum: norm(x + part(x)), as in 2017."""
    return chain(around(part), norm)


def pre(part: Step, norm: Step) -> Step:
    """Leave the road free: x + part(norm(x)), as in most models since."""
    return around(chain(norm, part))


def post_without_residual(part: Step, norm: Step) -> Step:
    """Normalise what the part gives out: norm(part(x))."""
    return chain(part, norm)


def pre_without_residual(part: Step, norm: Step) -> Step:
    """Normalise what the part takes in: part(norm(x))."""
    return chain(norm, part)


def random_layers(
    n_layers: int, wiring: Wiring, norm: Step, *, scale: float = 1.0, d_model: int = 32, seed: int = 0
) -> list[Step]:
    """Layers of a `gather` and a `bend`, each in its own wiring.

    At scale 1 each part gives out numbers about as large as those it takes in (as long as all positions agree).

    Args:
        n_layers: L.
        wiring: `post`, `pre`, or one of them without its residual connection.
        norm: `layer_norm_step`, `rms_norm_step` or `no_norm`.
        scale: factor on each part's output matrix.
        d_model: width C; the hidden width F is the same.
        seed: of the weights.

    Returns:
        L steps.

    Example:
        >>> len(random_layers(3, pre, layer_norm_step))
        3
    """
    deviation = d_model**-0.5
    weights = np.random.default_rng(seed).normal(0, deviation, (n_layers, 3, d_model, d_model))
    return [
        chain(wiring(gather(scale * mix), norm), wiring(bend(2**0.5 * up, scale * down), norm))
        for mix, up, down in weights
    ]


def measure(layers: Sequence[Step], x: ArrayLike, gradient: ArrayLike, end: Step = no_norm) -> Passage:
    """Send numbers through the layers and a gradient back, and note the size of both at every layer.

    Args:
        layers: L steps.
        x: T × C, with T at least 2.
        gradient: T × C, the loss's slope by the output; it is brought to norm 1.
        end: what follows the last layer, such as the norm that a pre-norm stack needs.

    Returns:
        The sizes; where a number has grown beyond floating point, they are ∞ or NaN.

    Example:
        >>> x = np.array([[1.0, 0.0], [0.0, 1.0]])
        >>> measure([around(no_norm)] * 3, x, x).gradient  # x + x, three times
        array([8., 4., 2., 1.])
    """
    x, g = np.asarray(x, dtype=float), np.asarray(gradient, dtype=float)
    seen, backs = [x], []
    with np.errstate(all="ignore"):  # to grow beyond all bounds is one of the results
        for layer in layers:
            x, back = layer(x)
            seen.append(x)
            backs.append(back)
        output, back_end = end(x)
        slopes = [back_end(g / np.linalg.norm(g))]
        for back in reversed(backs):
            slopes.append(back(slopes[-1]))
        signal = np.array([np.sqrt((each**2).mean()) for each in seen])
        sizes = np.array([np.linalg.norm(slope) for slope in reversed(slopes)])
        return Passage(signal, sizes, np.array([alike(each) for each in seen]), output, slopes[-1])


def alike(x: ArrayLike) -> float:
    """Mean cosine between two different rows: 1 when all point one way, about 0 for random ones.

    Args:
        x: T × C, T at least 2; a row of zeros is like nothing, 0.

    Example:
        >>> alike([[1, 0], [2, 0], [3, 0]]), alike([[1, 0], [0, 5]])
        (1.0, 0.0)
    """
    rows = np.asarray(x, dtype=float)
    with np.errstate(all="ignore"):
        rows = rows / np.maximum(abs(rows).max(axis=-1, keepdims=True), 1e-300)  # so that squares stay finite
        rows = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-300)
        total = rows.sum(axis=0)
        n = len(rows)
        return float(np.clip((total @ total - (rows * rows).sum()) / (n * (n - 1)), -1, 1))
