"""What generation asks of a model: scores for the next token, and a cache that can go back and be reordered.

`tfm.models.gpt.GPT` and what `Transformer.writer` gives both answer to it, and so may a model of the reader's own.
This file knows nothing of how the scores are made.
"""

from typing import Any, Protocol, runtime_checkable

from torch import Tensor, nn


@runtime_checkable
class Writer(Protocol):
    """A model that scores the next token.

    Attributes:
        context: the longest text it can look at, in tokens.
    """

    @property
    def context(self) -> int:
        """The longest text it can look at, in tokens."""
        ...

    def __call__(self, ids: Tensor, *, padding: Tensor | None = None, cache: Any = None) -> Tensor:
        """Score the next token: ids B × T, with `padding[b]` filler on the left of row b → logits B × T × V."""
        ...

    def new_cache(self, batch: int, max_length: int) -> Any:
        """Make an empty `tfm.nn.cache.Cache`."""
        ...


def module_of(model: Any) -> Any:
    """The module that computes a `Writer`'s scores: inside of those that wrap a model as `model`, or itself."""
    while not isinstance(model, nn.Module) and hasattr(model, "model"):
        model = model.model
    return model
