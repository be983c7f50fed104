"""Text as a model reads it: tokens as boxes, one after the other, in lines that wrap.

A space is written ␣, so that it is seen. A token may end inside a character: what is left of the character is
written as its bytes, ⟨E5 BA⟩, in a dashed box. Neighbours differ in colour, and each has a border and a gap. This
file knows nothing of vocabularies: it draws the ids and bytes that it is given.
"""

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache

from tfm.kit.messages import say
from tfm.kit.style import BLUE, FOCUS, INK, MUTED, ORANGE, svg_page, svg_text, text_width

Token = tuple[int, bytes]  # a token's id, and the bytes it stands for

WIDTH = 720  # pixels a line may take before it wraps
BOX = 26  # height of a token's box
GAP, LINE_GAP = 3, 9
ID_LINE = 15  # further height of a line with ids
LEFT, TITLE = 10, 30
SIZE, SMALL = 14, 10.5
MOST_DRAWN = 400
LONGEST = 40  # characters a label may have
SEEN_SPACES = 6  # a longer run of spaces is counted
KINDS = (("#dbe8fb", BLUE), ("#fdebd8", ORANGE))  # paper and border, in turn
RUNS = re.compile(rf"([\udc80-\udcff]+| {{{SEEN_SPACES + 1},}})")  # bytes of no whole character; many spaces
SIGNS = {" ": "␣", "\n": "⏎", "\t": "⇥"}

Place = tuple[float, float, float]  # left edge, top edge and width of a token's box


def token_text(raw: bytes) -> str:
    r"""Write a token's bytes so that everything in them is seen.

    Args:
        raw: the bytes.

    Returns:
        The text; a space, a line's end and a tab as signs, and what is no printable character as its bytes.

    Example:
        >>> token_text(b" hello\n"), token_text("中".encode()), token_text("中".encode()[:2])
        ('␣hello⏎', '中', '⟨E4 B8⟩')
        >>> token_text(b" " * 12)
        '␣×12'
    """
    escaped = raw.decode("utf-8", "surrogateescape")  # a byte of no whole character becomes U+DC80 to U+DCFF
    return "".join(_run_text(run) for run in RUNS.split(escaped) if run)


def is_partial(raw: bytes) -> bool:
    """Whether some byte belongs to a character that is not whole here.

    Example:
        >>> is_partial(b"a"), is_partial("é".encode()[:1])
        (False, True)
    """
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def tokens_svg(
    tokens: Sequence[Token],
    *,
    ids: bool = False,
    chosen: int | None = None,
    also: Collection[int] = (),
    marked: Collection[int] = (),
    title: str = "",
    row: int = 0,
    most: int = MOST_DRAWN,
) -> str:
    """Draw tokens as boxes in lines that wrap; a token that ends with a line break ends its line.

    Args:
        tokens: T pairs of id and bytes.
        ids: write each id below its box.
        chosen: position to frame.
        also: further positions to frame, thinly.
        marked: ids whose boxes get a thick border and a bar in it, such as the newest token's.
        title: a line above.
        row: first number of every `data-cell`, where several of these pictures stand in one.
        most: the most tokens that are drawn; a line below says how many there are.

    Returns:
        An SVG whose boxes carry `data-cell="row,position"`.

    Example:
        >>> svg = tokens_svg([(72, b"H"), (105, b"i")], ids=True)
        >>> svg.count("data-cell"), ">105<" in svg
        (2, True)
    """
    shown = [(number, raw, _label(raw)) for number, raw in tokens[:most]]
    top = TITLE if title else 8
    places = _places(shown, top, ids)
    parts = [svg_text(LEFT, 19, title, SIZE, 'font-weight="600"')] if title else []
    for i, ((number, raw, label), place) in enumerate(zip(shown, places, strict=True)):
        parts.append(_box(place, f"{row},{i}", label, is_partial(raw), number in marked, i % 2))
    if ids:
        parts += [
            svg_text(x + w / 2, y + BOX + 13, str(token[0]), SMALL, 'text-anchor="middle"', MUTED)
            for token, (x, y, w) in zip(shown, places, strict=True)
        ]
    parts += [_frame(places[i], INK, 1.5) for i in also if i < len(places)]
    if chosen is not None and 0 <= chosen < len(places):
        parts.append(_frame(places[chosen], FOCUS, 2.5))
    bottom = places[-1][1] + BOX + (ID_LINE if ids else 0) + LINE_GAP if places else top
    note = _note(len(tokens), len(shown))
    if note:
        parts.append(svg_text(LEFT, bottom + 10, note, 12, "", MUTED))
        bottom += 20
    longest = max(text_width(title, 1.06 * SIZE), text_width(note, 12))  # a title is bold
    width = max([longest + 2 * LEFT, *(x + w + LEFT for x, _, w in places)])
    return svg_page(width, bottom, parts, title or say("tokens"))


def _note(n: int, drawn: int) -> str:
    if not n:
        return say("no text, no tokens")
    return say("the first {drawn:,} of {n:,} tokens are drawn", drawn=drawn, n=n) if drawn < n else ""


def _run_text(run: str) -> str:
    if "\udc80" <= run[0] <= "\udcff":
        return _bytes_text(run.encode("utf-8", "surrogateescape"))
    if len(run) > SEEN_SPACES and not run.strip(" "):
        return f"␣×{len(run)}"
    base = "◌" if unicodedata.combining(run[0]) else ""  # an accent alone needs something to sit on
    return base + "".join(_sign(char) for char in run)


def _sign(char: str) -> str:
    seen = char.isprintable() or char in SIGNS
    return SIGNS.get(char, char) if seen else _bytes_text(char.encode())


def _bytes_text(raw: bytes) -> str:
    return f"⟨{raw.hex(' ').upper()}⟩"


@lru_cache(maxsize=4096)
def _label(raw: bytes) -> str:
    """A token's text, no longer than a box should be."""
    text = token_text(raw[: 4 * LONGEST])
    return text if len(text) <= LONGEST and len(raw) <= 4 * LONGEST else text[: LONGEST - 1] + "…"


def _places(tokens: Sequence[tuple[int, bytes, str]], top: float, ids: bool) -> list[Place]:
    x, y, places = float(LEFT), top, []
    for number, raw, label in tokens:
        width = max(18.0, _label_width(label) + 8, text_width(str(number), SMALL) + 4 if ids else 0)
        if x + width > WIDTH and x > LEFT:
            x, y = float(LEFT), y + BOX + LINE_GAP + (ID_LINE if ids else 0)
        places.append((x, y, width))
        x += width + GAP
        if raw.endswith(b"\n"):
            x = float(WIDTH)  # the next box begins a line
    return places


def _label_width(label: str) -> float:
    size = _label_size(label)
    return text_width(label, size) + 0.35 * size * sum(char in "WMwm@%=+<>~#" for char in label)


def _label_size(label: str) -> float:
    return 11 if label.startswith("⟨") else SIZE


def _box(place: Place, cell: str, label: str, partial: bool, marked: bool, kind: int) -> str:
    x, y, width = place
    paper, border = KINDS[kind]
    dashes = ' stroke-dasharray="3 2"' if partial else ""
    box = (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{BOX}" rx="4" fill="{paper}" '
        f'stroke="{border}" stroke-width="{2.6 if marked else 1}"{dashes} data-cell="{cell}"/>'
    )
    size = _label_size(label)
    text = svg_text(
        x + width / 2,
        y + BOX / 2 + 0.35 * size,
        label,
        size,
        'text-anchor="middle" pointer-events="none"',
        INK,
    )
    bar = f'<path d="M{x + 3:.1f} {y + BOX - 3:.1f}h{width - 6:.1f}" stroke="{INK}" stroke-width="3"/>'
    return box + text + (bar if marked else "")


def _frame(place: Place, colour: str, thick: float) -> str:
    x, y, width = place
    return (
        f'<rect x="{x - 1.5:.1f}" y="{y - 1.5:.1f}" width="{width + 3:.1f}" height="{BOX + 3}" rx="5" '
        f'fill="none" stroke="{colour}" stroke-width="{thick}" pointer-events="none" class="frame"/>'
    )
