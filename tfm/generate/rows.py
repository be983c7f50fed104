"""Texts that are written side by side: short prompts are padded on the left, and a full window moves on.

    row 0:  ·  ·  a  b  c │ d        the next column is written in all rows at once
    row 1:  v  w  x  y  z │ …

A model looks at `context` columns at most. When there would be more, the window drops the oldest `stride` columns
and reads the rest anew, with or without a cache: what a model sees is the same both ways, and so are its scores. A
stride of 1 always shows it as much as it can take and costs a whole reading for every token; a longer one costs a
reading every `stride` tokens. This file knows nothing of choosing.
"""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tfm.generate.protocol import module_of


class Rows:
    """The columns written so far, and the scores of the next one.

    Attributes:
        ids: B × n, filler included.
        padding: how many filler tokens stand on the left of each row, B.

    Args:
        model: a `Writer`.
        prompts: ids, one list a row, none empty.
        cached: whether keys and values are kept between the steps.
        stride: how many columns a full window drops; a quarter of it when None.
        max_new: how many columns will be written at most, so that no cache is made for more; as many as the
            model can look at when None.

    Raises:
        ValueError: there is no prompt, one is empty, the stride is out of range, or memory is too small.
    """

    def __init__(
        self,
        model: Any,
        prompts: Sequence[Sequence[int]],
        *,
        cached: bool = True,
        stride: int | None = None,
        max_new: int | None = None,
    ) -> None:
        _require_prompts(prompts)
        self.model, self.context = model, model.context
        self.stride = max(1, self.context // 4) if stride is None else stride
        if not 1 <= self.stride <= self.context:
            raise ValueError(
                f"stride ({stride}) is how many tokens a full window of {self.context} drops: 1 to {self.context}"
            )
        device = _device(model)
        longest = max(map(len, prompts))
        rows = [[0] * (longest - len(prompt)) + list(prompt) for prompt in prompts]
        self.ids = torch.tensor(rows, device=device)  # B n
        self.padding = torch.tensor([longest - len(prompt) for prompt in prompts], device=device)
        room = self.context if max_new is None else min(self.context, longest + max_new)
        self._cache = _new_cache(model, len(rows), room) if cached else None
        self._first = 0  # the first column that the cache holds
        self._most_filler = longest - min(
            map(len, prompts)
        )  # a number: reading `padding` each time takes longer

    def texts(self) -> list[list[int]]:
        """Each row's ids, filler left out."""
        return [row[pad:] for row, pad in zip(self.ids.tolist(), self.padding.tolist(), strict=True)]

    def append(self, ids: Int[Tensor, "B"]) -> None:
        """Write one token in each row."""
        self.ids = torch.cat([self.ids, ids[:, None]], dim=1)

    def take(self, rows: Sequence[int], ids: Sequence[int]) -> None:
        """Go on from some of the rows, in this order, with one token more each: a step of beam search."""
        places = torch.tensor(rows, device=self.ids.device)
        self.ids, self.padding = self.ids[places], self.padding[places]
        if self._cache is not None:
            self._cache.reorder(places)
        self.append(torch.tensor(ids, device=self.ids.device))

    @torch.no_grad()
    def logits(self) -> Float[Tensor, "B V"]:
        """Score the next token of each row, in float32.

        Raises:
            ValueError: a row has a score that is no number, or rules every token out.
        """
        logits = self._scored()
        require_scores(logits)
        return logits

    def _scored(self) -> Tensor:
        first = self.window_start(self.ids.shape[1])
        padding = (self.padding - first).clamp(min=0)
        shown = padding if self._most_filler > first else None
        if self._cache is None:
            return self.model(self.ids[:, first:], padding=shown)[:, -1].float()
        if first != self._first:
            self._cache.rewind(0)
            self._first = first
        new = self.ids[:, first + self._cache.length :]
        return self.model(new, padding=shown, cache=self._cache)[:, -1].float()

    def window_start(self, n: int) -> int:
        """The first column that the model looks at when there are n.

        Example:
            With a context of 8 and a stride of 3, columns 0 … 7 are seen whole, and of 9 columns the last 6.
        """
        over = max(0, n - self.context)
        return -(-over // self.stride) * self.stride


def require_scores(logits: Float[Tensor, "B V"]) -> None:
    """Check that the scores leave a choice: greedy decoding would take the first NaN for the likeliest token.

    Raises:
        ValueError: a score is NaN or +∞, or all of a row are −∞.
    """
    highest = logits.amax(-1)  # NaN where there is one
    if not bool(highest.isfinite().all()):
        number = highest[~highest.isfinite()][0].item()
        said = "all −inf" if number == -torch.inf else f"not all numbers (one is {number})"
        raise ValueError(
            f"the model's scores of the next token are {said}, so none can be chosen: its weights are damaged, or "
            "training went wrong, so take an older checkpoint"
        )


def _new_cache(model: Any, batch: int, max_length: int) -> Any:
    try:
        return model.new_cache(batch, max_length)
    except (MemoryError, RuntimeError) as error:  # PyTorch has a class of its own for a GPU alone
        if "memory" not in str(error) and not isinstance(error, MemoryError):
            raise
        raise ValueError(
            f"memory has no room for a cache of {batch} × {max_length:,} tokens: write fewer tokens (max_new), or "
            "without a cache (cached=False)"
        ) from None


def _device(model: Any) -> torch.device:
    """Where the model's weights are; the CPU for one that has none to show."""
    inner = module_of(model)
    parameter = next(iter(inner.parameters()), None) if hasattr(inner, "parameters") else None
    return torch.device("cpu") if parameter is None else parameter.device


def _require_prompts(prompts: Sequence[Sequence[int]]) -> None:
    if not len(prompts):
        raise ValueError("there is no prompt to go on from: pass a list with one at least")
    empty = [i for i, prompt in enumerate(prompts) if not len(prompt)]
    if empty:
        raise ValueError(
            f"prompt {empty[0]} is empty, and a model needs one token at least to go on from: pass a start mark"
        )
