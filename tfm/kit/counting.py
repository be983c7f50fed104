"""Where a model's numbers sit: parts as pieces of one bar, each labelled, widths in proportion.

This file knows nothing of models: names and counts come in.
"""

from collections.abc import Mapping, Sequence

from tfm.kit.style import BLUE, INK, LINE, MUTED, ORANGE, PAPER, svg_page, svg_text, text_width

LEFT, BAR, HEIGHT, STEP = 16, 660, 40, 92  # pixels: margin, length and height of a bar, from bar to bar
LETTER = 13
SHADES = ("#6f42c1", "#8a6d1a", BLUE, ORANGE, MUTED, "#2f7d4f")
UNITS = (
    (1e21, "× 10²¹"),
    (1e18, "× 10¹⁸"),
    (1e15, "× 10¹⁵"),
    (1e12, "× 10¹²"),
    (1e9, "billion"),
    (1e6, "million"),
)


def big_number(value: float) -> str:
    """A large count as people say it: three digits and a word.

    Example:
        >>> big_number(174_604_259_328), big_number(124_439_808), big_number(768)
        ('175 billion', '124 million', '768')
        >>> big_number(4_722_432), big_number(999_999)
        ('4.72 million', '999,999')
    """
    for size, word in UNITS:
        if value >= size:
            digits = 3 - len(f"{value / size:.0f}")
            return f"{value / size:.{max(digits, 0)}f} {word}"
    return f"{value:,.0f}"


def byte_text(n_bytes: float) -> str:
    """Bytes in the unit that people buy them in, a thousand of one in the next.

    Example:
        >>> byte_text(497_759_232), byte_text(2_793_668_149_248), byte_text(512)
        ('498 MB', '2.79 TB', '512 B')
    """
    for size, word in ((1e15, "PB"), (1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if n_bytes >= size:
            digits = 3 - len(f"{n_bytes / size:.0f}")
            return f"{n_bytes / size:.{max(digits, 0)}f} {word}"
    return f"{n_bytes:.0f} B"


def share_text(share: float) -> str:
    """A share in whole per cents, where something small stays something.

    Example:
        >>> share_text(0.664), share_text(0.001), share_text(0), share_text(0.999)
        ('66%', '<1%', '0%', '>99%')
    """
    if 0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else f"{share:.0%}"


def bars_svg(models: Mapping[str, Mapping[str, float]], *, unit: str = "parameters", title: str = "") -> str:
    """Draw one bar for each model, all equally long, its parts beside each other.

    A part's name and share stand in its piece, or below it where the piece is too short; a part of nothing is
    left out. Pieces are told apart by white lines and names, not only by their colour, which is the part's in
    every bar.

    Args:
        models: for each model's name the count of each part, none negative, some above 0.
        unit: what is counted; empty where only the shares matter.
        title: a line above.

    Returns:
        An SVG.

    Raises:
        ValueError: there is no model, a count is negative, or all are 0.

    Example:
        >>> svg = bars_svg({"tiny": {"attention": 400, "feed-forward": 800}})
        >>> svg.count("<rect"), "67%" in svg  # the paper and two pieces
        (3, True)
    """
    _require(models)
    names = list(dict.fromkeys(name for parts in models.values() for name in parts))
    colours = {name: SHADES[i % len(SHADES)] for i, name in enumerate(names)}
    top = 34 if title else 8
    drawn = [svg_text(LEFT, 20, title, 14, 'font-weight="600"')] if title else []
    for row, (model, parts) in enumerate(models.items()):
        y = top + row * STEP
        total = sum(parts.values())
        words = f"{model}: {big_number(total)} {unit}" if unit else model
        drawn.append(svg_text(LEFT, y + 13, words, LETTER))
        drawn += _bar(parts, colours, y + 20)
    return svg_page(2 * LEFT + BAR, top + len(models) * STEP, drawn, title or f"{unit or 'shares'} by part")


def _bar(parts: Mapping[str, float], colours: Mapping[str, str], y: float) -> list[str]:
    total, x, drawn = sum(parts.values()), float(LEFT), []
    below: list[tuple[float, str]] = []
    for name, count in parts.items():
        width = BAR * count / total
        if not count:
            continue
        drawn.append(
            f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.2f}" height="{HEIGHT}" fill="{colours[name]}" '
            f'stroke="{PAPER}" stroke-width="1"/>'
        )
        label = f"{name} {share_text(count / total)}"
        if text_width(label, LETTER) + 8 <= width:
            middle = 'text-anchor="middle"'
            drawn.append(svg_text(x + width / 2, y + HEIGHT / 2 + 5, label, LETTER, middle, PAPER))
        else:
            below.append((x + width / 2, label))
        x += width
    return drawn + _below(below, y + HEIGHT)


def _below(labels: Sequence[tuple[float, str]], y: float) -> list[str]:
    """Write what found no room under the bar, each as near to its piece as its neighbours let it."""
    size = 12
    widths = [text_width(label, size) + 14 for _, label in labels]
    starts: list[float] = []
    free = float(LEFT)
    for (middle, _), width in zip(labels, widths, strict=True):
        starts.append(max(free, middle - width / 2))
        free = starts[-1] + width
    limit = float(LEFT + BAR + LEFT)
    for i in reversed(range(len(starts))):  # push back what ran off the page
        starts[i] = min(starts[i], limit - widths[i])
        limit = starts[i]
    drawn = []
    for (middle, label), x, width in zip(labels, starts, widths, strict=True):
        near = min(max(middle, x + 4), x + width - 16)  # the end of the line: on the label, as near as can be
        drawn.append(
            f'<path d="M{middle:.1f} {y:.1f}v3L{near:.1f} {y + 9:.1f}" stroke="{LINE}" fill="none"/>'
        )
        drawn.append(svg_text(x, y + 19, label, size, fill=INK))
    return drawn


def _require(models: Mapping[str, Mapping[str, float]]) -> None:
    if not models:
        raise ValueError("there is no model: pass its parts by name")
    for model, parts in models.items():
        if not all(count >= 0 for count in parts.values()) or not sum(parts.values()) > 0:
            raise ValueError(f"{model} must have counts of 0 or more, and one above 0: {dict(parts)}")
