"""The playground's controls: every setting of a run, read into `Settings` and written back from them."""

from collections.abc import Callable, Sequence
from typing import Any

import ipywidgets

from tfm.by_hand.activations import ACTIVATIONS
from tfm.lessons.playground.settings import PENALTIES, Settings

RATES = (0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
PENALTY_RATES = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
SETS = {
    "circle": "circle",
    "xor": "xor",
    "two clusters": "two clusters",
    "spiral": "spiral",
    "moons": "moons",
    "heights: slope": "slope",
    "heights: bumps": "bumps",
}
NOTHING = "nothing"
# What a second run may differ in: the words of the menu, the setting, and the values to choose from.
RIVALS: dict[str, tuple[str, Sequence[Any]]] = {
    "activation": ("activation", tuple(ACTIVATIONS)),
    "learning rate": ("rate", RATES),
    "hidden layers": (
        "hidden",
        ((), (1,), (2,), (3,), (4,), (8,), (4, 2), (4, 4), (8, 8), (2, 2, 2), (4, 4, 4, 4)),
    ),
    "batch": ("batch", (1, 5, 10, 30)),
    "penalty": ("penalty", tuple(PENALTIES)),
    "penalty rate": ("penalty_rate", PENALTY_RATES),
    "noise": ("noise", (0, 10, 25, 50)),
    "training %": ("train", (10, 30, 50, 70, 90)),
    "seed": ("seed", tuple(range(10))),
    "data": ("data", tuple(SETS.values())),
}
WIDTHS = {
    "data": 165,
    "noise": 190,
    "train": 225,
    "batch": 190,
    "hidden": 170,
    "activation": 155,
    "rate": 165,
    "penalty": 130,
    "penalty_rate": 160,
    "seed": 120,
}
Register = Callable[[str, Any], Any]
Read = Callable[[str], Any]


class SettingsForm:
    """Controls for all settings but the features, which are switched in the picture.

    Args:
        settings: what they show first.
        control: registers a control with the widget, see `LessonWidget.control`.
    """

    def __init__(self, settings: Settings, control: Register) -> None:
        drop = ipywidgets.Dropdown
        text = ipywidgets.Text(
            description="hidden layers", continuous_update=False, placeholder="such as 4 2"
        )
        self.data = drop(options=SETS, description="data")
        self.noise = ipywidgets.IntSlider(0, 0, 50, 5, description="noise")
        self.train = ipywidgets.IntSlider(50, 10, 90, 10, description="training %")
        self.batch = ipywidgets.IntSlider(10, 1, 30, description="batch")
        self.hidden = text
        self.activation = drop(options=list(ACTIVATIONS), description="activation")
        self.rate = drop(options=_numbers(RATES), description="learning rate")
        self.penalty = drop(options=list(PENALTIES), description="penalty")
        self.penalty_rate = drop(options=_numbers(PENALTY_RATES), description="penalty rate")
        self.seed = ipywidgets.BoundedIntText(0, 0, 2**31, description="seed")
        self.write(settings)
        for name, width in WIDTHS.items():
            getattr(self, name).layout.width = f"{width}px"
            control(name, getattr(self, name))

    def read(self, features: tuple[str, ...], value: Read) -> Settings:
        """The settings that the controls show.

        Args:
            features: those that are switched on.
            value: reads a control, see `LessonWidget.value`.

        Raises:
            ValueError: the hidden layers are no numbers, or out of range.
        """
        shown = {name: value(name) for name in WIDTHS}
        return Settings(features=features, **{**shown, "hidden": read_hidden(shown["hidden"])})

    def write(self, settings: Settings) -> None:
        """Show settings; a rate that is in no menu is added to it.

        Raises:
            ValueError: the menus do not know the set of points.
        """
        if settings.data not in SETS.values():
            raise ValueError(f"there is no set {settings.data!r}: take one of {', '.join(SETS.values())}")
        for menu, value in ((self.rate, settings.rate), (self.penalty_rate, settings.penalty_rate)):
            if value not in [v for _, v in menu.options]:
                menu.options = _numbers(sorted([value, *(v for _, v in menu.options)]))
        for name in WIDTHS:
            value = getattr(settings, name)
            getattr(self, name).value = hidden_text(value) if name == "hidden" else value


class RivalForm:
    """Which setting a second run differs in, and its value there."""

    def __init__(self, control: Register) -> None:
        self.name = ipywidgets.Dropdown(options=[NOTHING, *RIVALS], description="second run differs in")
        self.value = ipywidgets.Dropdown(options=[("–", "")], description="its value")
        self.name.layout.width, self.value.layout.width = "270px", "170px"
        self._base: Settings | None = None
        self.name.observe(lambda _: self._offer(), names="value")
        control("second run", self.name)
        control("its value", self.value)

    def read(self, base: Settings, value: Read) -> dict[str, Any]:
        """The one setting that differs, or nothing.

        Args:
            base: the first run's settings.
            value: reads a control, see `LessonWidget.value`.

        Raises:
            ValueError: it does not differ.
        """
        self._base = base
        name = value("second run")
        if name == NOTHING:
            return {}
        field, other = RIVALS[name][0], value("its value")
        if other == getattr(base, field):
            raise ValueError(
                f"both runs have the same {name} ({_words(other)}): choose another value for the second"
            )
        return {field: other}

    def write(self, field: str | None, value: Any) -> None:
        """Show what differs; a value that is in no menu is added.

        Raises:
            ValueError: the playground cannot compare that setting.
        """
        names = [name for name, (f, _) in RIVALS.items() if f == field]
        if field is not None and not names:
            raise ValueError(
                f"two runs that differ in {field} cannot be shown: compare one of {', '.join(RIVALS)}"
            )
        self.name.value = names[0] if names else NOTHING
        if names:
            values = RIVALS[names[0]][1]
            self.value.options = _options([*values, *([] if value in values else [value])])
            self.value.value = value

    def words(self, settings: Settings) -> str:
        """The value of the setting that differs, as people write it."""
        return _words(getattr(settings, RIVALS[self.name.value][0]))

    def _offer(self) -> None:
        if self.name.value not in RIVALS:
            self.value.options = [("–", "")]
            return
        field, values = RIVALS[self.name.value]
        now = getattr(self._base, field, None)
        first = next((v for v in values if v != now), values[0])
        self.value.options = _options([first, *(v for v in values if v != first)])


def read_hidden(text: str) -> tuple[int, ...]:
    """The layers that somebody wrote, such as `4 2` or `4, 2`; nothing is no layer.

    Raises:
        ValueError: it is not whole numbers.

    Example:
        >>> read_hidden("4, 2"), read_hidden("")
        ((4, 2), ())
    """
    words = text.replace(",", " ").replace(";", " ").split()
    if not all(word.isascii() and word.isdigit() and len(word) < 4 for word in words):
        shown = text if len(text) <= 30 else text[:29] + "…"
        raise ValueError(f"hidden layers are {shown!r}: write the number of neurons in each, such as 4 2")
    return tuple(map(int, words))


def hidden_text(hidden: Sequence[int]) -> str:
    """Layers as a reader writes them.

    Example:
        >>> hidden_text((4, 2))
        '4 2'
    """
    return " ".join(map(str, hidden))


def _words(value: Any) -> str:
    if isinstance(value, tuple):
        return hidden_text(value) or "no layer"
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _numbers(values: Sequence[float]) -> list[tuple[str, float]]:
    return [(_words(float(v)), float(v)) for v in values]


def _options(values: Sequence[Any]) -> list[tuple[str, Any]]:
    return [(_words(v), v) for v in values]
