"""The attention explorer: a sentence, and who looks at whom in it, in any layer and head of any model.

What it explores is an argument, see `tfm.kit.trace`: the widget never loads and never trains.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from html import escape
from typing import Any

import ipywidgets
import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.attention import AttentionSteps, attention
from tfm.kit.attention_words import cell_sentence, head_sentence, moved_sentence
from tfm.kit.base import LessonWidget, View
from tfm.kit.drawing import side_by_side
from tfm.kit.entry import heads_text, matrix_text, parse_heads, parse_matrix
from tfm.kit.heads import heads_svg
from tfm.kit.heatmap import heatmap_svg
from tfm.kit.messages import key, listed, say
from tfm.kit.own_function import OwnAttention, OwnResult, judge_own
from tfm.kit.trace import Source, Trace, require_head, require_room

# What the map shows: the menu's words, and those above the map.
SHOWN = {
    "weights": (key("weights"), key("weights, each row sums to 1")),
    "scores": (key("scores"), key("scores before softmax")),
    "weight × value": (key("weight × value"), key("weight × length of the value")),
}
VIEWS = (key("one head"), key("all heads"))
MASKS = (key("none"), key("causal"), key("padding"), key("both"))


class AttentionExplorer(LessonWidget):
    """Edit a sentence, choose a head, change a setting, read every number.

    Args:
        source: what to explore.
        sentence: the first sentence.
        layer: the first layer, counted from 1.
        head: the first head, counted from 1.
        view: `one head` or `all heads`.
        cell: row and column of the cell that is read first, counted from 0.
        attend: the reader's own attention function, to be shown and compared with ours (see
            `tfm.kit.own_function`).
        live: redraw at every letter; otherwise on Enter or when the field is left.

    Raises:
        ValueError: there is no such layer, head or view.
    """

    def __init__(
        self,
        source: Source,
        sentence: str,
        *,
        layer: int = 1,
        head: int = 1,
        view: str = "one head",
        cell: tuple[int, int] = (0, 0),
        attend: OwnAttention | None = None,
        live: bool = True,
    ) -> None:
        super().__init__()
        require_head(source, layer, head)
        self.source, self.attend = source, attend
        self._held: tuple[NDArray[Any], list[str], str] | None = None
        self._traced = lru_cache(maxsize=16)(self._trace_afresh)
        rows = [*self._make_controls(sentence, layer, head, view, live), *self._make_matrices()]
        self._map = self.picture(
            "map", say("Attention map: arrow keys move, the numbers below follow"), cell=cell
        )
        label = say("All heads: arrow keys move, Enter opens one")
        self._heads = self.picture("heads", label, hover=False, cell=(layer - 1, head - 1))
        self.when(self._heads, self._open_head, "clicks")
        self.when(self._heads, self._follow_cell, "cell")
        self._show_pictures()
        self.start(*rows, self._map, self._heads)

    # Layout -------------------------------------------------------------------------------------------------

    def _make_controls(self, sentence: str, layer: int, head: int, view: str, live: bool) -> list[Any]:
        many = self.source.n_layers * self.source.n_heads > 1
        wide = ipywidgets.Layout(width="min(620px, 96%)")
        text = ipywidgets.Text(sentence, description=say("sentence"), continuous_update=live, layout=wide)
        self.control("sentence", text)
        views = _menu(VIEWS if many else VIEWS[:1])
        for name, follow, widget in (
            (key("layer"), self._frame, ipywidgets.IntSlider(layer, 1, self.source.n_layers)),
            (key("head"), self._frame, ipywidgets.IntSlider(head, 1, self.source.n_heads)),
            (key("view"), self._show_pictures, ipywidgets.Dropdown(value=view, options=views)),
        ):
            widget.description = say(name)
            self.when(widget, follow)  # before the base draws
            self.control(name, widget)
        self.control("shown", ipywidgets.Dropdown(options=_menu(SHOWN), description=say("show")))
        temperature = ipywidgets.FloatSlider(1.0, min=0.1, max=4, step=0.1, description=say("temperature"))
        self.control("temperature", temperature)
        self.control("scaled", ipywidgets.Checkbox(True, description=say("divide by √D"), indent=False))
        self.control("mask", ipywidgets.Dropdown(options=_menu(MASKS), description=say("mask")))
        self.control("pads", ipywidgets.IntSlider(0, 0, 4, description=say("added [PAD]s")))
        off = ipywidgets.Text("", description=say("heads off"), placeholder=say("such as 2.3"))
        self.control("off", off)
        self.control("hold", ipywidgets.ToggleButton(False, description=say("Hold this map to compare")))
        switch = self.button(say("Switch this head off / on"), self._switch_head)
        c = self.controls
        _set_widths(c, {"layer": 270, "head": 270, "temperature": 270, "pads": 230, "off": 220})
        _set_widths(c, {"view": 160, "shown": 190, "mask": 140})
        for button in (c["scaled"], c["hold"]):
            button.layout.width = "auto"
        settings = [c["temperature"], c["scaled"], c["mask"], c["pads"]]
        if not many:
            return [text, settings, [c["shown"], c["hold"]]]
        choice = [c["layer"], c["head"], c["view"]]
        return [text, choice, settings, [c["shown"], c["off"], switch, c["hold"]]]

    def _make_matrices(self) -> list[Any]:
        matrices = getattr(self.source, "matrices", {})
        for name, matrix in matrices.items():
            box = ipywidgets.Textarea(
                matrix_text(matrix),
                description=name,
                continuous_update=False,
                rows=len(matrix),
                layout=ipywidgets.Layout(width="170px"),
            )
            self.control(name, box)
        return [[self.controls[name] for name in matrices]] if matrices else []

    def _show_pictures(self) -> None:
        one = self.value("view") == "one head"
        self._map.layout.display = "" if one else "none"
        self._heads.layout.display = "none" if one else ""
        self._frame()

    def _open_head(self) -> None:
        with self.at_once():
            self._heads.cell = list(self._heads.clicks[-1])
            self.controls["view"].value = "one head"

    def _frame(self) -> None:
        """Frame the head of the sliders among all heads."""
        chosen = [self.value("layer") - 1, self.value("head") - 1]
        if self.value("view") == "all heads" and self._heads.cell != chosen:
            with self.at_once():
                self._heads.cell = chosen

    def _follow_cell(self) -> None:
        """Let the sliders say which head is framed."""
        layer, head = self.pointed("heads", self.source.n_layers, self.source.n_heads)
        if (self.value("layer"), self.value("head")) != (layer + 1, head + 1):
            with self.at_once(), self._heads.hold_sync():  # the page hears of the cell once
                self.controls["layer"].value, self.controls["head"].value = layer + 1, head + 1

    def _switch_head(self) -> None:
        chosen = (self.value("layer") - 1, self.value("head") - 1)
        try:
            off = self._off()
        except ValueError:
            off = frozenset()
        self.controls["off"].value = heads_text(off ^ {chosen})

    # Drawing ------------------------------------------------------------------------------------------------

    def draw(self) -> View:
        """See `LessonWidget.draw`."""
        trace = self._trace(self._off())
        require_room(trace.tokens)
        if self.value("view") == "all heads":
            return self._draw_heads(trace)
        return self._draw_map(trace)

    def _draw_heads(self, trace: Trace) -> View:
        layer, head = self.pointed("heads", self.source.n_layers, self.source.n_heads)
        n_heads = self.source.n_layers * self.source.n_heads
        title = say("All {n_heads} heads · rows look at columns", n_heads=n_heads)
        svg = heads_svg(trace.weights, chosen=(layer, head), ablated=self._off(), title=title)
        return View({"heads": svg}, _paragraph(head_sentence(trace, layer, head)) + self._moved(trace))

    def _draw_map(self, trace: Trace) -> View:
        layer, head = self.value("layer") - 1, self.value("head") - 1
        steps = self._steps(trace, layer, head)
        row, column = self.pointed("map", len(trace.tokens), len(trace.tokens))
        matrix, limit = self._matrix(trace, steps, layer, head)
        own = self._own(trace, layer, head, steps)
        shown = say(SHOWN[self.value("shown")][1])
        if self.source.n_layers * self.source.n_heads > 1:
            shown = say("Layer {layer}, head {head}: {shown}", layer=layer + 1, head=head + 1, shown=shown)
        main = (matrix, trace.tokens, shown)
        maps = [heatmap_svg(main[0], main[1], main[1], title=main[2], chosen=(row, column), limit=limit)]
        if own is not None and own.weights is not None:
            theirs = heatmap_svg(own.weights, main[1], main[1], title=say("Your function’s weights"))
            maps.append(theirs)
        held = self._hold(main)
        if held is not None:
            maps.insert(
                0,
                heatmap_svg(
                    held[0], held[1], held[1], title=say("Held · {title}", title=held[2]), limit=limit
                ),
            )
        sentence = cell_sentence(trace, steps, trace.value[layer, head, column], (row, column))
        readout = _paragraph(sentence)
        if own is not None:
            readout += _paragraph(say("Your function: {verdict}.", verdict=own.sentence))
        return View({"map": side_by_side(maps)}, readout + self._moved(trace))

    def _hold(self, main: tuple[NDArray[Any], list[str], str]) -> tuple[NDArray[Any], list[str], str] | None:
        if not self.value("hold"):
            self._held = None
            return None
        if self._held is None:
            self._held = (main[0], main[1], f"{main[2]} · {self._setting()}")
        return self._held

    def _setting(self) -> str:
        mask, off = self.value("mask"), self.value("off")
        parts = [
            f"τ = {self.value('temperature'):g}",
            "" if self.value("scaled") else say("not divided by √D"),
        ]
        parts += [say("mask {mask}", mask=say(mask)) if mask != "none" else ""]
        parts += [say("off: {heads}", heads=off) if off else ""]
        return listed(part for part in parts if part)

    def _matrix(
        self, trace: Trace, steps: AttentionSteps, layer: int, head: int
    ) -> tuple[NDArray[Any], float | None]:
        if self.value("shown") == "scores":
            return steps.masked, None
        if self.value("shown") == "weights":
            return steps.weights, 1.0
        return steps.weights * np.linalg.norm(trace.value[layer, head], axis=-1), None

    # Numbers ------------------------------------------------------------------------------------------------

    def _moved(self, trace: Trace) -> str:
        off = self._off()
        return _paragraph(moved_sentence(trace, self._trace(frozenset()), off)) if off else ""

    def _own(self, trace: Trace, layer: int, head: int, ours: AttentionSteps) -> OwnResult | None:
        if self.attend is None:
            return None
        key, value = trace.key[layer, head], trace.value[layer, head]
        plain = trace.query[layer, head] * (self._scale(key.shape[-1]) * key.shape[-1] ** 0.5)
        return judge_own(self.attend, plain, key, value, ours, trace.mask)

    # The source ---------------------------------------------------------------------------------------------

    def _steps(self, trace: Trace, layer: int, head: int) -> AttentionSteps:
        query, key, value = trace.query[layer, head], trace.key[layer, head], trace.value[layer, head]
        return attention(query, key, value, trace.mask, self._scale(query.shape[-1]))

    def _scale(self, d_head: int) -> float:
        return float((d_head**-0.5 if self.value("scaled") else 1.0) / self.value("temperature"))

    def _off(self) -> frozenset[tuple[int, int]]:
        return parse_heads(self.value("off"), self.source.n_layers, self.source.n_heads)

    def _trace(self, off: frozenset[tuple[int, int]]) -> Any:
        v = self.value
        matrices = tuple((name, v(name)) for name in getattr(self.source, "matrices", {}))
        return self._traced(
            v("sentence"), (v("temperature"), v("scaled"), v("mask"), v("pads")), off, matrices
        )

    def _trace_afresh(
        self,
        sentence: str,
        settings: tuple[float, bool, str, int],
        off: frozenset[tuple[int, int]],
        matrices: tuple[tuple[str, str], ...],
    ) -> Any:
        source: Any = self.source
        if matrices:
            source = source.with_matrices(**{name: parse_matrix(name, text) for name, text in matrices})
        temperature, scaled, mask, pads = settings
        return source.trace(
            sentence, temperature=temperature, scaled=scaled, mask=mask, pads=pads, ablated=off
        )


def _menu(values: Iterable[str]) -> list[tuple[str, str]]:
    """A menu in the reader's language whose values are the same in each."""
    return [(say(value), value) for value in values]


def _set_widths(controls: Mapping[str, Any], pixels: Mapping[str, int]) -> None:
    for name, width in pixels.items():
        controls[name].layout.width = f"{width}px"


def _paragraph(text: str) -> str:
    return f"<div>{escape(text)}</div>"
