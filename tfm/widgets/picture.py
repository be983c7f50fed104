"""A picture the reader can point into: an SVG that answers to the pointer and to the arrow keys.

The SVG is drawn in Python; the page only shows it and says where the reader points. Elements that carry
`data-cell="row,column"` can be pointed at, clicked, or reached by the arrow keys; elements that carry
`data-drag="name"` can be dragged. Nothing is loaded from anywhere: the script below is the whole front end.
"""

from typing import Any

import anywidget
import traitlets

_SCRIPT = """
function render({ model, el }) {
  el.classList.add("tfm-picture");
  el.tabIndex = 0;
  const draw = () => { el.innerHTML = model.get("svg"); };
  const name = () => { el.setAttribute("aria-label", model.get("label")); };
  el.setAttribute("role", "application");
  name(); draw();
  model.on("change:svg", draw);
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
  el.addEventListener("click", (event) => {
    el.focus({ preventScroll: true });
    const cell = read(event);
    if (!cell) return;
    point(cell);
    model.send({ click: cell });
  });
  const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  el.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = steps[event.key];
    const chosen = event.key === "Enter" || event.key === " ";
    if (!step && !chosen) return;
    event.preventDefault();
    event.stopPropagation();
    if (chosen) return model.send({ click: model.get("cell") });
    const [row, column] = model.get("cell");
    const next = [row + step[0], column + step[1]];
    if (el.querySelector(`[data-cell="${next[0]},${next[1]}"]`)) point(next);
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
    if (first) requestAnimationFrame(() => {
      model.set("drag", { name: dragged, x: waiting[0], y: waiting[1] });
      model.save_changes();
      waiting = null;
    });
  });
  el.addEventListener("pointerup", () => { dragged = null; });
}
export default { render };
"""

_STYLE = """
.tfm-picture { display: inline-block; max-width: 100%; overflow-x: auto; background: #fff; border-radius: 6px; }
.tfm-picture svg { display: block; }
.tfm-picture > svg[viewBox] { max-width: 100%; height: auto; }
.tfm-picture:focus-visible { outline: 3px solid #1f5fbf; outline-offset: 2px; }
.tfm-picture [data-cell], .tfm-picture [data-drag] { cursor: pointer; }
.tfm-widget { padding: 6px 2px; }
.tfm-readout { font-variant-numeric: tabular-nums; }
.tfm-readout.widget-html > .widget-html-content { line-height: 1.45; }
.tfm-widget .widget-slider .widget-readout { min-width: 2.6em; width: 2.6em; }
.tfm-message { color: #b3261e; font-weight: 600; min-height: 1.4em; }
"""


class Picture(anywidget.AnyWidget):
    """An SVG with a cell the reader points at.

    Attributes:
        svg: what is shown.
        label: what a screen reader says of it.
        cell: row and column the reader points at; setting it moves the pointer.
        hover: whether moving the mouse over a cell points at it, or only a click does.
        clicks: the cells that were clicked, or chosen with Enter or the space bar, in order: (row, column) each.
        drag: the last drag, `{"name": …, "x": pixels, "y": pixels}`.
    """

    _esm = _SCRIPT
    _css = _STYLE
    svg = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    cell = traitlets.List(traitlets.Int(), [0, 0]).tag(sync=True)
    hover = traitlets.Bool(True).tag(sync=True)
    clicks = traitlets.Tuple()
    drag = traitlets.Dict().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        # A click is a message of its own: of a trait the page sends only the latest value while the kernel is
        # busy, and quick clicks would be lost.
        self.on_msg(lambda _, content, __: self.click(*content["click"]))

    def click(self, row: int, column: int) -> None:
        """Take note that a cell was clicked."""
        self.clicks = (*self.clicks, (row, column))

    def __repr__(self) -> str:
        return f"<picture: {self.label}>"

    def _repr_keys(self) -> Any:
        return iter(())
