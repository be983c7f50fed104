"""The bit explorer: give each weight fewer bits, and see the row, the loss, the sample and the gigabytes change.

Rounding comes from `tfm.lessons.two_files.quantise`. What the model then loses and writes, the caller measured;
the widget never runs a model.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import ipywidgets
import numpy as np
from numpy.typing import ArrayLike

from tfm.kit.axis import Axis
from tfm.kit.base import LessonWidget, View
from tfm.kit.curves import Series, chart_svg
from tfm.kit.drawing import side_by_side
from tfm.lessons.two_files.figures import rounding_svg, sample_svg
from tfm.lessons.two_files.quantise import quantise, restore, top

MOST_BILLIONS = 100_000.0


@dataclass(frozen=True, slots=True)
class Tried:
    """A model whose matrices were rounded, as the caller measured it.

    Attributes:
        bits: for each weight.
        loss: on text it was not trained on.
        text: what it wrote.
    """

    bits: int
    loss: float
    text: str


class FewerBits(LessonWidget):
    """Choose how many bits a weight has.

    Args:
        matrix: a matrix of the model; its rows can be looked at one by one.
        tried: what was measured, at two numbers of bits or more, each 2 or more.
        loss: of the model as it was learned.
        name: of the matrix.
        bits: the first choice, one of those that were tried.
        billions: parameters of the model whose size is computed, in billions.

    Raises:
        ValueError: too little was tried, or a number is out of range.

    Example:
        >>> FewerBits([[0.5, -1.0]], [Tried(2, 3.0, "abb"), Tried(3, 1.5, "abc")], loss=1.4, name="W", bits=3)
        <widget FewerBits>
    """

    def __init__(
        self,
        matrix: ArrayLike,
        tried: Sequence[Tried],
        *,
        loss: float,
        name: str,
        bits: int = 8,
        billions: float = 70.0,
    ) -> None:
        super().__init__()
        self.matrix, self.name, self.loss = np.atleast_2d(np.asarray(matrix, dtype=float)), name, float(loss)
        self.tried = {each.bits: each for each in sorted(tried, key=lambda each: each.bits)}
        if len(self.tried) < 2 or bits not in self.tried:
            raise ValueError(
                f"two numbers of bits or more must be tried, {bits} among them, and these were: {list(self.tried)}"
            )
        wide = ipywidgets.Layout(width="340px")
        choice = self.control(
            "bits",
            ipywidgets.SelectionSlider(
                options=list(self.tried), value=bits, description="bits a weight", layout=wide
            ),
        )
        row = self.control(
            "row", ipywidgets.IntSlider(0, 0, len(self.matrix) - 1, description="row", layout=wide)
        )
        size = self.control(
            "billions",
            ipywidgets.FloatText(
                billions, description="billions of parameters", layout=ipywidgets.Layout(width="260px")
            ),
        )
        self.start(
            [choice, row, size],
            self.picture("row", "a row of weights and what each is rounded to", hover=False),
            self.picture("loss", "loss over bits, and what the model writes", hover=False),
        )

    def draw(self) -> View:
        """Round the row, mark the loss, count the bytes.

        Raises:
            ValueError: the number of parameters is none.
        """
        bits, row, billions = self.value("bits"), self.value("row"), self.value("billions")
        if not (math.isfinite(billions) and 0 < billions <= MOST_BILLIONS):
            raise ValueError(
                f"write how many billions of parameters, above 0 and at most {MOST_BILLIONS:,.0f}, such as 70"
            )
        weights = self.matrix[row]
        codes, steps = quantise(weights[None], bits)
        rounded = restore(codes, steps)[0]
        title = f"row {row} of {self.name}: {len(weights)} weights, {2 * top(bits) + 1} places for them"
        sample = sample_svg(f"with {bits} bits a weight it writes", self.tried[bits].text)
        pictures = {
            "row": rounding_svg(weights, rounded, float(steps[0, 0]), title),
            "loss": side_by_side([self._chart(bits), sample]),
        }
        now, error = self.tried[bits], np.abs(rounded - weights).max()
        used = len(np.unique(codes))
        readout = (
            f"{bits} bits: {used} different numbers left in this row, the furthest moved by {error:.3f}. "
            f"Loss {now.loss:.3f}, {now.loss - self.loss:+.3f} from {self.loss:.3f} as learned. "
            f"{billions:g} billion parameters: {billions * bits / 8:,.1f} GB, against {billions * 4:,.1f} GB in "
            f"float32."
        )
        return View(pictures, readout.replace(" -", " −"))

    def _chart(self, bits: int) -> str:
        xs = list(self.tried)
        losses = [each.loss for each in self.tried.values()]
        low, high = min([*losses, self.loss]), max([*losses, self.loss])
        room = max(high - low, 0.1) * 0.08
        series = [
            Series([xs[0] - 1, xs[-1] + 1], [self.loss] * 2, "as learned", "dashed"),
            Series(xs, losses, "rounded"),
            Series(xs, losses, "", "ring"),
            Series([bits], [self.tried[bits].loss], "here", "disc"),
        ]
        across, upwards = Axis((xs[0] - 0.5, xs[-1] + 0.5)), Axis((low - room, high + room))
        return chart_svg(series, across, upwards, ("bits a weight", "loss"), marker=bits)
