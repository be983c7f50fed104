"""A stack of layers as a circuit: the residual stream runs along, parts hang above it, some lit, some struck out.

What is off is dashed and crossed, what is on is framed, and numbers below the stream say how long its vector is,
so that no colour has to be read. The circuit is pre-norm (Xiong et al., 2020, figure 1b). This file draws what
it is given and knows nothing of models.
"""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from tfm.kit.style import BLUE, FOCUS, INK, LINE, MUTED, ORANGE, PAPER, svg_page, svg_text

LEFT, LAYER, STREAM, TOP = 100, 268, 128, 66  # pixels: the tokens' column, one layer, the stream's height
BOX, NORM = (92, 30), (58, 22)
MIDDLE = 'text-anchor="middle"'
TINTS = {"attention": "#dfe9f8", "feed-forward": "#fbe6d6", "norms": "#f3f4f6", "positions": "#f3f4f6"}
NAMES, ACROSS, NUMBERS = 190, 330, 130  # pixels of a results picture: labels, scale, numbers


def circuit_svg(
    n_layers: int,
    *,
    off: Collection[str] = (),
    stream: Sequence[float] = (),
    wrote: Mapping[str, float] | None = None,
    title: str = "",
) -> str:
    """Draw a pre-norm stack.

    Args:
        n_layers: how many layers.
        off: parts to strike out, named as `attention 1`, `residual 2`, `positions`, `last norm`.
        stream: the length of the stream's vector after tokens, positions, attention 1, feed-forward 1 …;
            written below it.
        wrote: the length of what a part wrote, by its name; written beside its box.
        title: a line above.

    Returns:
        An SVG.

    Example:
        >>> svg = circuit_svg(2, off={"attention 1"})
        >>> svg.count('class="struck"'), svg.count("feed-forward")
        (1, 2)
    """
    lengths = {} if wrote is None else wrote
    parts = [svg_text(8, 20, title, 14, 'font-weight="600"')] if title else []
    parts += [_arrow(58, LEFT + 2), svg_text(8, STREAM + 5, "tokens", 13)]
    parts += _adder(78, "positions", "positions" in off, lengths.get("positions"), TOP)
    parts += [_length(62, stream, 0), _length(LEFT - 2, stream, 1)]
    for layer in range(1, n_layers + 1):
        parts += _layer(LEFT + (layer - 1) * LAYER, layer, off, lengths, stream)
    x = LEFT + n_layers * LAYER
    parts += [_arrow(x, x + 14), _box(x + 48, STREAM, "last norm", (68, 26), "norms", "last norm" in off)]
    parts += [_arrow(x + 84, x + 108), svg_text(x + 112, STREAM + 5, "scores", 13)]
    return svg_page(x + 166, STREAM + 46, parts, title or "a stack of layers")


def results_svg(
    rows: Mapping[str, Sequence[float]],
    *,
    title: str = "",
    chance: float | None = None,
    marker: str = "●",
) -> str:
    """Draw a share of right answers for each row: one mark a seed, and the lowest and highest as numbers.

    Args:
        rows: name → one share from 0 to 1 for each seed.
        title: a line above.
        chance: where guessing lies; a dotted line.
        marker: `●` or `■`: a round or a square mark.

    Returns:
        An SVG.

    Example:
        >>> svg = results_svg({"intact": [1.0, 1.0], "without norms": [0.5, 0.75]}, title="trained")
        >>> svg.count("<circle"), "50 – 75%" in svg, "100%" in svg
        (4, True, True)
    """
    step, top = 24, 52
    bottom = top + step * len(rows)
    parts = [svg_text(8, 20, title, 14, 'font-weight="600"')] if title else []
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = _across(share)
        parts.append(f'<path d="M{x:.1f} {top - 6}V{bottom}" stroke="{LINE}"/>')
        parts.append(svg_text(x, top - 12, span_text([share]), 11, MIDDLE, MUTED))
    if chance is not None:
        x = _across(chance)
        parts.append(f'<path d="M{x:.1f} {top - 6}V{bottom}" stroke="{INK}" stroke-dasharray="2 3"/>')
        parts.append(svg_text(x, bottom + 14, f"guessing: {span_text([chance])}", 11, MIDDLE, MUTED))
    for i, (name, shares) in enumerate(rows.items()):
        y = top + step * i + step / 2
        parts.append(svg_text(NAMES - 12, y + 5, name, 13, 'text-anchor="end"'))
        parts += [_mark(_across(share), y, marker) for share in shares]
        parts.append(svg_text(NAMES + ACROSS + 16, y + 5, span_text(shares), 13))
    return svg_page(NAMES + ACROSS + NUMBERS, bottom + 24, parts, title or "results")


def answers_svg(answers: Sequence[str], shares: Sequence[float], right: str, *, title: str = "") -> str:
    """Draw a bar for each possible answer; the right one has a full bar and says so.

    Args:
        answers: N labels.
        shares: N probabilities.
        right: the answer that is right.
        title: a line above.

    Returns:
        An SVG.

    Example:
        >>> svg = answers_svg(["a", "B"], [0.25, 0.75], "B", title="the answer")
        >>> "75%, right" in svg, svg.count("<rect")
        (True, 3)
    """
    parts = [svg_text(8, 20, title, 14, 'font-weight="600"')] if title else []
    for i, (answer, share) in enumerate(zip(answers, shares, strict=True)):
        y, wide = 34 + 24 * i, max(1.0, 170 * float(share))
        look = f'fill="{BLUE}"' if answer == right else f'fill="{PAPER}"'
        parts.append(svg_text(34, y + 14, answer, 14, 'text-anchor="end"'))
        parts.append(f'<rect x="44" y="{y + 2}" width="{wide:.1f}" height="16" {look} stroke="{BLUE}"/>')
        words = f"{share:.0%}" + (", right" if answer == right else "")
        parts.append(svg_text(52 + wide, y + 15, words, 12))
    return svg_page(320, 44 + 24 * len(answers), parts, title or "answers")


def span_text(shares: Sequence[float]) -> str:
    """The lowest and the highest of some shares, in whole per cent.

    Example:
        >>> span_text([0.352, 1.0, 0.456]), span_text([1.0, 0.999])
        ('35 – 100%', '100%')
    """
    low, high = (round(100 * float(end)) for end in (np.min(shares), np.max(shares)))
    return f"{low}%" if low == high else f"{low} – {high}%"


def _across(share: float) -> float:
    return NAMES + share * ACROSS


def _mark(x: float, y: float, marker: str) -> str:
    look = f'fill="{BLUE if marker == "●" else ORANGE}" fill-opacity="0.55" stroke="{INK}"'
    if marker == "●":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" {look}/>'
    return f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" {look}/>'


def _layer(
    left: float, number: int, off: Collection[str], wrote: Mapping[str, float], stream: Sequence[float]
) -> list[str]:
    norms, gone = f"norms {number}" in off, f"residual {number}" in off
    frame = f'x="{left + 4}" y="30" width="{LAYER - 8}" height="{STREAM - 14}" rx="8"'
    parts = [
        f'<rect {frame} fill="none" stroke="{LINE}"/>',
        svg_text(left + 12, 45, f"layer {number}", 12, "", MUTED),
    ]
    for half, kind in enumerate(("attention", "feed-forward")):
        x, name = left + 10 + half * (LAYER / 2 - 4), f"{kind} {number}"
        middle = x + 70
        parts.append(_wire(x - 10, x + 108, gone))
        parts.append(_path(f"M{x + 14} {STREAM}V{STREAM - 16}"))  # up into the norm
        parts.append(_box(x + 32, STREAM - 27, "norm", (46, 20), "norms", norms))
        parts.append(_path(f"M{x + 32} {STREAM - 37}V{TOP + BOX[1] / 2}"))
        parts.append(_box(middle, TOP, kind, BOX, kind, name in off))
        parts.append(_path(f"M{x + 108} {TOP + BOX[1] / 2}V{STREAM - 9}"))
        parts.append(_plus(x + 108, gone))
        parts.append(_arrow(x + 117, x + 130))
        parts.append(_length(x + 122, stream, 2 * number + half))
        if name in wrote:
            parts.append(svg_text(x + 102, 100, f"{wrote[name]:.1f}", 11, 'text-anchor="end"', MUTED))
    return parts


def _adder(x: float, name: str, off: bool, wrote: float | None, y: float) -> list[str]:
    parts = [
        _path(f"M{x} {y + 13}V{STREAM - 9}"),
        _box(x - 26, y, name, (76, 26), "positions", off),
        _plus(x, False),
    ]
    return parts + (
        [svg_text(x - 8, 100, f"{wrote:.1f}", 11, 'text-anchor="end"', MUTED)] if wrote is not None else []
    )


def _box(x: float, y: float, name: str, size: tuple[float, float], kind: str, off: bool) -> str:
    width, height = size
    look = (
        f'fill="{PAPER}" stroke="{MUTED}" stroke-dasharray="4 3"'
        if off
        else f'fill="{TINTS[kind]}" stroke="{INK}"'
    )
    corner = f'x="{x - width / 2:.1f}" y="{y - height / 2:.1f}"'
    box = f'<rect {corner} width="{width}" height="{height}" rx="5" {look}/>'
    text = svg_text(x, y + 4.5, name, 12.5 if height > 22 else 11.5, MIDDLE, MUTED if off else INK)
    return box + text + (_cross(x, y, width, height) if off else "")


def _cross(x: float, y: float, width: float, height: float) -> str:
    x0, x1, y0, y1 = x - width / 2, x + width / 2, y - height / 2, y + height / 2
    return (
        f'<path class="struck" d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}M{x0:.1f} {y1:.1f}L{x1:.1f} {y0:.1f}" '
        f'stroke="{FOCUS}" stroke-width="2"/>'
    )


def _wire(x0: float, x1: float, gone: bool) -> str:
    """The stream past a part; where the residual is off, it is cut."""
    if not gone:
        return f'<path d="M{x0} {STREAM}H{x1}" stroke="{BLUE}" stroke-width="4"/>'
    middle = (x0 + x1) / 2 + 20
    return (
        f'<path d="M{x0} {STREAM}H{x0 + 16}" stroke="{BLUE}" stroke-width="4"/>'
        f'<path d="M{x0 + 16} {STREAM}H{x1}" stroke="{MUTED}" stroke-width="2" stroke-dasharray="3 4"/>'
        + _cross(middle, STREAM, 16, 16)
    )


def _plus(x: float, gone: bool) -> str:
    sign = "" if gone else f"M{x - 5} {STREAM}H{x + 5}M{x} {STREAM - 5}V{STREAM + 5}"
    return (
        f'<circle cx="{x}" cy="{STREAM}" r="9" fill="{PAPER}" stroke="{INK}"/>'
        f'<path d="{sign}" stroke="{INK}" stroke-width="1.5"/>'
    )


def _arrow(x0: float, x1: float) -> str:
    return f'<path d="M{x0} {STREAM}H{x1}" stroke="{BLUE}" stroke-width="4"/>'


def _path(d: str) -> str:
    return f'<path d="{d}" fill="none" stroke="{INK}"/>'


def _length(x: float, stream: Sequence[float], place: int) -> str:
    if place >= len(stream):
        return ""
    return svg_text(x, STREAM + 32, f"{stream[place]:.1f}", 12, MIDDLE, INK)
