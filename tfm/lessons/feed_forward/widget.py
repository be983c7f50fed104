"""The counter: a Transformer's sizes to move; its parameters part by part, its memory, its work for a token.

It counts with `tfm.by_hand.counting`; no module is built.
"""

from dataclasses import replace
from functools import partial
from html import escape
from typing import Any

import ipywidgets
import numpy as np

from tfm.by_hand.counting import (
    ATTENTION,
    FEED_FORWARD,
    MIXING,
    SHAPES,
    Shape,
    crossing,
    flops,
    memory,
    parameters,
)
from tfm.kit.axis import Axis
from tfm.kit.base import LessonWidget, View
from tfm.kit.counting import bars_svg, big_number, byte_text, share_text
from tfm.kit.curves import Series, chart_svg

KINDS = ("plain", "gated")
CARD_BYTES = 80e9  # what a large graphics card holds
RATIO_STEP = 1 / 16  # of d_ff to d_model: Llama 2's 11,008 / 4,096 is 43 such steps
LENGTHS = np.logspace(2, 6, 121)  # of a text, for the curve
LARGEST = 10_000_000  # rows of a table, tokens of a text
SWITCHES = {"learned positions": "learned_positions", "biases": "bias", "tied tables": "tied"}


class Counter(LessonWidget):
    """Choose a Transformer's sizes; read how many numbers that makes, what they weigh and what a token costs.

    Args:
        preset: the model to begin with, a name of `tfm.by_hand.counting.SHAPES`.

    Raises:
        ValueError: there is no such preset.

    Example:
        >>> Counter("GPT-2 small")
        <widget Counter>
    """

    def __init__(self, preset: str = "GPT-2 small") -> None:
        super().__init__()
        if preset not in SHAPES:
            raise ValueError(f"there is no preset {preset!r}: choose one of {', '.join(SHAPES)}")
        self._preset = self._base = preset
        first = SHAPES[preset]
        rows = [self._presets(), *self._sizes(first), self._switches(first)]
        parts = self.picture("parts", "Parameters of each part, as pieces of one bar", hover=False)
        work = self.picture("work", "What a token's work goes to, by the length of the text", hover=False)
        self.start(*rows, parts, work)

    # Layout -------------------------------------------------------------------------------------------------

    def _presets(self) -> list[Any]:
        buttons = []
        for name in SHAPES:
            tip = f"Set every size as in {name}"
            buttons.append(self.button(name, partial(self.choose, name), width=None, tooltip=tip))
        return buttons

    def _sizes(self, first: Shape) -> list[list[Any]]:
        wide = ipywidgets.Layout(width="330px")
        short = ipywidgets.Layout(width="200px")
        sliders = [
            ("d_model", ipywidgets.IntSlider(first.d_model, 64, 16_384, 64, layout=wide)),
            (
                "d_ff / d_model",
                ipywidgets.FloatSlider(
                    _ratio(first), min=0.25, max=8, step=RATIO_STEP, layout=wide, readout_format=".4f"
                ),
            ),
            ("layers", ipywidgets.IntSlider(first.n_layers, 1, 128, layout=wide)),
            ("heads", ipywidgets.IntSlider(first.n_heads, 1, 128, layout=wide)),
        ]
        texts = [
            (name, ipywidgets.Text(f"{n:,}", layout=short))
            for name, n in (("vocabulary", first.vocab_size), ("context", first.context))
        ]
        for name, widget in (*sliders, *texts):
            widget.description = name
            self.control(name, widget)
        made = self.controls
        return [
            [made["d_model"], made["d_ff / d_model"]],
            [made["layers"], made["heads"]],
            [made["vocabulary"], made["context"]],
        ]

    def _switches(self, first: Shape) -> list[Any]:
        kind = ipywidgets.Dropdown(options=KINDS, value=_kind(first), description="feed-forward")
        kind.layout.width = "210px"
        boxes = [self.control("feed-forward", kind)]
        for name, field in SWITCHES.items():
            box = ipywidgets.Checkbox(getattr(first, field), description=name, indent=False)
            box.layout.width = "150px"
            boxes.append(self.control(name, box))
        return boxes

    def choose(self, preset: str) -> None:
        """Set every control as in a preset, in one drawing."""
        self._base, shape = preset, SHAPES[preset]
        with self.at_once():
            values = {
                "d_model": shape.d_model,
                "d_ff / d_model": _ratio(shape),
                "layers": shape.n_layers,
                "heads": shape.n_heads,
                "vocabulary": f"{shape.vocab_size:,}",
                "context": f"{shape.context:,}",
                "feed-forward": _kind(shape),
                **{name: getattr(shape, field) for name, field in SWITCHES.items()},
            }
            for name, value in values.items():
                self.controls[name].value = value

    def forget(self) -> None:
        """Go back to the first preset."""
        self._base = self._preset

    # Drawing ------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Shape:
        """What the controls describe.

        Raises:
            ValueError: the sizes do not fit each other, or one is not a number.
        """
        d_model = self.value("d_model")
        return replace(
            SHAPES[self._base],
            d_model=d_model,
            d_ff=round(d_model * self.value("d_ff / d_model")),
            n_layers=self.value("layers"),
            n_heads=self.value("heads"),
            vocab_size=whole_number("vocabulary", self.value("vocabulary")),
            context=whole_number("context", self.value("context")),
            gated=self.value("feed-forward") == "gated",
            **{field: self.value(name) for name, field in SWITCHES.items()},
        )

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        shape = self.shape
        name = self._base if shape == SHAPES[self._base] else f"{self._base}, changed"
        pictures = {"parts": bars_svg({name: parameters(shape)}), "work": _work_svg(shape)}
        return View(pictures, _table(shape) + "".join(f"<div>{escape(s)}</div>" for s in _sentences(shape)))


def whole_number(name: str, text: str) -> int:
    """Read a whole number as people write it, with or without commas.

    Raises:
        ValueError: it is no whole number, or not from 1 to ten million.

    Example:
        >>> whole_number("vocabulary", " 50,257 ")
        50257
        >>> whole_number("context", "long")
        Traceback (most recent call last):
        ValueError: context is 'long', which is not a whole number: write digits, such as 1024
    """
    digits = text.replace(",", "").replace("_", "").strip()
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError(f"{name} is {text[:20]!r}, which is not a whole number: write digits, such as 1024")
    if len(digits) > 12 or not 1 <= int(digits) <= LARGEST:
        raise ValueError(f"{name} is {text[:20]!r}: write a whole number from 1 to {LARGEST:,}")
    return int(digits)


def _ratio(shape: Shape) -> float:
    return shape.d_ff / shape.d_model


def _kind(shape: Shape) -> str:
    return KINDS[shape.gated]


def _work_svg(shape: Shape) -> str:
    shares: dict[str, list[float]] = {MIXING: [], FEED_FORWARD: [], ATTENTION: []}
    for length in LENGTHS:
        work = flops(shape, int(length))
        total = sum(work.values())
        for part, line in shares.items():
            line.append(100 * work[part] / total)
    signs = ("solid", "dashed", "dotted")
    names = (MIXING, FEED_FORWARD, "projections")
    lines = [
        Series(LENGTHS, line, name, sign)  # type: ignore[arg-type]
        for line, name, sign in zip(shares.values(), names, signs, strict=True)
    ]
    axes = Axis((float(LENGTHS[0]), float(LENGTHS[-1])), log=True), Axis((0, 100))
    return chart_svg(lines, *axes, ("tokens it looks at", "% of a token's work"), marker=shape.context)


def _table(shape: Shape) -> str:
    counts = parameters(shape)
    total = sum(counts.values())
    rows = "".join(
        f'<tr><td>{part}</td><td style="text-align:right">{n:,}</td>'
        f'<td style="text-align:right">{escape(share_text(n / total))}</td></tr>'
        for part, n in (*counts.items(), ("all", total))
    )
    return f"<table><tr><th>part</th><th>parameters</th><th>share</th></tr>{rows}</table>"


def _sentences(shape: Shape) -> list[str]:
    total = sum(parameters(shape).values())
    needs = memory(total)
    work = flops(shape, shape.context)
    all_work = sum(work.values())
    cards = -(-needs["training with Adam"] // int(CARD_BYTES))
    plural = "s" * (cards > 1)
    size = (
        f"d_ff is {shape.d_ff:,}; each of the {shape.n_heads} heads is {shape.d_model // shape.n_heads} wide."
    )
    weights = (
        f"Weights alone: {byte_text(needs['weights in fp32'])} in fp32, {byte_text(needs['weights in bf16'])} in "
        f"bf16. Training with Adam, 16 bytes a parameter: {byte_text(needs['training with Adam'])}, at least "
        f"{cards:,} card{plural} of 80 GB before any text is in them."
    )
    effort = (
        f"Work for a token that looks at {shape.context:,}: {big_number(all_work)} multiplications and additions, "
        f"{share_text(work[MIXING] / all_work)} of it for scores and mixing. From {crossing(shape):,} tokens on "
        "these alone are more than all matrices of the layers."
    )
    return [size, weights, effort]
