"""One run, or two from one seed that differ in one setting and move in lock-step.

Both begin with the weights of the same seed and see the same points in the same order; every move, and every move
taken back, is a move of both. This file knows nothing of widgets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from tfm.lessons.playground.session import DivergedError, Session
from tfm.lessons.playground.settings import Settings
from tfm.lessons.playground.text import difference


class LockStep:
    """One or two runs that move together.

    Args:
        runs: one session, or two.

    Attributes:
        runs: as they are now.

    Example:
        >>> from tfm.data.plane import plane_points
        >>> pair = LockStep([Session(Settings(hidden=(3,)), plane_points)])
        >>> pair.follow(Settings(hidden=(3,)), {"activation": "relu"})
        True
        >>> pair.step(10)
        >>> [(run.epoch, run.settings.activation) for run in pair.runs]
        [(10, 'tanh'), (10, 'relu')]
    """

    def __init__(self, runs: Sequence[Session]) -> None:
        self.runs = list(runs)

    def step(self, epochs: int = 1) -> None:
        """Train all; see `Session.step`.

        Raises:
            DivergedError: a run diverged. A single one stands where it was finite last, two where they began.
        """
        moved: list[Session] = []
        for number, run in enumerate(self.runs):
            before = run.epoch
            try:
                run.step(epochs)
            except DivergedError as error:
                if len(self.runs) == 1:
                    raise
                for each in [*moved, *([run] if run.epoch > before else [])]:
                    each.undo()
                raise DivergedError(f"the {'second' if number else 'first'} run: {error}") from None
            moved.append(run)

    def undo(self) -> bool:
        """Take the last move of all back; False if there is none."""
        undone = [run.undo() for run in self.runs]  # all of them, also after the first that could
        return any(undone)

    def restart(self) -> None:
        """Back to the weights of the seed."""
        self.runs = [Session(run.settings, run.source) for run in self.runs]

    def set_parameter(self, number: int, layer: int, source: int | None, target: int, value: float) -> None:
        """Set a weight or bias of one run by hand, see `Session.set_parameter`; the other passes.

        Raises:
            ValueError: the value is no number from −100 to 100.
        """
        self.runs[number].set_parameter(layer, source, target, value)
        for other in self.runs:
            if other is not self.runs[number]:
                other.pass_move()

    def follow(self, settings: Settings, rival: Mapping[str, Any]) -> bool:
        """Take over settings: a new learning rate at once, anything else by beginning anew.

        Args:
            settings: of the first run.
            rival: the one setting in which a second differs, and its value there; empty for a single run.

        Returns:
            Whether the runs began anew.

        Raises:
            ValueError: a setting is out of range, or the second run would not differ in exactly one.
        """
        wanted = [settings, *([replace(settings, **rival)] if rival else [])]
        if rival and len(difference(*wanted)) != 1:
            raise ValueError(
                f"the second run must differ from the first in one setting, and {', '.join(rival)} does not: "
                "choose another value"
            )
        if len(wanted) < len(self.runs) and self.runs[0].can_take(settings):
            del self.runs[1:]  # the first goes on alone
        if len(wanted) == len(self.runs) and all(
            r.can_take(s) for r, s in zip(self.runs, wanted, strict=True)
        ):
            for run, each in zip(self.runs, wanted, strict=True):
                run.settings = each
            return False
        self.runs = [Session(each, self.runs[0].source) for each in wanted]
        return True
