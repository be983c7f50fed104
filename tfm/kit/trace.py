"""What a widget can look into: anything that reads a sentence and says who looked at whom.

Three words with numbers by hand (`tfm.lessons.attention.hand_made`), a trained encoder (`tfm.pretrained`), an
untrained one, or whatever has `n_layers`, `n_heads` and a method `trace`. This file loads and trains nothing.
"""

from collections.abc import Collection, Sequence
from typing import Any, Protocol, runtime_checkable

from numpy.typing import NDArray

from tfm.kit.messages import say

MOST_TOKENS = 40  # what a picture has room for


@runtime_checkable
class Trace(Protocol):
    """What a source computed for one sentence; arrays as in `tfm.pretrained.EncoderTrace`."""

    tokens: list[str]
    query: NDArray[Any]
    key: NDArray[Any]
    value: NDArray[Any]
    weights: NDArray[Any]
    hidden: NDArray[Any]
    mask: NDArray[Any] | None


@runtime_checkable
class Source(Protocol):
    """What can be explored."""

    n_layers: int
    n_heads: int

    def trace(
        self,
        text: str,
        *,
        temperature: float = 1.0,
        scaled: bool = True,
        mask: str = "none",
        pads: int = 0,
        ablated: Collection[tuple[int, int]] = frozenset(),
    ) -> Any:
        """Read a sentence under these settings and return a `Trace`."""


def require_head(source: Source, layer: int, head: int) -> None:
    """Refuse a layer or head, counted from 1, that the source does not have.

    Raises:
        ValueError: there is no such layer or head.
    """
    if not (1 <= layer <= source.n_layers and 1 <= head <= source.n_heads):
        raise ValueError(
            say(
                "there is no head {head} in a layer {layer}: this model has {n_layers} layers of {n_heads} heads, "
                "counted from 1",
                head=head,
                layer=layer,
                n_layers=source.n_layers,
                n_heads=source.n_heads,
            )
        )


def require_room(tokens: Sequence[str]) -> None:
    """Refuse more tokens than a picture has room for.

    Raises:
        ValueError: there are too many.
    """
    if len(tokens) > MOST_TOKENS:
        raise ValueError(
            say(
                "the text has {n} tokens and the picture has room for {most}: shorten it",
                n=len(tokens),
                most=MOST_TOKENS,
            )
        )
