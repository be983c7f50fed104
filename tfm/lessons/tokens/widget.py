"""The same text in several vocabularies: how each cuts it, with ids, bytes, counts, and what it costs.

How a text is encoded is an argument, a function for each vocabulary; the widget loads none. A token that is
pointed at is framed, and with it the tokens of the other vocabularies that hold some of the same bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from html import escape
from itertools import accumulate
from math import isfinite

import ipywidgets

from tfm.kit.base import LessonWidget, View
from tfm.kit.drawing import stack_svgs
from tfm.kit.tokens import Token, is_partial, token_text, tokens_svg

Encode = Callable[[str], Sequence[Token]]

MOST_DRAWN = 150  # tokens of each vocabulary
KEPT = 8  # texts whose tokens are remembered
HEADINGS = ("vocabulary", "tokens", "bytes a token", "tokens a character", "a million such texts cost")
CELL = 'style="padding: 1px 14px 1px 0; text-align: {}"'


class TokenCompare(LessonWidget):
    """Type any text; read how several vocabularies cut it.

    Args:
        encoders: for each vocabulary's name a function from text to pairs of id and bytes.
        text: the first text.
        price: what a million tokens cost, in a unit of the reader's choice.

    Raises:
        ValueError: there is no encoder.

    Example:
        >>> TokenCompare({"bytes": lambda text: [(b, bytes([b])) for b in text.encode()]}, "hi")
        <widget TokenCompare>
    """

    def __init__(self, encoders: Mapping[str, Encode], text: str, *, price: float = 1.0) -> None:
        super().__init__()
        if not encoders:
            raise ValueError("encoders is empty: give at least one, such as {'gpt2': a function of the text}")
        self.encoders = {name: lru_cache(maxsize=KEPT)(encode) for name, encode in encoders.items()}
        row = [
            self.control("price", _number("price of a million tokens", price)),
            self.control("ids", ipywidgets.Checkbox(False, description="ids", indent=False)),
        ]
        box = self.control("text", text_box(text))
        picture = self.picture("tokens", "Tokens of each vocabulary: arrow keys move from one to the next")
        self.start(box, row, picture)

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        text, price = require_text(self.value("text")), require_price(self.value("price"))
        cut = {name: encode(text) for name, encode in self.encoders.items()}
        chosen = self._chosen(list(cut.values()))
        covered = _same_bytes(list(cut.values()), chosen)
        drawings = [
            tokens_svg(
                tokens,
                ids=self.value("ids"),
                chosen=chosen[1] if row == chosen[0] else None,
                also=covered[row] if row != chosen[0] else (),
                title=f"{name}: {count(len(tokens), 'token')}",
                row=row,
                most=MOST_DRAWN,
            )
            for row, (name, tokens) in enumerate(cut.items())
        ]
        sentence = "The text is empty: type something." if not text else self._pointed(cut, chosen)
        return View(
            {"tokens": stack_svgs(drawings, gap=4)},
            _table(text, price, cut) + f"<div>{escape(sentence)}</div>",
        )

    def _chosen(self, cut: Sequence[Sequence[Token]]) -> tuple[int, int]:
        row, _ = self.pointed("tokens", len(cut))
        return row, self.pointed("tokens", 1, min(len(cut[row]), MOST_DRAWN))[1]

    @staticmethod
    def _pointed(cut: Mapping[str, Sequence[Token]], chosen: tuple[int, int]) -> str:
        name = list(cut)[chosen[0]]
        return f"{name}, {token_words(cut[name], chosen[1])}" if cut[name] else ""


def token_words(tokens: Sequence[Token], place: int) -> str:
    """Say everything about one token in a sentence.

    Example:
        >>> token_words([(72, b"H"), (233, b" hi")], 1)
        'token 2 of 2: id 233, bytes 20 68 69, text “␣hi”.'
    """
    number, raw = tokens[place]
    text = "only part of a character" if is_partial(raw) else f"text “{token_text(raw)}”"
    return f"token {place + 1:,} of {len(tokens):,}: id {number}, bytes {raw.hex(' ').upper()}, {text}."


def text_box(text: str) -> ipywidgets.Textarea:
    """A box for any text, some lines high."""
    return ipywidgets.Textarea(
        text, description="text", rows=3, layout=ipywidgets.Layout(width="min(720px, 96%)", height="auto")
    )


def count(n: int, noun: str) -> str:
    """Write a number with its noun.

    Example:
        >>> count(1, "token"), count(1200, "token")
        ('1 token', '1,200 tokens')
    """
    return f"{n:,} {noun}" + ("" if n == 1 else "s")


def require_text(text: str) -> str:
    r"""Give the text back, or say that no computer can store it.

    Example:
        >>> require_text("a\ud83d")
        Traceback (most recent call last):
        ValueError: character 2 of the text is half a character (U+D83D) and has no bytes: take it out
    """
    for i, char in enumerate(text):
        if "\ud800" <= char <= "\udfff":
            raise ValueError(
                f"character {i + 1} of the text is half a character (U+{ord(char):04X}) and has no bytes: "
                "take it out"
            )
    return text


def require_price(price: float) -> float:
    """Give the price back, or say what a price is.

    Example:
        >>> require_price(-1)
        Traceback (most recent call last):
        ValueError: the price of a million tokens is -1: write a number, 0 or more
    """
    if not isfinite(price) or price < 0:
        raise ValueError(f"the price of a million tokens is {price:g}: write a number, 0 or more")
    return price


def _number(name: str, value: float) -> ipywidgets.FloatText:
    return ipywidgets.FloatText(value, description=name, layout=ipywidgets.Layout(width="260px"))


def _same_bytes(cut: Sequence[Sequence[Token]], chosen: tuple[int, int]) -> list[list[int]]:
    """For each vocabulary the tokens that hold some byte of the chosen token."""
    row, place = chosen
    if not cut[row]:
        return [[] for _ in cut]
    ends = [list(accumulate(len(raw) for _, raw in tokens)) for tokens in cut]
    end = ends[row][place]
    start = end - len(cut[row][place][1])
    return [
        [i for i, (_, raw) in enumerate(tokens) if ends[r][i] > start and ends[r][i] - len(raw) < end]
        for r, tokens in enumerate(cut)
    ]


def _table(text: str, price: float, cut: Mapping[str, Sequence[Token]]) -> str:
    """Counts and costs, a row a vocabulary."""
    n_bytes, rows = len(text.encode()), []
    for name, tokens in cut.items():
        n = len(tokens)
        ratios = [f"{n_bytes / n:.2f}", f"{n / len(text):.2f}"] if n and text else ["–", "–"]
        cells = [
            f"<td {CELL.format('right')}>{word}</td>" for word in (f"{n:,}", *ratios, f"{n * price:,.10g}")
        ]
        rows.append(f"<tr><td {CELL.format('left')}>{escape(name)}</td>{''.join(cells)}</tr>")
    heads = [
        f"<th {CELL.format('right' if i else 'left')}>{heading}</th>" for i, heading in enumerate(HEADINGS)
    ]
    many = f"<div>{count(len(text), 'character')}, {count(n_bytes, 'byte')} in UTF-8.</div>"
    return f"{many}<table><tr>{''.join(heads)}</tr>{''.join(rows)}</table>"
