"""A stack of layers between an embedding and a score for each token, and a trace of what every part wrote.

    x_0 = tokens + positions      x_l = layer_l(x_{l−1})      logits = norm(x_L) Wᵀ

Every kind of part is a factory in `Parts`, so that a part is exchanged, or left out (`tfm.models.without`), by
passing another one. The layer is pre-norm by default (Xiong et al., 2020, figure 1b; GPT-2), whose sum
x_0 + attention + feed-forward + … is never normalised on its way: the residual stream of Elhage et al., “A
Mathematical Framework for Transformer Circuits”, 2021. This file knows nothing of tasks or training.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tfm.nn.attention import MultiHeadAttention, Recorded
from tfm.nn.body import Body
from tfm.nn.embedding import TokenEmbedding, Unembedding
from tfm.nn.feedforward import FeedForward
from tfm.nn.layer import EncoderLayer, PreNorm
from tfm.nn.mask import Mask
from tfm.nn.norm import LayerNorm
from tfm.nn.position import LearnedPositions
from tfm.shapes import require_heads

START = 0.5  # standard deviation of the first embeddings: small stacks learn sooner than from 1 or 0.02


@dataclass(frozen=True, kw_only=True, slots=True)
class StackConfig:
    """Sizes of a stack.

    Attributes:
        vocab_size: V.
        max_positions: the longest text, in tokens.
        d_model: C.
        n_heads: H, in each layer; divides C.
        d_ff: F.
        n_layers: how many layers, 0 or more.

    Raises:
        ValueError: C is not divisible by H, or a size is not positive.

    Example:
        >>> StackConfig(vocab_size=12, max_positions=13).n_layers
        2
    """

    vocab_size: int
    max_positions: int
    d_model: int = 32
    n_heads: int = 1
    d_ff: int = 64
    n_layers: int = 2

    def __post_init__(self) -> None:
        require_heads(self.d_model, self.n_heads)
        for name in ("vocab_size", "max_positions", "d_ff"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} ({getattr(self, name)}) must be at least 1")
        if self.n_layers < 0:
            raise ValueError(f"n_layers ({self.n_layers}) must be 0 or more")


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """What a stack is made of: a factory for each kind of part.

    Attributes:
        attention: (d_model, n_heads) → a module as `EncoderLayer` takes it.
        feed_forward: (d_model, d_ff) → a module that keeps B × T × C.
        wiring: a norm → the residual wiring around a part.
        norm: d_model → a module that keeps B × T × C.
        positions: (max_positions, d_model) → a module that gives the codes of T positions, T × C.
    """

    attention: Callable[[int, int], nn.Module] = MultiHeadAttention
    feed_forward: Callable[[int, int], nn.Module] = FeedForward
    wiring: Callable[[nn.Module], nn.Module] = PreNorm
    norm: Callable[[int], nn.Module] = LayerNorm
    positions: Callable[[int, int], nn.Module] = LearnedPositions


class Stack(nn.Module):
    """Token ids in, a score for each token out at every position.

    Args:
        config: the sizes.
        parts: the factories.

    Example:
        >>> stack = Stack(StackConfig(vocab_size=12, max_positions=13))
        >>> stack(torch.tensor([[3, 1, 4, 1]])).shape
        torch.Size([1, 4, 12])
    """

    def __init__(self, config: StackConfig, parts: Parts | None = None) -> None:
        super().__init__()
        made = Parts() if parts is None else parts
        c = config
        self.config = config
        self.tokens = TokenEmbedding(c.vocab_size, c.d_model)
        self.positions = made.positions(c.max_positions, c.d_model)
        self.layers = Body(
            EncoderLayer(
                made.attention(c.d_model, c.n_heads),
                made.feed_forward(c.d_model, c.d_ff),
                made.wiring(made.norm(c.d_model)),
                made.wiring(made.norm(c.d_model)),
            )
            for _ in range(c.n_layers)
        )
        self.norm = made.norm(c.d_model)
        self.scores = Unembedding(c.d_model, c.vocab_size)
        for table in (self.tokens, self.positions):
            for parameter in table.parameters():
                nn.init.normal_(parameter, std=START)

    @property
    def encoder_layers(self) -> list[Any]:
        """The layers, in order."""
        return list(self.layers)

    def forward(self, ids: Int[Tensor, "B T"], mask: Mask | None = None) -> Float[Tensor, "B T V"]:
        """Score every token at every position.

        Args:
            ids: token ids, B × T.
            mask: True where a position may look; all may look at all when None.

        Returns:
            The logits, B × T × V.

        Raises:
            ValueError: an id or the length does not fit.
        """
        x = self.tokens(ids) + self.positions(ids.shape[1])  # B T C
        return self.scores(self.norm(self.layers(x, mask=mask)))


class StackTrace(NamedTuple):
    """What a stack computed, step by step.

    Attributes:
        logits: B × T × V.
        names: the steps: `tokens`, `positions`, `attention 1`, `feed-forward 1`, `attention 2` …
        written: what each step added to the stream, B × T × C each.
        stream: the stream after each step, B × T × C each.
        weights: each layer's attention, B × H × T × S; None where the attention is switched off.
    """

    logits: Tensor
    names: list[str]
    written: list[Tensor]
    stream: list[Tensor]
    weights: list[Tensor | None]


def part_names(n_layers: int) -> list[str]:
    """Name what `trace` can switch off in a stack.

    Example:
        >>> part_names(1)
        ['positions', 'attention 1', 'feed-forward 1', 'residual 1', 'norms 1', 'last norm']
    """
    kinds = ("attention", "feed-forward", "residual", "norms")
    inner = [f"{kind} {layer}" for layer in range(1, n_layers + 1) for kind in kinds]
    return ["positions", *inner, "last norm"]


@torch.no_grad()
def trace(stack: Stack, ids: Int[Tensor, "B T"], off: Collection[str] = ()) -> StackTrace:
    """Run a pre-norm stack by hand, note what every part writes, and leave some parts out.

    A part that is off writes zeros; without `residual l` the stream of layer l is replaced by what a part
    writes instead of growing by it; without `norms l` the parts of layer l read the stream as it is.

    Args:
        stack: made with `PreNorm` wirings.
        off: names as in `part_names`.

    Returns:
        Every step.

    Raises:
        ValueError: there is no such part, or the stack is not pre-norm.

    Example:
        >>> stack, ids = Stack(StackConfig(vocab_size=12, max_positions=13)), torch.tensor([[3, 1, 4]])
        >>> torch.allclose(trace(stack, ids).logits, stack(ids), atol=1e-5)
        True
        >>> trace(stack, ids, {"attention 2"}).names[-2:]
        ['attention 2', 'feed-forward 2']
    """
    _require_parts(stack, off)
    x = stack.tokens(ids)  # B T C
    names, written, stream, weights = ["tokens"], [x], [x], []

    def write(name: str, part: Tensor, *, adds: bool = True) -> None:
        value = torch.zeros_like(part) if name in off else part
        names.append(name)
        written.append(value)
        stream.append(stream[-1] + value if adds else value)

    write("positions", stack.positions(ids.shape[1]).expand_as(x))
    for number, layer in enumerate(stack.encoder_layers, start=1):
        core, adds, plain = Recorded(), f"residual {number}" not in off, f"norms {number}" in off
        read = stream[-1] if plain else layer.attention_residual.norm(stream[-1])
        write(f"attention {number}", layer.attention(read, attend=core), adds=adds)
        weights.append(None if f"attention {number}" in off else core.weights)
        read = stream[-1] if plain else layer.feed_forward_residual.norm(stream[-1])
        write(f"feed-forward {number}", layer.feed_forward(read), adds=adds)
    last = stream[-1] if "last norm" in off else stack.norm(stream[-1])
    return StackTrace(stack.scores(last), names, written, stream, weights)


def _require_parts(stack: Stack, off: Collection[str]) -> None:
    known = part_names(len(stack.layers))
    unknown = sorted(set(off) - set(known))
    if unknown:
        raise ValueError(f"there is no part {unknown[0]!r} in this stack: its parts are {', '.join(known)}")
    wirings = [
        wiring
        for layer in stack.encoder_layers
        for wiring in (layer.attention_residual, layer.feed_forward_residual)
    ]
    if not all(isinstance(wiring, PreNorm) for wiring in wirings):
        raise ValueError("only a pre-norm stack can be traced here: build it with Parts(wiring=PreNorm)")
