"""Two boxes under the playground: one weight to set by hand, and the whole playground as text to copy or paste."""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets

Target = tuple[int, int, int | None, int]  # run, layer, source or None for the bias, neuron
NO_TARGET: list[tuple[str, Any]] = [("click a neuron or a link first", ())]


class Fields:
    """The boxes; they tell of what the reader enters, and not of what is written into them.

    Args:
        choose: called with the weight or bias that was chosen.
        set_number: called with its new value.
        load: called with a text that was entered.

    Attributes:
        rows: the boxes, laid out.
        keep_text: whether the text is the reader's own, to be left alone: it could not be read.
    """

    def __init__(
        self,
        choose: Callable[[Target], None],
        set_number: Callable[[float], None],
        load: Callable[[str], None],
    ) -> None:
        self.which = ipywidgets.Dropdown(options=NO_TARGET, description="change")
        self.number = ipywidgets.FloatText(0.0, description="to", continuous_update=False)
        self.text = ipywidgets.Text(description="this playground as text", continuous_update=False)
        widths = {self.which: "320px", self.number: "150px", self.text: "min(900px, 98%)"}
        for box, width in widths.items():
            box.layout.width, box.style.description_width = width, "initial"
        self.keep_text = self._writing = False
        for box, act in ((self.which, choose), (self.number, set_number), (self.text, load)):
            box.observe(self._unless_writing(act), names="value")
        self.rows = [[self.which, self.number], [self.text]]

    def fill(
        self, target: Target | None, choices: Sequence[tuple[str, Target]], value: float, text: str
    ) -> None:
        """Write into the boxes.

        Args:
            target: the weight that is chosen, if any.
            choices: it and its neighbours, by name.
            value: what it is now.
            text: the playground as text.
        """
        self._writing = True
        try:
            options = list(choices) if target else NO_TARGET
            if list(self.which.options) != options:
                self.which.options = options
            self.number.disabled = target is None
            self.number.value = round(value, 4)
            if target:
                self.which.value = target
            if not self.keep_text:
                self.text.value = text
        finally:
            self._writing = False

    def _unless_writing(self, act: Callable[[Any], None]) -> Callable[[Any], None]:
        def tell(change: Any) -> None:
            if not self._writing and change.new != ():
                act(change.new)

        return tell
