"""Attention in PyTorch: the core that mixes values, and the multi-head module around it.

    head_h = softmax(Q_h K_hᵀ / √D) V_h        output = [head_1 … head_H] W_O

Source: Vaswani et al., “Attention Is All You Need”, 2017, section 3.2. The NumPy twins are
`tfm.by_hand.attention` for the core and `tfm.by_hand.multi_head` for the module.

| here | in the paper | in Hugging Face's BERT |
| --- | --- | --- |
| `query`, `key`, `value` | W^Q, W^K, W^V | `attention.self.query`, `.key`, `.value` |
| `output` | W^O | `attention.output.dense` |

The core is an argument, not a flag: any function of (query, key, value, mask) that returns (output, weights)
can take its place, be it recorded, changed for an experiment, or the reader's own. Keys and values may
have fewer heads than the queries: G, which divides H (`tfm.nn.grouped_attention`). What positions do to queries
and keys is an argument, too (`tfm.nn.rotary`). This file knows nothing of positions, layers or models.
"""

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from tfm.nn.cache import KeyValueCache, MemoryCache, require_cache
from tfm.nn.dropout import require_share
from tfm.nn.mask import Mask, as_bias, causal_mask, fit_mask, hide_future
from tfm.shapes import require_heads, require_shape

LONGEST = 1_024  # keys: beyond, weights that are kept for the way back take more memory than they save time


@runtime_checkable
class Attend(Protocol):
    """The core of attention: (query, key, value, mask) → (output, weights or None).

    A module passes `causal` and `dropout` only where they are asked for, so a core of the reader's own that is
    always given a mask and drops nothing needs neither.
    """

    def __call__(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        mask: Tensor | None = None,
        *,
        causal: bool = False,
        dropout: float = 0.0,
    ) -> tuple[Tensor, Tensor | None]:
        """Mix the values; shapes as in `scaled_dot_product`. A core that keeps no weights returns None."""
        ...


@runtime_checkable
class Transform(Protocol):
    """What is done to the new queries and keys before they meet: (query, key, start) → (query, key).

    It comes before a cache, so that each key is transformed once. `tfm.nn.rotary.Rotary` and
    `tfm.nn.query_key_norm.QueryKeyNorm` are two.
    """

    def __call__(self, query: Tensor, key: Tensor, start: int) -> tuple[Tensor, Tensor]:
        """Keep B × H × T × D and B × G × T × D; the first of the T stands at position `start`."""
        ...


def asked(**options: Any) -> dict[str, Any]:
    """Give the options that were asked for, so that a part of the reader's own need not know the others.

    Example:
        >>> asked(mask=None, causal=True, dropout=0.0)
        {'causal': True}
    """
    return {
        name: how
        for name, how in options.items()
        if how is not None and (not isinstance(how, bool | float) or how)
    }


def scaled_dot_product(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B G S D"],
    value: Float[Tensor, "B G S D"],
    mask: Mask | None = None,
    scale: float | None = None,
    *,
    causal: bool = False,
    dropout: float = 0.0,
) -> tuple[Float[Tensor, "B H T D"], Float[Tensor, "B H T S"]]:
    """Attention written out, weights and all: softmax(Q Kᵀ · scale) V.

    Scores are at least float32, as in the fused kernel: 300 · 300 is more than float16 can hold, and bfloat16
    cannot tell it from its neighbours.

    Args:
        key: G is H, or divides it: then H / G queries share a key.
        mask: True where a query may look at a key; broadcasts to B × H × T × S. Floats are added to the scores: 0
            where it may look, −∞ where not, as for PyTorch's kernel; see `tfm.nn.mask`.
        scale: the number the scores are multiplied by; 1 / √D by default.
        causal: whether, besides, nobody looks ahead; the queries are the last T of the keys' places.
        dropout: share of the weights set to 0, the rest divided by 1 − dropout; the weights returned show it.

    Returns:
        The output, B × H × T × D, and the weights, B × H × T × S, whose rows sum to 1.

    Raises:
        ValueError: the mask is none, does not fit, or forbids a row everything.

    Example:
        >>> q = torch.tensor([[[[1.0, 0.0]]]])
        >>> k = torch.tensor([[[[1.0, 0.0], [0.0, 1.0]]]])
        >>> output, weights = scaled_dot_product(q, k, 10 * k)
        >>> [round(w, 2) for w in weights.flatten().tolist()]
        [0.67, 0.33]

    Source: Vaswani et al., 2017, equation 1.
    """
    mask = _looks(query, key, mask, causal=causal)
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    if (shared_by := query.shape[1] // key.shape[1]) > 1:
        key, value = (part.repeat_interleave(shared_by, dim=1) for part in (key, value))  # B H S D
    with full_precision(query.device):
        wide = torch.promote_types(query.dtype, torch.float32)
        scores = (query.to(wide) * scale) @ key.to(wide).transpose(-2, -1)  # B H T S
    if mask is not None:  # a small sum, not a filling of all scores: nothing of it has to be undone backward
        scores = scores + as_bias(mask, wide)
    weights = functional.dropout(scores.softmax(dim=-1), dropout).to(query.dtype)  # B H T S
    return weights @ value, weights  # B H T D


def full_precision(device: torch.device) -> AbstractContextManager[Any]:
    """A context in which autocast leaves products as they are."""
    if device.type != "meta" and torch.is_autocast_enabled(device.type):
        return torch.autocast(device.type, enabled=False)
    return nullcontext()


def fused(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B G S D"],
    value: Float[Tensor, "B G S D"],
    mask: Mask | None = None,
    *,
    causal: bool = False,
    dropout: float = 0.0,
) -> tuple[Float[Tensor, "B H T D"], None]:
    """The same output by PyTorch's fused kernel: less memory, quicker on long texts, no weights kept.

    A text that is only told to look back, by `causal` and without a mask, costs half: the kernel skips the rest.

    While bfloat16 learns on a CPU, where the kernel's way back takes two to three times as long, up to `LONGEST`
    keys are written out.

    Args:
        mask: as in `scaled_dot_product`, and so are causal and dropout.
        causal: as there.
        dropout: as there.

    Returns:
        The output, B × H × T × D, and None: the weights are never stored.

    Raises:
        ValueError: as `scaled_dot_product`.

    Source: Dao et al., “FlashAttention”, 2022; `torch.nn.functional.scaled_dot_product_attention`.
    """
    learns = query.requires_grad and query.dtype == torch.bfloat16
    if learns and query.device.type == "cpu" and key.shape[2] <= LONGEST:
        return scaled_dot_product(query, key, value, mask, causal=causal, dropout=dropout)[0], None
    alone = causal and mask is None and query.shape[2] == key.shape[2]  # else the kernel counts from the left
    mask = _looks(query, key, mask, causal=causal and not alone)
    grouped = key.shape[1] != query.shape[1]
    if grouped and query.shape[2] == 1 and (mask is None or mask.shape[1] == 1):
        # One position asks: let the queries that share a key stand as positions, and no key is copied.
        query = query.reshape(*key.shape[:2], -1, query.shape[-1])  # B G H/G D
        output, _ = fused(query, key, value, mask, dropout=dropout)
        return output.flatten(1, 2).unsqueeze(2), None  # B H 1 D
    if mask is not None and mask.dtype != torch.bool:
        mask = mask.to(query.dtype)  # the kernel takes no other
    output = functional.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, dropout_p=dropout, is_causal=alone, enable_gqa=grouped
    )
    return output, None


def _looks(query: Tensor, key: Tensor, mask: Mask | None, *, causal: bool) -> Mask | None:
    """The mask, judged, with the future hidden where that is asked for and there is one."""
    n, n_keys = query.shape[2], key.shape[2]
    shape = (*query.shape[:2], n, n_keys)
    if mask is not None:
        mask = fit_mask(mask, shape)
    if not causal or n == 1:
        return mask
    back = causal_mask(n, query.device, before=n_keys - n)
    return back if mask is None else fit_mask(hide_future(mask, back), shape)  # together they may hide all


class Recorded:
    """A core that does what another core does and keeps what it saw, for a lesson or a widget to read.

    Attributes:
        query, key, value, weights, output: the last call's tensors, each B × H × …; None before the first.

    Example:
        >>> layer, core = MultiHeadAttention(8, 2), Recorded()
        >>> _ = layer(torch.randn(1, 3, 8), attend=core)
        >>> tuple(core.weights.shape)
        (1, 2, 3, 3)
    """

    def __init__(self, attend: Attend = scaled_dot_product) -> None:
        self.attend = attend
        self.query: Tensor | None = None
        self.key: Tensor | None = None
        self.value: Tensor | None = None
        self.weights: Tensor | None = None
        self.output: Tensor | None = None

    def __call__(
        self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None = None, **options: Any
    ) -> tuple[Tensor, Tensor | None]:
        """Attend, and keep every tensor."""
        self.query, self.key, self.value = query, key, value
        self.output, self.weights = self.attend(query, key, value, mask, **options)
        return self.output, self.weights


class MultiHeadAttention(nn.Module):
    """H attentions side by side, each in its own slice of the features; every head sees every position.

    Args:
        d_model: width C of what goes in and comes out.
        n_heads: H; must divide `d_model`.
        bias: whether the four projections add a bias, as BERT's and GPT-2's do.
        attend: the core; `fused` by default, which keeps no weights: to see them, pass a `Recorded`.
        d_head: width D of a head; d_model / n_heads when None.
        output_bias: whether the last projection adds a bias; as the others do when None.
        transform: what is done to queries and keys, such as turning them by their positions (`Rotary`).
        dropout: share of the weights set to 0 while training and the rest divided by 1 − dropout, as in the
            program of Vaswani et al., BERT and GPT-2.

    Raises:
        ValueError: `d_model` is not divisible by `n_heads`, and there is no `d_head`; or `dropout` is not a number
            from 0 to 1.

    Example:
        >>> MultiHeadAttention(d_model=8, n_heads=2)(torch.randn(1, 3, 8)).shape
        torch.Size([1, 3, 8])

    Source: Vaswani et al., 2017, section 3.2.2.
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        *,
        bias: bool = True,
        attend: Attend = fused,
        d_head: int | None = None,
        output_bias: bool | None = None,
        transform: Transform | None = None,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.d_head = require_heads(d_model, n_heads) if d_head is None else d_head
        self.d_model, self.n_heads, self.attend = d_model, n_heads, attend
        self.transform, self.dropout = transform, require_share(dropout)
        width = n_heads * self.d_head  # C, where D is not chosen
        self.query = nn.Linear(d_model, width, bias=bias)
        self.key = nn.Linear(d_model, width, bias=bias)
        self.value = nn.Linear(d_model, width, bias=bias)
        self.output = nn.Linear(width, d_model, bias=bias if output_bias is None else output_bias)
        self.register_state_dict_post_hook(_name_as_stored)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_name_as_here)  # type: ignore[no-untyped-call]

    def forward(
        self,
        x: Float[Tensor, "B T C"],
        memory: Float[Tensor, "B S C"] | None = None,
        mask: Mask | None = None,
        attend: Attend | None = None,
        cache: KeyValueCache | MemoryCache | None = None,
        *,
        causal: bool = False,
    ) -> Float[Tensor, "B T C"]:
        """Let every position of `x` look at `memory`, or at `x` itself.

        Args:
            x: where the queries come from.
            memory: where keys and values come from; `x` when None.
            mask: True where a query may look, or floats to add to the scores (`tfm.nn.mask`); broadcasts to
                B × H × T × S.
            attend: another core for this call alone.
            cache: keys and values of earlier calls: a `KeyValueCache`, by `new_cache`, without a memory, when S
                counts what it keeps and T; a `MemoryCache` with one.
            causal: whether, besides, nobody looks ahead. Without a mask it is the quicker way to say so.

        Raises:
            ValueError: a width, the mask or the cache does not fit, a row of the mask forbids everything, or a
                memory is given to an attention with a transform or with `causal`, which are for one text.
        """
        source = x if memory is None else memory
        start = cache.length if isinstance(cache, KeyValueCache) else 0
        self._require_fit(x, source, mask, start)
        self._require_one_text(memory, cache, causal=causal)
        q = self._split(self.query(x))  # B H T D
        if isinstance(cache, MemoryCache):
            k, v = cache.keys_values(source, self._project)  # B G S D
        else:
            k, v = self._project(source)
        if self.transform is not None:
            q, k = self.transform(q, k, start)
        if isinstance(cache, KeyValueCache):
            k, v = cache.append(k, v)  # B G S D, where S counts the earlier ones
        options = asked(causal=causal, dropout=self.dropout if self.training else 0.0)
        mixed, _ = (attend or self.attend)(q, k, v, mask, **options)  # B H T D
        return self.output(mixed.transpose(1, 2).flatten(2))  # B T C

    def new_cache(self, batch: int, max_length: int, dtype: torch.dtype | None = None) -> KeyValueCache:
        """Make an empty cache for this attention, on its device.

        Args:
            batch: B, sentences that are written side by side.
            max_length: the longest text, in tokens.
            dtype: of the keys and values; that of the weights when None.

        Returns:
            A cache of length 0, to be passed to every call for this text.
        """
        weight = self.key.weight
        n_kv_heads = weight.shape[0] // self.d_head
        return KeyValueCache(
            batch, n_kv_heads, max_length, self.d_head, dtype=dtype or weight.dtype, device=weight.device
        )

    def _require_fit(self, x: Tensor, source: Tensor, mask: Mask | None, start: int) -> None:
        require_shape("x", x, "B T C", C=self.d_model)
        require_shape("memory", source, "B S C", C=self.d_model)
        if mask is not None:  # before anything is kept
            fit_mask(mask, (x.shape[0], self.n_heads, x.shape[1], start + source.shape[1]))

    def _require_one_text(
        self, memory: Tensor | None, cache: KeyValueCache | MemoryCache | None, *, causal: bool
    ) -> None:
        require_cache(cache, memory)
        if memory is not None and (causal or self.transform is not None):
            raise ValueError(
                f"{'causal=True' if causal else 'a transform'} counts places in one text, and a memory is another "
                "one: look at a memory without it"
            )

    def _project(self, source: Tensor) -> tuple[Tensor, Tensor]:
        return self._split(self.key(source)), self._split(self.value(source))  # B G S D

    def _split(self, x: Float[Tensor, "B T _"]) -> Tensor:
        return x.view(*x.shape[:2], -1, self.d_head).transpose(1, 2)  # B, heads, T, D


# Stored weights name the transform after the core it once was part of.
HERE, STORED = "transform.", "attend."


def _name_as_stored(_: nn.Module, weights: dict[str, Any], prefix: str, __: Any) -> None:
    _rename(weights, prefix + HERE, prefix + STORED)


def _name_as_here(_: nn.Module, weights: dict[str, Any], prefix: str, *__: Any) -> None:
    _rename(weights, prefix + STORED, prefix + HERE)


def _rename(weights: dict[str, Any], old: str, new: str) -> None:
    for name in [name for name in weights if name.startswith(old)]:
        weights[new + name.removeprefix(old)] = weights.pop(name)
