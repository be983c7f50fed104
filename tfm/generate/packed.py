"""A quicker way to write one text on a CPU: the same sums, with weights laid out for products with a few rows.

While a model writes, each new token is one row, and a row's product with a matrix takes as long as reading
the matrix from memory. PyTorch keeps weights as out × in, which one row reads at about half the speed of in ×
out, and with one core however many there are; and each small call costs about as much as the sums in it.
`PackedModel` reads a model once: its weights in × out and cut into a block of columns for each core, those of
query, key and value side by side, the steps of the layers one after the other. A few rows, as
`tfm.generate.speculative` reads, take hardly longer than one. Whatever is not a few new tokens of one text goes
to the model itself.

The weights are copied, so change the model and pack it anew. On what bounds such a product: Pope et al.,
“Efficiently Scaling Transformer Inference”, 2023, section 2. This file knows nothing of choosing tokens.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from tfm.nn.attention import MultiHeadAttention
from tfm.nn.feedforward import FeedForward, GatedFeedForward
from tfm.nn.layer import PreNorm
from tfm.nn.norm import LayerNorm, RMSNorm

FEWEST_COLUMNS = 64  # a block that is narrower costs a core more to begin than to compute
MOST_ROWS = 16  # with more of them the sums take as long as reading the weights, and the model is as quick


class PackedModel:
    """A model made ready to write one text, with the model's own answers up to rounding.

    Args:
        model: a `Writer` that is built as `tfm.models.gpt.GPT` is, on a CPU.
        threads: blocks of columns; as many as PyTorch has threads when None.

    Attributes:
        model: the same one; it reads prompts, and texts that are written side by side.
        context: the longest text it can look at, in tokens.

    Raises:
        TypeError: a part of the model is of another kind.

    Example:
        >>> from tfm.models.gpt import GPT, GPTConfig
        >>> model = GPT(GPTConfig(vocab_size=5, context=8, d_model=8, n_layers=2, n_heads=2)).eval()
        >>> quick, caches = PackedModel(model), [model.new_cache(1, 8) for _ in range(2)]
        >>> with torch.inference_mode():
        ...     for token in (3, 1, 4):
        ...         one, two = (m(torch.tensor([[token]]), cache=c) for m, c in zip((model, quick), caches))
        >>> torch.allclose(one, two, atol=1e-5)
        True
    """

    def __init__(self, model: Any, threads: int | None = None) -> None:
        blocks = torch.get_num_threads() if threads is None else threads
        self.model, self.context = model, model.context
        self._window = getattr(model, "window", None)
        with torch.no_grad():
            self._layers = [_Layer(layer, blocks) for layer in model.layers]
            self._norm, self._scores = _norm(model.norm), _matrix([model.scores], blocks)

    def __call__(
        self, ids: Int[Tensor, "B T"], *, padding: Int[Tensor, "B"] | None = None, cache: Any = None
    ) -> Float[Tensor, "B T V"]:
        """Score the next token, as the model does; quicker where `ids` is a few of one text, with a cache."""
        n = ids.shape[1]
        if cache is None or padding is not None or len(ids) != 1 or n > MOST_ROWS or torch.is_grad_enabled():
            return self.model(ids, padding=padding, cache=cache)
        if self._window is not None and cache.length + n > self._window:  # some are out of sight
            return self.model(ids, padding=padding, cache=cache)
        x = self.model.tokens(ids)[0]  # T C
        if self.model.positions is not None:
            x = x + self.model.positions(n, cache.length)
        looks = self.model.looks(n, cache.length)
        for layer, kept in zip(self._layers, cache.layers, strict=True):
            x = layer(x, looks, kept)
        return _times(self._norm(x), self._scores)[None]

    def new_cache(self, batch: int, max_length: int) -> Any:
        """Make an empty cache, the model's own."""
        return self.model.new_cache(batch, max_length)


class _Matrix(NamedTuple):
    """Weights as N × in × out / N, and the bias as N × 1 × out / N."""

    weight: Tensor
    bias: Tensor | None
    blocks: int


class _Layer:
    """One pre-norm layer for a few rows."""

    def __init__(self, layer: Any, blocks: int) -> None:
        attention, feed_forward = layer.attention, layer.feed_forward
        wirings = (layer.attention_residual, layer.feed_forward_residual)
        if not isinstance(attention, MultiHeadAttention) or not all(isinstance(w, PreNorm) for w in wirings):
            raise TypeError(
                "PackedModel reads pre-norm layers with MultiHeadAttention: call the model itself for others"
            )
        self.first, self.second = (_norm(wiring.norm) for wiring in wirings)
        self.attend, self.transform = attention.attend, attention.transform
        self.d_head = attention.d_head
        self.sizes = [part.out_features for part in (attention.query, attention.key, attention.value)]
        self.inward = _matrix([attention.query, attention.key, attention.value], blocks)
        self.outward = _matrix([attention.output], blocks)
        self.hidden, self.bend = _hidden(feed_forward, blocks)
        self.down = _matrix([feed_forward.down], blocks)

    def __call__(self, x: Float[Tensor, "T C"], looks: dict[str, Any], cache: Any) -> Float[Tensor, "T C"]:
        n = len(x)
        parts = torch.split(_times(self.first(x), self.inward), self.sizes, dim=1)
        q, k, v = (part.view(1, n, -1, self.d_head).transpose(1, 2) for part in parts)  # 1 H T D, 1 G T D
        q, k = (q, k) if self.transform is None else self.transform(q, k, cache.length)
        keys, values = cache.append(k, v)  # 1 G S D
        mixed, _ = self.attend(q, keys, values, **looks)  # 1 H T D
        x = _times(mixed.transpose(1, 2).reshape(n, -1), self.outward).add_(x)
        return _times(self.bend(_times(self.second(x), self.hidden)), self.down).add_(x)


def _norm(norm: Any) -> Callable[[Tensor], Tensor]:
    """A norm without the checks of its module; one of another kind as it is."""
    if type(norm) is LayerNorm:
        weight, bias = norm.weight.detach().clone(), norm.bias.detach().clone()
        return lambda x: functional.layer_norm(x, (norm.d_model,), weight, bias, norm.eps)
    if type(norm) is RMSNorm:
        scale = norm.weight.detach().clone()
        return lambda x: functional.rms_norm(x, (norm.d_model,), scale, norm.eps)
    return norm  # type: ignore[no-any-return]


def _hidden(feed_forward: nn.Module, blocks: int) -> tuple[_Matrix, Callable[[Tensor], Tensor]]:
    """The matrix into the hidden features, and what bends them."""
    if isinstance(feed_forward, FeedForward):
        return _matrix([feed_forward.up], blocks), feed_forward.activation
    if not isinstance(feed_forward, GatedFeedForward):
        raise TypeError(
            f"PackedModel reads FeedForward and GatedFeedForward, not {type(feed_forward).__name__}: "
            "call the model itself"
        )
    activation = feed_forward.activation

    def gated(both: Tensor) -> Tensor:
        gate, up = both.chunk(2, dim=1)
        return activation(gate) * up

    return _matrix([feed_forward.gate, feed_forward.up], blocks), gated


def _matrix(modules: Sequence[Any], blocks: int) -> _Matrix:
    """Lay the weights of linear modules side by side, in × out, cut into blocks of equally many columns."""
    weight = torch.cat([module.weight.detach() for module in modules]).T  # in out
    n_out = weight.shape[1]
    most = max(1, min(blocks, n_out // FEWEST_COLUMNS))
    n = next(n for n in range(most, 0, -1) if n_out % n == 0)
    biases = [getattr(module, "bias", None) for module in modules]
    bias = (
        None if biases[0] is None else torch.cat([b.detach() for b in biases if b is not None]).view(n, 1, -1)
    )
    return _Matrix(weight.reshape(-1, n, n_out // n).transpose(0, 1).contiguous(), bias, n)


def _times(x: Float[Tensor, "T _"], matrix: _Matrix) -> Float[Tensor, "T _"]:
    """The product of a few rows and a matrix, each block on a core of its own, and the bias added."""
    rows = x.expand(matrix.blocks, -1, -1)  # N T in
    if matrix.bias is None:
        product = torch.bmm(rows, matrix.weight)
    else:
        product = torch.baddbmm(matrix.bias, rows, matrix.weight)
    return product.transpose(0, 1).reshape(len(x), -1)
