"""The training movie: go back and forth through a run; loss, every head and the model's writing move together.

A frame is what was photographed at one step: all attention maps on one fixed text, and a sample of what the model
writes. The film is made while training; the widget only shows it. It asks one question with a number: at which
step does a head begin to look at the previous token?
"""

import time
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any

import ipywidgets
import numpy as np

from tfm.kit.base import View
from tfm.kit.heatmap import heatmap_svg
from tfm.kit.multi_head import A_ROW, head_tiles_svg
from tfm.kit.played import PlayedWidget
from tfm.lessons.gpt.figures import looking_back_svg, loss_svg, sample_svg
from tfm.lessons.gpt.film import Film
from tfm.lessons.gpt.looking_back import previous_by_chance

FRAME_SECONDS = 0.35  # while it plays
KEPT_DRAWINGS = 512


class TrainingMovie(PlayedWidget):
    """Scrub through a run: the step moves loss, heads and sample together; play runs through it.

    Args:
        film: the run.
        frame: the frame that is shown first, counted from 0; the last one by default.
        layer: the layer of the head that is shown large, counted from 1.
        head: that head, counted from 1.

    Raises:
        ValueError: there is no such frame, layer or head.
    """

    def __init__(self, film: Film, *, frame: int | None = None, layer: int = 1, head: int = 1) -> None:
        super().__init__()
        self.film = film
        last = len(film.frames) - 1
        shown = last if frame is None else frame
        self.n_layers, self.n_heads = film.back.shape[1:]
        if not 0 <= shown <= last:
            raise ValueError(f"there is no frame {shown}: this film's frames are counted from 0 to {last}")
        if not (1 <= layer <= self.n_layers and 1 <= head <= self.n_heads):
            raise ValueError(
                f"there is no layer {layer}, head {head}: this film has {self.n_layers} layers of "
                f"{self.n_heads} heads, counted from 1"
            )
        first = divmod((layer - 1) * self.n_heads + head - 1, A_ROW)
        keys = "All heads: arrow keys choose one"
        self.picture("heads", keys, hover=False, cell=first)
        for name, label in (
            ("loss", "The loss, and where the film stands"),
            ("back", "How much the chosen head looks at the previous token"),
            ("map", "The chosen head: arrow keys read its cells"),
            ("sample", "What the model writes"),
        ):
            self.picture(name, label, cell=(1, 0))
        self.pace(self.pictures["loss"])
        self._charts = lru_cache(maxsize=KEPT_DRAWINGS)(self._draw_charts)
        self.start(*self._make_rows(shown))

    # Layout -------------------------------------------------------------------------------------------------

    def _make_rows(self, shown: int) -> list[Any]:
        steps = [frame.step for frame in self.film.frames]
        slider = ipywidgets.SelectionSlider(options=steps, value=steps[shown], description="step")
        slider.layout.width = "460px"
        wrap = ipywidgets.Layout(
            display="flex", flex_flow="row wrap", align_items="flex-start", grid_gap="10px"
        )
        p = self.pictures
        return [
            [self.control("step", slider), self.play_button],
            ipywidgets.Box([p["loss"], p["sample"]], layout=wrap),
            ipywidgets.Box([p["heads"], p["back"]], layout=wrap),
            p["map"],
        ]

    # Playing ------------------------------------------------------------------------------------------------

    def begin(self) -> tuple[Any, ...]:
        """From the last frame it plays from the first."""
        if self._number() == len(self.film.frames) - 1:
            self.controls["step"].value = self.film.frames[0].step
        return ()

    def work(self) -> None:
        """Let a frame be seen."""
        time.sleep(FRAME_SECONDS)

    def frame(self) -> bool:
        """Show the next frame; False after the last."""
        number = self._number() + 1
        if number < len(self.film.frames):
            self.controls["step"].value = self.film.frames[number].step
        return number + 1 < len(self.film.frames)

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        number = self._number()
        frame, film = self.film.frames[number], self.film
        layer, head = self._chosen()
        name = f"layer {layer + 1}, head {head + 1}"
        n = len(film.tokens)
        row, column = self.pointed("map", n, n)
        large = frame.maps[layer, head]
        charts = self._charts(number, layer, head)
        pictures = {
            **charts,
            "map": heatmap_svg(
                large,
                _labels(film.tokens),
                _labels(film.tokens),
                title=f"{name} after {frame.step} steps: who looks at whom",
                chosen=(row, column),
            ),
        }
        asks, answers = (f"{_quoted(film.tokens[i])} (place {i + 1})" for i in (row, column))
        cell = f"{asks} looks at {answers}"
        return View(
            pictures,
            f"{self._words(number, layer, head)}<br>In {name}, {cell} with {large[row, column]:.2f}.",
        )

    def _draw_charts(self, number: int, layer: int, head: int) -> dict[str, str]:
        film, frame = self.film, self.film.frames[number]
        steps = [each.step for each in film.frames]
        names = [f"layer {i + 1}, head {h + 1}" for i in range(self.n_layers) for h in range(self.n_heads)]
        place = layer * self.n_heads + head
        back = film.back.reshape(len(steps), -1)
        maps = np.reshape(frame.maps, (-1, *np.shape(frame.maps)[2:]))
        chance = previous_by_chance(len(film.tokens))
        return {
            "loss": loss_svg(
                film.steps, film.losses, frame.step, validation=film.validation, guess=film.guess
            ),
            "sample": sample_svg(film.prompt, frame.sample, f"After {frame.step} steps it writes"),
            "heads": head_tiles_svg(
                maps, names=names, notes=[f"previous {share:.0%}" for share in back[number]], chosen=place
            ),
            "back": looking_back_svg(
                steps,
                back[:, place],
                frame.step,
                names[place],
                chance=chance,
                others=np.delete(back, place, axis=1),
            ),
        }

    def _words(self, number: int, layer: int, head: int) -> str:
        film, frame = self.film, self.film.frames[number]
        at = int(np.argmin(np.abs(np.asarray(film.steps) - frame.step)))
        loss = float(np.asarray(film.losses)[at])
        chance = previous_by_chance(len(film.tokens))
        return (
            f"Step {frame.step}: loss {loss:.2f}. Layer {layer + 1}, head {head + 1} gives the previous token "
            f"{film.back[number, layer, head]:.0%} of its weight (by chance {chance:.0%})."
        )

    def _number(self) -> int:
        return [frame.step for frame in self.film.frames].index(self.value("step"))

    def _chosen(self) -> tuple[int, int]:
        heads = self.n_layers * self.n_heads
        row, column = self.pointed("heads", heads, A_ROW)
        return divmod(min(row * A_ROW + column, heads - 1), self.n_heads)


def _labels(tokens: Sequence[str]) -> list[str]:
    return [token.replace(" ", "␣").replace("\n", "⏎") for token in tokens]


def _quoted(token: str) -> str:
    return f"“{escape(_labels([token])[0])}”"
