"""The mask to paint: who may look where, what each then looks at, and which output hears of a changed word.

What runs behind it is an argument, a function of (words, mask, number of layers); the widget has no model.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.masks import causal, prefix, reach, window
from tfm.kit.base import LessonWidget, View
from tfm.kit.mask import amounts_svg, mask_svg

PAD = "[PAD]"
MOST_WORDS = 10
PRESETS = ("everyone everywhere", "causal", "padding", "causal and padding", "window of 2", "prefix of 3")

Maps = tuple[NDArray[Any], NDArray[Any]]
Look = Callable[[list[str], NDArray[np.bool_], int], Maps]


class PaintMask(LessonWidget):
    """Paint who may look where; see the weights, and what each output still hears.

    Args:
        look: from (words, mask T × T, number of layers) to the weights of the first layer, T × T, and how far
            each output moves when a word is changed, T outputs × T words.
        sentence: the first sentence, words with blanks between; `[PAD]` is padding.
        preset: the first mask, one of `PRESETS`.
        cell: row and column that are read first, counted from 0.

    Raises:
        ValueError: there is no such preset.
    """

    def __init__(
        self, look: Look, sentence: str, *, preset: str = "causal", cell: tuple[int, int] = (2, 1)
    ) -> None:
        super().__init__()
        if preset not in PRESETS:
            raise ValueError(f"there is no preset {preset!r}: choose one of {', '.join(PRESETS)}")
        self.look = look
        self._painted: dict[tuple[int, int], bool] = {}
        self._brush = True
        wide = ipywidgets.Layout(width="min(520px, 96%)")
        text = self.control("sentence", ipywidgets.Text(sentence, description="sentence", layout=wide))
        presets = ipywidgets.Dropdown(options=PRESETS, value=preset, description="mask")
        self.when(presets, self._painted.clear)  # before `control` observes and redraws
        self.control("mask", presets)
        layers = self.control("layers", ipywidgets.IntSlider(1, 1, 4, description="layers"))
        presets.layout.width, layers.layout.width = "260px", "260px"
        mask = self.picture(
            "mask", "Mask: arrow keys move, Enter or a held pointer paints", hover=False, cell=cell
        )
        mask.paint = True
        self.when(mask, self._begin, "clicks")
        self.when(mask, self._go_on, "strokes")
        weights = self.picture("weights", "Weights of the first layer", hover=False)
        moved = self.picture("moved", "Which outputs move when a word is changed", hover=False)
        self.start([text], [presets, layers], [mask, weights, moved])

    # Painting -----------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """Wipe the paint off."""
        self._painted.clear()

    def _begin(self) -> None:
        mask, cell = self.mask(self._words()), self.pictures["mask"].clicks[-1]
        if min(cell) >= 0 and max(cell) < len(mask):
            self._brush = not mask[cell]
            self._paint(cell)

    def _go_on(self) -> None:
        self._words()
        self._paint(self.pictures["mask"].strokes[-1])

    def _paint(self, cell: tuple[int, int]) -> None:
        if min(cell) >= 0 and max(cell) < MOST_WORDS:
            self._painted[cell] = self._brush
            self.redraw()

    def mask(self, words: Sequence[str]) -> NDArray[np.bool_]:
        """The preset for these words, with what was painted on top: T × T."""
        n = len(words)
        real = np.array([word != PAD for word in words])
        presets = {
            "everyone everywhere": np.ones((n, n), dtype=bool),
            "causal": causal(n),
            "padding": np.tile(real, (n, 1)),
            "causal and padding": causal(n) & real,
            "window of 2": window(n, 2),
            "prefix of 3": prefix(n, min(3, n)),
        }
        mask = presets[self.value("mask")]
        for (t, s), may in self._painted.items():
            if t < n and s < n:
                mask[t, s] = may
        return mask

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        words = self._words()
        mask = self.mask(words)
        row, column = self.pointed("mask", len(words), len(words))
        drawn = mask_svg(mask, words, words, chosen=(row, column))
        blind = np.flatnonzero(~mask.any(axis=-1))
        if blind.size:
            sentence = (
                f"{words[blind[0]]} (row {blind[0] + 1}) may look nowhere, so its weights cannot sum to 1: "
                "allow at least one cell of its row. The other two pictures show the last mask that worked."
            )
            return View({"mask": drawn}, f"<div><b>{escape(sentence)}</b></div>")
        weights, moved = self.look(words, mask, self.value("layers"))
        pictures = {
            "mask": drawn,
            "weights": amounts_svg(
                weights, words, words, title="weights in the first layer", chosen=(row, column), limit=1.0
            ),
            "moved": amounts_svg(moved, words, words, chosen=(row, column)),
        }
        return View(pictures, self._numbers(words, mask, weights, moved, (row, column)))

    def _words(self) -> list[str]:
        words = self.value("sentence").split()
        if not words:
            raise ValueError("the sentence is empty: write two words or more, with blanks between")
        if len(words) > MOST_WORDS:
            raise ValueError(
                f"the sentence has {len(words)} words and there is room for {MOST_WORDS}: shorten it"
            )
        return words

    def _numbers(
        self,
        words: list[str],
        mask: NDArray[Any],
        weights: NDArray[Any],
        moved: NDArray[Any],
        cell: tuple[int, int],
    ) -> str:
        row, column = cell
        may = "may look" if mask[cell] else "may not look"
        first = (
            f"{words[row]} {may} at {words[column]}: weight {weights[cell]:.3f}; its row sums to "
            f"{weights[row].sum():.2f}. Change {words[column]}, and the output of {words[row]} moves by "
            f"{moved[cell]:.4f}."
        )
        layers = self.value("layers")
        paths = reach(mask, layers)
        second = (
            f"{int(mask.sum())} of {mask.size} cells may be looked at; through {_layers(layers)}, "
            f"{int(paths.sum())} of {paths.size} pairs are connected."
        )
        return f"<div>{escape(first)}</div><div>{escape(second)}</div>"


def _layers(n: int) -> str:
    return "one layer" if n == 1 else f"{n} layers"
