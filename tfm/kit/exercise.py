"""How an exercise answers: not started, right, or wrong *because*.

An exercise holds our solution, the arguments it is tried on, and the typical mistakes, each as a function that
makes it. The reader's answers are compared with our solution's; where they differ, with each mistake's: whoever
makes a known mistake gets its name and its cure, everybody else the first number that differs.
This file knows nothing of attention or perceptrons: each lesson's exercises stand in a file of their own.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tfm.kit import progress
from tfm.kit.compare import as_array, close, first_difference, is_boolean
from tfm.kit.messages import key, listed, say

SYMBOLS = {key("not started"): "○", key("right"): "✓", key("wrong"): "✗"}
ANSWER = (key("the answer"),)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check found.

    Attributes:
        state: `not started`, `right` or `wrong`.
        sentence: the reason, for people.
        earlier: the day on which the exercise was right before, empty when it never was.

    Example:
        >>> Verdict("right", "the rows sum to 1")
        ✓ right: the rows sum to 1
    """

    state: str
    sentence: str
    earlier: str = ""

    def __repr__(self) -> str:
        words = {"symbol": SYMBOLS[self.state], "state": say(self.state), "sentence": self.sentence}
        verdict = say("{symbol} {state}: {sentence}", **words)
        if not self.earlier:
            return verdict
        return f"{verdict}\n  {say('(you had this right on {day})', day=self.earlier)}"

    @property
    def right(self) -> bool:
        """Whether the answer is right."""
        return self.state == "right"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A typical mistake.

    Attributes:
        name: what people call it, such as “softmax over the wrong axis”.
        cure: what to do instead, one sentence without a full stop.
        wrong: a function that makes it.
    """

    name: str
    cure: str
    wrong: Callable[..., Any]

    @property
    def sentence(self) -> str:
        """Both, as the reader gets them."""
        return say("{mistake}. {cure}", mistake=say(self.name), cure=say(self.cure))


@dataclass(frozen=True, kw_only=True, slots=True)
class Exercise:
    """An exercise that can judge any function.

    Attributes:
        name: the one it is called by and remembered by when it was right; without one it is not remembered.
        asks: what the function should do, one sentence without a full stop.
        praise: what a right answer has shown, one sentence without a full stop.
        solution: our function.
        cases: the arguments each function is tried on.
        mistakes: the typical mistakes, the likeliest first.
        parts: names of the tensors the function returns, when it returns several.
        boolean: whether the answer must be True and False: ones and zeros are then a mistake, which stands among
            `mistakes`.
    """

    name: str = ""
    asks: str
    praise: str
    solution: Callable[..., Any]
    cases: Sequence[tuple[Any, ...]]
    mistakes: Sequence[Mistake]
    parts: Sequence[str] = ANSWER
    boolean: bool = False

    def __call__(self, fn: Any) -> Verdict:
        """Judge the reader's function, and remember when it is right (`tfm.kit.progress`).

        Args:
            fn: the function itself, not its result.

        Returns:
            The verdict; an exception of the reader's function becomes one too.
        """
        verdict = self._verdict(fn)
        if self.name and verdict.right:
            progress.remember(self.name)
        if self.name and verdict.state == "not started":
            return replace(verdict, earlier=progress.earlier(self.name))
        return verdict

    def _verdict(self, fn: Any) -> Verdict:
        if not callable(fn):
            return Verdict("wrong", say("hand over the function itself: write its name without brackets"))
        try:
            with np.errstate(all="ignore"):  # the verdict says it better than NumPy's warning
                answers = [fn(*copy.deepcopy(case)) for case in self.cases]
        except Exception as error:  # noqa: BLE001 (whatever the reader's code raises)
            return Verdict(
                "wrong",
                say("your function stopped with {kind}: {error}", kind=type(error).__name__, error=error),
            )
        if all(a is None or a is Ellipsis or a is NotImplemented for a in answers):
            return Verdict("not started", say(self.asks))
        if any(a is None for a in answers):
            return Verdict(
                "wrong", say("your function returns nothing for some inputs: end every path with return")
            )
        try:
            fits = not self.boolean or all(map(is_boolean, answers))
            return self._judge([self._parts_of(a) for a in answers], fits)
        except TypeError as error:
            return Verdict("wrong", str(error))

    def _judge(self, answers: list[list[Any]], fits: bool) -> Verdict:
        right = self._try(self.solution)
        if fits and _same(answers, right):
            return Verdict("right", say(self.praise))
        for mistake in self.mistakes:
            if _same(answers, self._try(mistake.wrong)):
                return Verdict("wrong", mistake.sentence)
        for number, (mine, ours) in enumerate(zip(answers, right, strict=True), start=1):
            if len(mine) != len(ours):
                return Verdict("wrong", in_order(self.parts))
            difference = first_difference(mine, ours, self.parts)
            if difference:
                which = {"number": number, "most": len(right), "difference": difference}
                return Verdict("wrong", say("on input {number} of {most}, {difference}", **which))
        raise AssertionError("answers that differ must differ somewhere")

    def _try(self, fn: Callable[..., Any]) -> list[list[Any]]:
        with np.errstate(all="ignore"):  # some mistakes overflow, which is their point
            return [self._parts_of(fn(*copy.deepcopy(case))) for case in self.cases]

    def _parts_of(self, answer: Any) -> list[Any]:
        several = len(self.parts) > 1 and isinstance(answer, tuple | list)
        return [as_array(part) for part in (answer if several else (answer,))]


def in_order(parts: Sequence[str]) -> str:
    """What is said of an answer that has not all parts."""
    return say("return {parts}, in this order", parts=listed(map(say, parts)))


def _same(some: list[list[Any]], others: list[list[Any]]) -> bool:
    return all(
        len(a) == len(b) and all(close(x, y) for x, y in zip(a, b, strict=True))
        for a, b in zip(some, others, strict=True)
    )
