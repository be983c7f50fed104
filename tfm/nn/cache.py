"""Caches: keys and values that were computed once and are not computed again while a text is written.

A decoder that writes one token at a time asks, at every step, about all that came before. Under a causal mask
what came before does not change, so its keys and values can be kept:

    step t:  key_t, value_t from the new token alone;  attend(query_t, [key_0 … key_t], [value_0 … value_t])

`KeyValueCache` grows with the text (self-attention); `MemoryCache` keeps those of a memory that stays
(cross-attention over what the encoder read). Source: Shazeer, “Fast Transformer Decoding: One Write-Head is All
You Need”, 2019, section 2.4. This file knows nothing of attention's arithmetic.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tfm.nn.mask import causal_mask
from tfm.shapes import shape_text

Project = Callable[[Tensor], tuple[Tensor, Tensor]]


@runtime_checkable
class Cache(Protocol):
    """What a mixer, a layer or a whole model keeps of the text so far."""

    @property
    def length(self) -> int:
        """How many positions are kept."""
        ...

    def rewind(self, length: int = 0) -> None:
        """Forget all but the first positions."""
        ...

    def reorder(self, rows: Tensor) -> None:
        """Let row b go on from what is kept of row rows[b]."""
        ...


class KeyValueCache:
    """Room for the keys and values of one attention over one text, allocated once and filled from the left.

    Queries are the last of the positions that are kept: with `length` positions in the cache, the next token
    stands at position `length`, and its query looks at `length` + 1 keys.

    Args:
        batch: B, sentences that are written side by side.
        n_kv_heads: G, heads of the keys and values.
        max_length: the longest text, in tokens.
        d_head: D, width of one head.
        dtype: of the keys and values; PyTorch's default when None.
        device: where to keep them.

    Attributes:
        length: how many positions are kept.
        max_length: how many there is room for.

    Raises:
        ValueError: one of the sizes is below 1.

    Example:
        >>> cache = KeyValueCache(batch=1, n_kv_heads=2, max_length=8, d_head=4)
        >>> key, value = cache.append(torch.ones(1, 2, 3, 4), torch.ones(1, 2, 3, 4))
        >>> key, value = cache.append(torch.ones(1, 2, 1, 4), torch.ones(1, 2, 1, 4))
        >>> cache.length, tuple(key.shape)
        (4, (1, 2, 4, 4))
        >>> cache.causal_mask(2)[0, 0].int().tolist()
        [[1, 1, 1, 1, 1, 0], [1, 1, 1, 1, 1, 1]]

    Source: Shazeer, 2019, section 2.4.
    """

    def __init__(
        self,
        batch: int,
        n_kv_heads: int,
        max_length: int,
        d_head: int,
        *,
        dtype: torch.dtype | None = None,
        device: torch.device | str | None = None,
    ) -> None:
        shape = (batch, n_kv_heads, max_length, d_head)
        if min(shape) < 1:
            raise ValueError(
                f"a cache of shape {shape_text(shape)} (batch × n_kv_heads × max_length × d_head) holds nothing: "
                "make each at least 1"
            )
        with torch.inference_mode(mode=False):  # or the next call outside inference mode could not fill it
            self._key = torch.empty(shape, dtype=dtype, device=device)
            self._value = torch.empty(shape, dtype=dtype, device=device)
        self.length: int = 0
        self.max_length = max_length

    def append(
        self, key: Float[Tensor, "B G T D"], value: Float[Tensor, "B G T D"]
    ) -> tuple[Float[Tensor, "B G S D"], Float[Tensor, "B G S D"]]:
        """Keep the keys and values of T more positions.

        Returns:
            All keys and all values so far, B × G × S × D with S = `length` after the call: views, not copies.

        Raises:
            ValueError: there is no room, the shape or dtype is another, or a gradient would be lost.
        """
        require_no_gradient(key, value)
        end = self.length + key.shape[2]
        self._require_fit(key, end)
        self._key[:, :, self.length : end] = key
        self._value[:, :, self.length : end] = value
        self.length = end
        return self._key[:, :, :end], self._value[:, :, :end]

    def causal_mask(self, n: int) -> Bool[Tensor, "1 1 T S"]:
        """Let each of the next n positions look at all that is kept, at itself and at what comes before it.

        Args:
            n: T, how many positions come next.

        Returns:
            1 × 1 × T × S with S = `length` + T.

        Raises:
            ValueError: `n` is below 1.
        """
        return causal_mask(n, self._key.device, before=self.length)

    def rewind(self, length: int = 0) -> None:
        """Forget all but the first positions, to take back a token or to begin another text.

        Args:
            length: how many positions to keep, 0 to the present length.

        Raises:
            ValueError: the cache does not hold that many.
        """
        if not 0 <= length <= self.length:
            raise ValueError(
                f"the cache holds {self.length} positions and cannot go to {length}: go back, not on"
            )
        self.length = length

    def reorder(self, rows: Int[Tensor, "B"]) -> None:
        """Let row b go on from what row rows[b] has kept, as beam search asks; the batch may grow or shrink.

        Args:
            rows: B numbers of present rows.

        Raises:
            ValueError: there is no such row.
        """
        require_rows(rows, len(self._key))
        with torch.inference_mode(mode=False):
            key, value = (part.new_empty(len(rows), *part.shape[1:]) for part in (self._key, self._value))
        key[:, :, : self.length] = self._key[rows, :, : self.length]
        value[:, :, : self.length] = self._value[rows, :, : self.length]
        self._key, self._value = key, value

    def _require_fit(self, key: Tensor, end: int) -> None:
        if end > self.max_length:
            raise ValueError(
                f"the cache has room for {self.max_length} positions, {self.length} are taken and "
                f"{end - self.length} come in: make it with max_length={end} or more, or rewind it"
            )
        wanted = (*self._key.shape[:2], key.shape[2], self._key.shape[3])
        if tuple(key.shape) != wanted:
            raise ValueError(
                f"the cache takes keys of shape {shape_text(wanted)} (B × G × T × D) and these have shape "
                f"{shape_text(key.shape)}: make it for this batch and this attention, by new_cache"
            )
        if key.dtype != self._key.dtype:
            raise ValueError(
                f"the cache keeps {self._key.dtype} and the keys are {key.dtype}: make it with dtype={key.dtype}"
            )


class MemoryCache:
    """The keys and values of a memory, computed when it is first seen and kept until another one comes.

    “Another” means another tensor object: the contents are not compared, so do not change a memory in place.

    Attributes:
        memory: the tensor whose keys and values are kept; None before the first call.

    Example:
        >>> cache, memory = MemoryCache(), torch.zeros(1, 5, 8)
        >>> for step in range(3):
        ...     _ = cache.keys_values(memory, lambda m: (print("computed"), (m, m))[1])
        computed
    """

    def __init__(self) -> None:
        self.memory: Tensor | None = None
        self._kept: tuple[Tensor, Tensor] | None = None

    def keys_values(self, source: Tensor, project: Project) -> tuple[Tensor, Tensor]:
        """Give the memory's keys and values, computed now only if this is another memory."""
        if self._kept is None or source is not self.memory:
            kept = project(source)
            require_no_gradient(*kept)
            self.memory, self._kept = source, kept
        return self._kept

    def reorder(self, rows: Int[Tensor, "B"], memory: Tensor | None) -> None:
        """Let row b go on with what was kept of row rows[b], as beam search asks.

        Args:
            rows: B numbers of present rows.
            memory: the memory with its rows in the same order: what later calls will pass.
        """
        if self._kept is not None:
            key, value = self._kept
            self._kept = key[rows], value[rows]
            self.memory = memory


def require_rows(rows: Int[Tensor, "B"], batch: int) -> None:
    """Check that rows to go on from are there.

    Raises:
        ValueError: a row is negative, or `batch` or more.
    """
    low, high = int(rows.min()), int(rows.max())
    if low < 0 or high >= batch:
        raise ValueError(
            f"the cache keeps {batch} rows (0 to {batch - 1}) and cannot go on from row "
            f"{low if low < 0 else high}: name rows that are there"
        )


def require_no_gradient(*tensors: Tensor) -> None:
    """Refuse to keep what still has to learn: the gradient of an earlier step would be lost or wrong.

    Raises:
        ValueError: a tensor belongs to a graph of gradients.
    """
    if any(tensor.requires_grad for tensor in tensors):
        raise ValueError(
            "a cache keeps no gradients: call the model under torch.no_grad() to write, without a cache to train"
        )


def require_cache(cache: KeyValueCache | MemoryCache | None, memory: Tensor | None) -> None:
    """Check that a growing cache is used without a memory, and a memory's cache with one.

    Raises:
        ValueError: the two are mixed up, which would mix two texts.
    """
    if isinstance(cache, KeyValueCache) and memory is not None:
        raise ValueError(
            "a KeyValueCache grows with x, and a memory stays: pass a MemoryCache beside a memory"
        )
    if isinstance(cache, MemoryCache) and memory is None:
        raise ValueError(
            "a MemoryCache keeps a memory, and none was passed: pass a KeyValueCache to grow with x"
        )
