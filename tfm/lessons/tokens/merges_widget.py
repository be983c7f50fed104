"""Byte-pair encoding, merge by merge: a slider from bare bytes to the whole vocabulary, over any text.

The merges and the function that encodes with the first n of them are arguments; the widget learns nothing.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape

import ipywidgets

from tfm.kit.base import LessonWidget, View
from tfm.kit.tokens import MOST_DRAWN, Token, token_text, tokens_svg
from tfm.lessons.tokens.widget import KEPT, count, require_text, text_box, token_words

EncodeWithFirst = Callable[[str, int], Sequence[Token]]


class Merges(LessonWidget):
    """Move the number of merges; watch bytes grow together into tokens.

    Args:
        encode: a function of the text and the number of merges, to pairs of id and bytes.
        merges: what each merge joins, the bytes of its left and of its right token, in the order learned.
        text: the first text.
        at: how many merges are applied at first; all of them when None.

    Raises:
        ValueError: there is no merge, or `at` is more than there are.

    Example:
        >>> Merges(lambda text, n: [(b, bytes([b])) for b in text.encode()], [(b"a", b"b")], "aha", at=0)
        <widget Merges>
    """

    def __init__(
        self,
        encode: EncodeWithFirst,
        merges: Sequence[tuple[bytes, bytes]],
        text: str,
        *,
        at: int | None = None,
    ) -> None:
        super().__init__()
        most = len(merges)
        if not most:
            raise ValueError("merges is empty: train a vocabulary of more than 256 tokens first")
        if at is not None and not 0 <= at <= most:
            raise ValueError(f"at ({at}) must be from 0 to {most}, the merges there are: try at={most}")
        self.merges = list(merges)
        self._encode = lru_cache(maxsize=KEPT)(encode)
        slider = ipywidgets.IntSlider(most if at is None else at, 0, most, description="merges")
        slider.layout.width = "min(620px, 96%)"
        ids = ipywidgets.Checkbox(False, description="ids", indent=False)
        rows = [self.control("text", text_box(text)), self.control("merges", slider)]
        box = self.control("ids", ids)
        self.start(*rows, [box], self.picture("tokens", "Tokens: arrow keys move from one to the next"))

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        text, n = require_text(self.value("text")), self.value("merges")
        tokens = self._encode(text, n)
        if text and not tokens:
            raise ValueError("the function that encodes gives no token for this text, and it must give one")
        chosen = self.pointed("tokens", 1, min(len(tokens), MOST_DRAWN))[1]
        newest = b"".join(self.merges[n - 1]) if n else None
        svg = tokens_svg(
            tokens,
            ids=self.value("ids"),
            chosen=chosen,
            marked={number for number, raw in tokens if raw == newest},
            title=f"{count(n, 'merge')}: {count(len(tokens), 'token')}",
        )
        lines = [self._counted(text, tokens), self._latest(n, tokens)]
        if tokens:
            lines.append(f"Pointed at: {token_words(tokens, chosen)}")
        return View({"tokens": svg}, "".join(f"<div>{escape(line)}</div>" for line in lines))

    @staticmethod
    def _counted(text: str, tokens: Sequence[Token]) -> str:
        if not text:
            return "The text is empty: type something."
        size = len(text.encode())
        return (
            f"{count(len(text), 'character')}, {count(size, 'byte')}, {count(len(tokens), 'token')}: "
            f"{size / len(tokens):.2f} bytes a token."
        )

    def _latest(self, n: int, tokens: Sequence[Token]) -> str:
        """The newest merge in words."""
        if not n:
            return "No merge yet: every byte is a token."
        left, right = self.merges[n - 1]
        times = sum(raw == left + right for _, raw in tokens)
        here = f"{count(times, 'time')} in this text" if times else "nowhere in this text"
        joined = f"“{token_text(left)}” and “{token_text(right)}” to “{token_text(left + right)}”"
        return f"The latest merge, number {n:,}, joins {joined}: {here}."
