"""The door through which everything passes that the page sends to a widget's controls and pictures.

What a control cannot hold is refused with a sentence, and the page is told what the control holds instead. This
file knows nothing of what is drawn.
"""

import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import ipywidgets
import traitlets

from tfm.kit.messages import say

HALF = re.compile("[\ud800-\udfff]")  # half a character, which no message can carry to the page

State = dict[str, Any]


def changeable(widget: Any) -> Iterator[Any]:
    """Everything in a box that the page can change: its controls, buttons and pictures."""
    for child in widget.children:
        if isinstance(child, ipywidgets.Box):
            yield from changeable(child)
        else:
            yield child


def admit(part: Any, take: Callable[[State], None], state: State) -> None:
    """Let a part take what the page sends, or refuse it.

    Args:
        part: a control or a picture.
        take: ipywidgets' own way, which sets the values.
        state: values by the names of traits.

    Raises:
        ValueError: the part cannot hold a value.
    """
    try:
        _require_sendable(state)
        take(state)
    except traitlets.TraitError:
        part.send_state(list(state))
        name = getattr(part, "description", "") or say("this")
        raise ValueError(say("{name} cannot take this value: choose another one", name=name)) from None
    except ValueError:
        part.send_state(list(state))
        raise


def guard_text(part: Any) -> None:
    """Let a box refuse half a character from a lesson's cell, too: ipywidgets could not send it to the page."""
    if isinstance(part, ipywidgets.Text | ipywidgets.Textarea):
        part._register_validator(_require_whole, ("value",))  # noqa: SLF001 (`@validate` is for classes alone)


def _require_whole(_: Any, proposal: State) -> str:
    text: str = proposal["value"]
    if found := HALF.search(text):
        raise traitlets.TraitError(half(found[0]))
    return text


def _require_sendable(state: State) -> None:
    """Refuse what could not be sent back to the page."""
    for value in state.values():
        if isinstance(value, float) and not math.isfinite(value):
            raise traitlets.TraitError
        if isinstance(value, str) and (found := HALF.search(value)):
            raise ValueError(half(found[0]))


def whole(text: str) -> str:
    r"""A text that can be sent to the page: half a character in it, of a name say, becomes a dot.

    Example:
        >>> whole("a\ud83d")
        'a·'
    """
    return HALF.sub("·", text)


def half(char: str) -> str:
    """What is said of half a character in what a reader typed."""
    return say(
        "the text holds half a character (U+{code:04X}), which has no bytes: take it out", code=ord(char)
    )
