"""A Transformer that has read and now writes: it looks like a GPT to whatever chooses the tokens.

    writer(ids) → logits of the next target token       the memory is kept inside, row for row

This file knows nothing of encoders, nor of choosing.
"""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from tfm.nn.body import BodyCache
from tfm.nn.decoder import DecoderCache


class TransformerCache(BodyCache):
    """What a decoder keeps between two calls, and, for a writer, the memory its rows belong to.

    Attributes:
        layers: a `DecoderCache` for each layer.
        memory: B × S × C, of a writer's rows as they stand now; None for a cache of `Transformer.new_cache`.
        memory_mask: where that memory may be looked at.
    """

    def __init__(
        self,
        layers: Sequence[DecoderCache],
        memory: Float[Tensor, "B S C"] | None = None,
        memory_mask: Bool[Tensor, "B 1 1 S"] | None = None,
    ) -> None:
        super().__init__(layers)
        self.memory, self.memory_mask = memory, memory_mask

    def reorder(self, rows: Int[Tensor, "B"]) -> None:
        """Let row b go on from row rows[b]: its text and its memory."""
        if self.memory is not None:
            self.memory = self.memory[rows]
        if self.memory_mask is not None:
            self.memory_mask = self.memory_mask[rows]
        for layer in self.layers:
            layer.reorder(rows, self.memory)


class TransformerWriter:
    """The decoder over memories that are fixed: target ids in, logits out.

    Args:
        model: a `Transformer`.
        memory: B × S × C, by its `encode`.
        memory_mask: where it may be looked at.
    """

    def __init__(
        self, model: Any, memory: Float[Tensor, "B S C"], memory_mask: Bool[Tensor, "B 1 1 S"]
    ) -> None:
        self.model, self.memory, self.memory_mask = model, memory, memory_mask

    @property
    def context(self) -> int:
        """The longest sentence it can write, in tokens."""
        return self.model.config.context

    @property
    def vocab_size(self) -> int:
        """V of the language that is written."""
        return self.model.config.target_vocab_size

    def __call__(
        self,
        ids: Int[Tensor, "B T"],
        *,
        padding: Int[Tensor, "B"] | None = None,
        cache: TransformerCache | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Score what may come after every token.

        Args:
            ids: target ids, B × T, beginning with the start mark; with a cache, the new ones alone. Without a
                cache B may be a multiple of the memories: then equally many rows in a row share one.
            padding: must be None or zeros: all translations begin with the same mark.
            cache: by `new_cache`.

        Returns:
            The logits, B × T × V.

        Raises:
            ValueError: there is padding, or there are not enough rows.
        """
        if padding is not None and bool(padding.any()):
            raise ValueError(
                "a translation begins with its start mark and is not padded on the left: pass padding=None"
            )
        if cache is not None:
            return self.model.decode(ids, cache.memory, cache.memory_mask, cache=cache)
        memory, mask = self._rows(len(ids))
        return self.model.decode(ids, memory, mask)

    def new_cache(self, batch: int, max_length: int, dtype: torch.dtype | None = None) -> TransformerCache:
        """Make an empty cache for `batch` rows, the memories or a multiple of them."""
        layers = self.model.new_cache(batch, max_length, dtype).layers
        return TransformerCache(layers, *self._rows(batch))

    def _rows(self, n: int) -> tuple[Tensor, Tensor]:
        times, rest = divmod(n, len(self.memory))
        if rest or not times:
            raise ValueError(
                f"{n} rows cannot share {len(self.memory)} memories evenly: write as many rows for each of them"
            )
        if times == 1:
            return self.memory, self.memory_mask
        return self.memory.repeat_interleave(times, 0), self.memory_mask.repeat_interleave(times, 0)
