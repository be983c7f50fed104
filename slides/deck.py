"""What a deck is: slides in order, each with one idea, what is shown, and what is said.

A slide is data and functions that draw; nothing is drawn before the deck is built. Figures come from `tfm.kit`,
numbers from functions that run the course's own blocks, so that a changed block changes the slide.
This file knows nothing of HTML.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tfm.course import Part, parts

FEWEST, MOST = 12, 25
MINUTES = (35.0, 45.0)
MOST_WORDS = 45
FEWEST_SAID = 40  # words a speaker needs to fill a minute and a half
VERDICTS = {"right": "✓ right", "half": "≈ half right", "wrong": "✗ wrong"}

Words = str | Callable[[], str]
Draw = Callable[[], Any]


@dataclass(frozen=True, kw_only=True)
class Slide:
    """One idea.

    Attributes:
        title: the idea as a sentence, or as the question that the slide leaves open.
        notes: what the speaker says, in paragraphs of Markdown.
        minutes: how long it takes to say.
        figure: draws it: an SVG of `tfm.kit`, a `Drawing`, a `LessonFigure`, or a list of them side by side.
        alt: what the figure shows, for people who do not see it.
        words: few, in Markdown with `$maths$`; a function where a number in them is to be computed.
        formula: one formula in TeX, set large; a function where a number in it is to be computed.
        code: at most twelve lines of Python, shown, and run while the deck is built; what it prints stands below.
        claim: a sentence that readers bring along from an article; `verdict` judges it.
        verdict: `right`, `half` or `wrong`.
        beside: whether the words stand to the right of the figure and not below it.

    Example:
        >>> Slide(title="A threshold decides", notes="Say why. " * 30, words="$8 > 8$ is false.").n_words
        3
    """

    title: str
    notes: str
    minutes: float = 2.0
    figure: Draw | None = None
    alt: str = ""
    words: Words = ""
    formula: Words = ""
    code: str = ""
    claim: str = ""
    verdict: str = ""
    beside: bool = False

    @cached_property
    def text(self) -> str:
        """The words, computed once."""
        return self.words() if callable(self.words) else self.words

    @cached_property
    def math(self) -> str:
        """The formula, computed once."""
        return self.formula() if callable(self.formula) else self.formula

    @property
    def n_words(self) -> int:
        """How many words stand on the slide below its title; a formula in them counts as one."""
        return len(re.findall(r"\w[\w.,’'-]*", re.sub(r"\$[^$]+\$", " x ", f"{self.claim} {self.text}")))


@dataclass(frozen=True, kw_only=True)
class Deck:
    """The slides of one part, to be spoken over 40 minutes.

    Attributes:
        number: the part's number in the course's table of contents, which has its name and its lessons, too.
        question: what the audience can answer at the end.
        slides: in order.
    """

    number: int
    question: str
    slides: Sequence[Slide]

    @property
    def part(self) -> Part:
        """The part of the course."""
        return parts()[self.number - 1]

    @property
    def title(self) -> str:
        """The part's name."""
        return self.part.title

    @property
    def lessons(self) -> list[str]:
        """The numbers of the lessons it stands on, as their files have them."""
        return [lesson.number for lesson in self.part.lessons]

    @property
    def minutes(self) -> float:
        """How long the talk is."""
        return sum(slide.minutes for slide in self.slides)

    @property
    def name(self) -> str:
        """The stem of its files.

        Example:
            >>> Deck(number=1, question="?", slides=[]).name
            '1-a-neuron-learns'
        """
        return f"{self.number}-" + "-".join(self.title.lower().replace(",", "").split())


def problems(deck: Deck) -> list[str]:
    """What a deck's author has to mend, one sentence each; none when the deck keeps the rules."""
    found = []
    if not FEWEST <= len(deck.slides) <= MOST:
        found.append(f"a deck has {FEWEST} to {MOST} slides, and this one has {len(deck.slides)}")
    if not MINUTES[0] <= deck.minutes <= MINUTES[1]:
        found.append(f"a deck takes about 40 minutes, and these slides take {deck.minutes:g}")
    titles = [slide.title for slide in deck.slides]
    found += [f"two slides are called “{t}”" for t in sorted({t for t in titles if titles.count(t) > 1})]
    for slide in deck.slides:
        found += [f"“{slide.title}”: {problem}" for problem in _problems_of(slide)]
    return found


def _problems_of(slide: Slide) -> list[str]:
    found = []
    if slide.n_words > MOST_WORDS:
        found.append(f"{slide.n_words} words, and {MOST_WORDS} is the most: say the rest in the notes")
    if len(slide.notes.split()) < FEWEST_SAID:
        found.append(f"the notes have {len(slide.notes.split())} words; a speaker needs {FEWEST_SAID}")
    if slide.figure and not slide.alt:
        found.append("the figure needs alt, a sentence for people who do not see it")
    if bool(slide.claim) != bool(slide.verdict) or (slide.verdict and slide.verdict not in VERDICTS):
        found.append(f"a claim needs a verdict, one of {', '.join(VERDICTS)}")
    if not (slide.figure or slide.math or slide.code or slide.text or slide.claim):
        found.append("nothing is shown")
    if len(slide.code.strip().splitlines()) > 12:
        found.append("more than twelve lines of code: nobody reads them from the back row")
    return found
