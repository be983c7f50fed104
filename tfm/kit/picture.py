"""A picture the reader can point into: an SVG that answers to the pointer and to the arrow keys.

The SVG is drawn in Python; the page only shows it and says where the reader points. Elements that carry
`data-cell="row,column"` can be pointed at, clicked, or reached by the arrow keys; elements that carry
`data-drag="name"` can be dragged. Nothing is loaded from anywhere: the script below is the whole front end.
"""

import math
import re
from typing import Any

import anywidget
import traitlets

_SCRIPT = """
function render({ model, el }) {
  el.classList.add("tfm-picture");
  el.tabIndex = 0;
  // The first drawing of a frame is put in at once; of those that follow before the page has shown it, only the
  // last counts. What nobody would see costs nothing.
  let put = false, late = false;
  const draw = () => {
    if (put) { late = true; return; }
    put = true;
    late = false;
    el.innerHTML = model.get("svg");
    requestAnimationFrame(() => {
      put = false;
      if (model.get("tells")) model.send({ shown: [] });
      if (late) draw();
    });
  };
  const name = () => { el.setAttribute("aria-label", model.get("label")); };
  el.setAttribute("role", "application");
  name(); draw();
  model.on("change:svg", draw);
  // anywidget's views do not follow their model's classes.
  const dim = () => el.classList.toggle("tfm-stale", model.get("_dom_classes").includes("tfm-stale"));
  model.on("change:_dom_classes", dim);
  dim();
  model.on("change:label", name);

  const point = (cell) => {
    const old = model.get("cell");
    if (old[0] === cell[0] && old[1] === cell[1]) return;
    model.set("cell", cell);
    model.save_changes();
  };
  const read = (event) => {
    const target = event.target.closest && event.target.closest("[data-cell]");
    return target ? target.dataset.cell.split(",").map(Number) : null;
  };
  el.addEventListener("pointermove", (event) => {
    const cell = model.get("hover") && read(event);
    if (cell) point(cell);
  });
  el.addEventListener("pointerleave", () => {
    const home = model.get("home");
    if (home.length) point(home);
  });
  let brush = null;  // the cell that was painted last, while the button is down
  const paint = (event, kind) => {
    const cell = read(event);
    if (!cell || brush === `${cell}`) return;
    brush = `${cell}`;
    point(cell);
    model.send({ [kind]: cell });
  };
  el.addEventListener("pointerdown", (event) => {
    if (!model.get("paint") || event.button !== 0 || !read(event)) return;
    event.preventDefault();
    el.focus({ preventScroll: true });
    paint(event, "click");
  });
  el.addEventListener("pointermove", (event) => {
    if (brush !== null && event.buttons & 1) paint(event, "stroke");
    else brush = null;
  });
  const click = (event) => {
    el.focus({ preventScroll: true });
    const cell = read(event);
    if (!cell || model.get("paint")) return;  // painted cells answered when the button went down
    point(cell);
    model.send({ click: cell });
  };
  el.addEventListener("click", click);
  // A picture that was redrawn between press and release has lost the element that was pressed, and the browser
  // makes no click of it: then the release is one, if it is on the same cell.
  let pressed = null;
  el.addEventListener("pointerdown", (event) => { pressed = { target: event.target, cell: `${read(event)}` }; });
  el.addEventListener("pointerup", (event) => {
    if (pressed && !pressed.target.isConnected && pressed.cell === `${read(event)}`) click(event);
    pressed = null;
  });
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  el.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = steps[event.key];
    const chosen = event.key === "Enter" || event.key === " ";
    if (!step && !chosen) return;
    event.preventDefault();
    event.stopPropagation();
    const shown = ([r, c]) => el.querySelector(`[data-cell="${r},${c}"]`);
    let cell = model.get("cell"), next = step && [cell[0] + step[0], cell[1] + step[1]];
    if (!shown(cell) && !(next && shown(next))) {  // the picture has become smaller: its nearest cell is framed
      const cells = [...el.querySelectorAll("[data-cell]")].map((one) => one.dataset.cell.split(",").map(Number));
      const far = ([r, c]) => Math.abs(r - cell[0]) + Math.abs(c - cell[1]);
      if (cells.length) cell = cells.reduce((a, b) => (far(b) < far(a) ? b : a));
      next = step && [cell[0] + step[0], cell[1] + step[1]];
    }
    if (chosen) return model.send({ click: cell });
    if (shown(next)) return point(next);
    if (!step[1]) return;
    const [row] = cell;
    const rows = [...el.querySelectorAll(`[data-cell$=",${next[1]}"]`)].map((cell) => parseInt(cell.dataset.cell));
    const far = (r) => Math.abs(r - row);  // a column that ends earlier: its nearest cell
    if (rows.length) point([rows.reduce((a, b) => (far(b) < far(a) ? b : a)), next[1]]);
  });

  let dragged = null, waiting = null;
  const place = (event) => {
    const svg = el.querySelector("svg"), box = svg.getBoundingClientRect();
    const zoom = svg.width.baseVal.value / box.width;  // the page shrinks a picture that is wider than it
    return [zoom * (event.clientX - box.left), zoom * (event.clientY - box.top)];
  };
  el.addEventListener("pointerdown", (event) => {
    const target = event.target.closest && event.target.closest("[data-drag]");
    if (!target) return;
    dragged = target.dataset.drag;
    el.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  el.addEventListener("pointermove", (event) => {
    if (!dragged) return;
    const first = waiting === null;
    waiting = place(event);
    const name = dragged;  // the pointer may be released before the frame comes
    if (first) requestAnimationFrame(() => {
      model.set("drag", { name, x: waiting[0], y: waiting[1] });
      model.save_changes();
      waiting = null;
    });
  });
  const release = () => { dragged = null; brush = null; };
  el.addEventListener("pointerup", release);
  el.addEventListener("pointercancel", release);
}
export default { render };
"""

_STYLE = """
.tfm-picture { display: inline-block; margin: 5px; max-width: calc(100% - 10px); overflow-x: auto; }
.tfm-picture { background: #fff; border-radius: 6px; }  /* the margin holds the ring */
.tfm-picture svg { display: block; }
.tfm-picture > svg[viewBox] { max-width: 100%; height: auto; }
.tfm-picture:focus-visible { outline: 3px solid #1f5fbf; outline-offset: 2px; }
.tfm-picture [data-cell], .tfm-picture [data-drag] { cursor: pointer; }
.tfm-picture [data-drag] { touch-action: none; }
.tfm-widget { padding: 6px 2px; }
.tfm-readout { font-variant-numeric: tabular-nums; }
.tfm-readout.widget-html > .widget-html-content { line-height: 1.45; }
.tfm-widget .widget-slider .widget-readout { min-width: 3.4em; width: 3.4em; }
.tfm-message { color: #b3261e; font-weight: 600; min-height: 1.4em; }
.tfm-stale { opacity: .4; }
.tfm-stale-words { color: var(--jp-ui-font-color2, #57606a); font-weight: 400; }
"""


CELL = re.compile(r'data-cell="(-?\d+),(-?\d+)"')
KEPT = 64  # clicks and strokes that are remembered: a picture may be painted on for an hour


class Picture(anywidget.AnyWidget):
    """An SVG with a cell the reader points at.

    Attributes:
        svg: what is shown.
        label: what a screen reader says of it.
        cell: row and column the reader points at; setting it moves the pointer.
        hover: whether moving the mouse over a cell points at it, or only a click does.
        clicks: the cells that were clicked, or chosen with Enter or the space bar, in order: (row, column) each;
            after `KEPT` of them it begins anew, the last one is always the latest.
        home: the cell that the pointer goes back to when it leaves the picture; empty: it stays where it was.
        tells: whether the page tells of every drawing it has shown, see `shown`.
        shown: how many drawings the page has told of.
        paint: whether a held pointer paints: the first cell is a click, those it moves into are strokes.
        strokes: the cells a held pointer moved into, in the same manner.
        drag: the last drag, `{"name": …, "x": pixels, "y": pixels}`.
    """

    _esm = _SCRIPT
    _css = _STYLE
    svg = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    cell = traitlets.List(traitlets.Int(), [0, 0], minlen=2, maxlen=2).tag(sync=True)
    hover = traitlets.Bool(True).tag(sync=True)
    home = traitlets.List(traitlets.Int(), []).tag(sync=True)
    tells = traitlets.Bool(False).tag(sync=True)
    shown = traitlets.Int(0)
    paint = traitlets.Bool(False).tag(sync=True)
    clicks = traitlets.Tuple()
    strokes = traitlets.Tuple()
    drag = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        # A click is a message of its own: of a trait the page sends only the latest value while the kernel is
        # busy, and quick clicks would be lost.
        self.on_msg(lambda _, content, __: self._hear(content))

    def click(self, row: int, column: int) -> None:
        """Take note that a cell was clicked."""
        self.clicks = _with_latest(self.clicks, (row, column))

    def stroke(self, row: int, column: int) -> None:
        """Take note that a held pointer moved into a cell."""
        self.strokes = _with_latest(self.strokes, (row, column))

    def show(self) -> None:
        """Take note that the page has shown a drawing."""
        self.shown += 1

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take what the page sends, as ipywidgets does; the page is told where it points at what is not shown."""
        fits = {name: value for name, value in sync_data.items() if self._fits(name, value)}
        if fits != sync_data:
            self.send_state([name for name in sync_data if name not in fits and name in self.keys])
        super().set_state(fits)

    def shows(self, cell: Any) -> bool:
        """Whether the picture has this cell; one that has none to point at shows every one."""
        if not _is_cell(cell):
            return False
        shown = {(int(row), int(column)) for row, column in CELL.findall(self.svg)}
        return not shown or tuple(cell) in shown

    def _fits(self, name: str, value: Any) -> bool:
        if name == "cell":
            return self.shows(value)
        return name != "drag" or (isinstance(value, dict) and self._drags(**value))

    def _drags(self, name: Any = None, x: Any = None, y: Any = None, **more: Any) -> bool:
        known = isinstance(name, str) and f'data-drag="{name}"' in self.svg
        return known and not more and all(_is_number(place) for place in (x, y))

    def _hear(self, content: Any) -> None:
        """Take a message of the page; one of a cell that is not shown, or no longer, says nothing."""
        for kind, cell in content.items() if isinstance(content, dict) else ():
            if kind == "shown":
                self.show()
            elif kind in ("click", "stroke") and self.shows(cell):
                (self.click if kind == "click" else self.stroke)(*cell)

    def __repr__(self) -> str:
        return f"<picture: {self.label}>"

    def _repr_keys(self) -> Any:
        return iter(())


def _with_latest(cells: tuple[Any, ...], cell: tuple[int, int]) -> tuple[Any, ...]:
    """Add a cell; the result always differs from what was there, so that its observers hear of it."""
    return (*cells, cell) if len(cells) < KEPT else (cell,)


def _is_cell(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(type(one) is int for one in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
