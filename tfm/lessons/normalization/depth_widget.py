"""A deep stack to build: layers, norm, wiring and scale, and how large signal and gradient are at every layer.

What it measures is `tfm.lessons.normalization.depth`, a stack of random layers, anew at every move; nothing is
ever trained.
"""

from html import escape

import ipywidgets
import numpy as np

from tfm.kit.axis import power_of_ten
from tfm.kit.base import LessonWidget, View
from tfm.lessons.normalization.depth import (
    Passage,
    layer_norm_step,
    measure,
    no_norm,
    post,
    post_without_residual,
    pre,
    pre_without_residual,
    random_layers,
    rms_norm_step,
)
from tfm.lessons.normalization.depth_figure import depth_svg

MOST_LAYERS = 64
SCALES = (0.2, 3.0)
NORMS = {"none": no_norm, "LayerNorm": layer_norm_step, "RMSNorm": rms_norm_step}
WIRINGS = {
    ("post-norm", True): post,
    ("post-norm", False): post_without_residual,
    ("pre-norm", True): pre,
    ("pre-norm", False): pre_without_residual,
}
T, C = 8, 32


class Depth(LessonWidget):
    """Build a stack of random layers and see signal and gradient grow, vanish, or hold.

    Args:
        layers: how many at first, 1 to 64.
        norm: `none`, `LayerNorm` or `RMSNorm`.
        wiring: `post-norm` or `pre-norm`.
        residual: whether there is a way past each part.
        scale: factor on what each part gives out, 0.2 to 3.

    Raises:
        ValueError: a number is out of its slider's range, or there is no such norm or wiring.
    """

    def __init__(
        self,
        layers: int = 32,
        *,
        norm: str = "none",
        wiring: str = "post-norm",
        residual: bool = False,
        scale: float = 1.0,
    ) -> None:
        super().__init__()
        _require(layers, scale, norm, wiring)
        count = ipywidgets.IntSlider(layers, 1, MOST_LAYERS, description="layers")
        size = ipywidgets.FloatSlider(scale, min=SCALES[0], max=SCALES[1], step=0.05, description="scale")
        norms = ipywidgets.Dropdown(options=list(NORMS), value=norm, description="norm")
        wirings = ipywidgets.Dropdown(options=["post-norm", "pre-norm"], value=wiring, description="wiring")
        past = ipywidgets.Checkbox(residual, description="residual", indent=False)
        norms.layout.width = wirings.layout.width = "200px"
        past.layout.width = "auto"
        named = {"layers": count, "scale": size, "norm": norms, "wiring": wirings, "residual": past}
        rows = [[self.control(name, named[name]) for name in ("layers", "scale")]]
        rows.append([self.control(name, named[name]) for name in ("residual", "norm", "wiring")])
        random = np.random.default_rng(1)
        self._x, self._g = random.normal(size=(2, T, C))
        curves = self.picture("curves", "Size of signal and gradient after each layer", hover=False)
        self.start(*rows, curves)

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        n, norm = self.value("layers"), NORMS[self.value("norm")]
        wiring = WIRINGS[self.value("wiring"), self.value("residual")]
        layers = random_layers(n, wiring, norm, scale=self.value("scale"), d_model=C)
        end = norm if self.value("wiring") == "pre-norm" else no_norm
        passage = measure(layers, self._x, self._g, end)
        svg = depth_svg(passage.signal, passage.gradient, title=f"{n} layer{'s' if n > 1 else ''}")
        sentences = _numbers(passage)
        return View({"curves": svg}, "".join(f"<div>{escape(text)}</div>" for text in sentences))


def _numbers(passage: Passage) -> list[str]:
    """What the curves say, in words and numbers."""
    signal, gradient = passage.signal, passage.gradient
    beyond = np.flatnonzero(~np.isfinite(signal))
    if beyond.size:
        sentence = f"After layer {beyond[0]} the numbers are larger than a computer can hold: "
        return [sentence + "take a smaller scale, fewer layers, or a norm."]
    first = f"Signal: {_short(signal[0])} goes in, {_short(signal[-1])} comes out."
    if not np.isfinite(gradient).all() or gradient[-1] == 0:
        second = "Gradient: larger than a computer can hold."
    else:
        second = (
            f"Gradient: {_short(gradient[-1])} at the end, {_short(gradient[0])} at the first layer, "
            f"{_short(gradient[0] / gradient[-1])} times as large."
        )
    third = f"Two positions point the same way with a cosine of {passage.alike[-1]:.2f} at the end."
    return [first, second, third]


def _short(size: float) -> str:
    """Three digits, with a power of ten where it is far from 1."""
    if size and not 1e-3 <= size < 1e4:
        digits, power = f"{size:.1e}".split("e")
        return f"{digits} · {power_of_ten(int(power))}"
    return f"{size:,.0f}" if size >= 100 else f"{size:.3g}"


def _require(layers: int, scale: float, norm: str, wiring: str) -> None:
    if not 1 <= layers <= MOST_LAYERS:
        raise ValueError(f"layers go from 1 to {MOST_LAYERS}, and this is {layers}: try 32")
    if not SCALES[0] <= scale <= SCALES[1]:
        raise ValueError(f"the scale goes from {SCALES[0]} to {SCALES[1]}, and this is {scale}: try 1")
    if norm not in NORMS:
        raise ValueError(f"there is no norm {norm!r}: choose one of {', '.join(NORMS)}")
    if wiring not in {name for name, _ in WIRINGS}:
        raise ValueError(f"there is no wiring {wiring!r}: choose post-norm or pre-norm")
