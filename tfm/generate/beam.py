"""Beam search: several texts are kept at every step, those that are likeliest as a whole so far.

    score(text) = (ln p_1 + … + ln p_n) / n^α

Greedy decoding takes the likeliest next token and can never take it back; a beam keeps `width` texts, and so
may find a text that begins with a less likely token and is likelier as a whole. It is still no exhaustive
search. Long sums of logarithms are lower than short ones, which the length penalty α makes good: at 0 the plain
sum counts, at 1 the mean. Source: Graves, “Sequence Transduction with Recurrent Neural Networks”, 2012; for the
length penalty, Wu et al., “Google's Neural Machine Translation System”, 2016, section 7. The order of events is
that of Hugging Face's `generate`. This file knows nothing of words.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from tfm.generate.filters import require_number, require_whole
from tfm.generate.rows import Rows
from tfm.generate.sampling import require_ids
from tfm.generate.writing import evaluating


@dataclass(frozen=True, kw_only=True, slots=True)
class Beam:
    """Settings of a beam search.

    Attributes:
        width: how many texts are kept.
        max_new: how many tokens are written at most.
        length_penalty: α, from −10 to 10; above 0 favours long texts.
        stop: ids at which a text ends.
        early: True ends the search once `width` texts have ended; False goes on while a text that is still
            being written scores better, at its present length, than the worst that has ended; None goes on as long
            as one could still come to do so at full length.

    Raises:
        ValueError: a number is none or out of range, or `stop` holds no ids.
    """

    width: int = 4
    max_new: int = 100
    length_penalty: float = 1.0
    stop: tuple[int, ...] = ()
    early: bool | None = False

    def __post_init__(self) -> None:
        require_whole("width", self.width, 1, "is how many texts are kept, at least 1: try 4")
        require_whole("max_new", self.max_new, 1, "is how many tokens to write, at least 1: try 100")
        require_number("length_penalty", self.length_penalty, -10, 10, "0 takes the sum, 1 the mean")
        require_ids(self.stop)

    def score(self, log_probability: float, n: int) -> float:
        """The score of a text of n tokens."""
        return log_probability / n**self.length_penalty


class Hypothesis(NamedTuple):
    """A text that is being written, or has ended.

    Attributes:
        ids: what was written after the prompt.
        log_probability: the sum of ln p of these ids.
        score: what texts are compared by, once they have ended; the sum itself until then.
    """

    ids: tuple[int, ...]
    log_probability: float
    score: float


class BeamStep(NamedTuple):
    """One round of the search.

    Attributes:
        candidates: the best continuations of all live texts, best first: (row of the text, hypothesis).
        live: those that go on.
        finished: those that have ended, best first, `width` at most.
    """

    candidates: list[tuple[int, Hypothesis]]
    live: list[Hypothesis]
    finished: list[Hypothesis]


@dataclass
class _Search:
    settings: Beam
    live: list[Hypothesis] = field(default_factory=lambda: [Hypothesis((), 0.0, 0.0)])
    finished: list[Hypothesis] = field(default_factory=list)
    hopeless: bool = False

    def candidates(self, logs: Tensor) -> list[tuple[int, Hypothesis]]:
        """The best continuations: enough that `width` of them go on, however many end."""
        settings = self.settings
        n = max(2, 1 + len(settings.stop)) * settings.width
        totals = logs + torch.tensor([h.log_probability for h in self.live], device=logs.device)[:, None]
        best, places = totals.flatten().topk(min(n, totals.numel()))
        rows, tokens = places // logs.shape[1], places % logs.shape[1]
        made = []
        for row, token, total in zip(rows.tolist(), tokens.tolist(), best.tolist(), strict=True):
            if total > -torch.inf:  # a model may rule a token out altogether
                made.append((row, Hypothesis((*self.live[row].ids, token), total, total)))
        return made

    def ends(self, hypothesis: Hypothesis) -> bool:
        settings = self.settings
        return hypothesis.ids[-1] in settings.stop or len(hypothesis.ids) >= settings.max_new

    def finish(self, candidates: list[tuple[int, Hypothesis]]) -> None:
        """Keep the best texts that have ended; one that ends below the first `width` places does not count."""
        settings = self.settings
        if self.hopeless or (settings.early is True and len(self.finished) == settings.width):
            return
        for _, h in candidates[: settings.width]:
            if self.ends(h):
                score = settings.score(h.log_probability, len(h.ids))
                self.finished.append(h._replace(score=score))
        self.finished = sorted(self.finished, key=lambda h: -h.score)[: settings.width]

    def done(self) -> bool:
        settings = self.settings
        if not self.live:
            return True
        full = len(self.finished) == settings.width
        if full and settings.early is True:
            return True
        n = max(1, len(self.live[0].ids))
        reach = settings.max_new if settings.early is None and settings.length_penalty > 0 else n
        best = settings.score(self.live[0].log_probability, reach)
        self.hopeless = self.hopeless or (full and best <= self.finished[-1].score)
        return self.hopeless


def beam_steps(
    model: Any, prompt: Sequence[int], settings: Beam | None = None, *, cached: bool = True
) -> Iterator[BeamStep]:
    """Search, and show every round.

    Args:
        model: a `Writer`.
        prompt: ids, at least one.
        settings: width, length, penalty.
        cached: whether keys and values are kept.

    Yields:
        A step for each token of the texts.

    Raises:
        ValueError: the prompt is empty, prompt and text together do not fit the model's context, or the model's
            scores are no numbers.
    """
    settings = Beam() if settings is None else settings
    if len(prompt) + settings.max_new - 1 > model.context:
        room = model.context - len(prompt) + 1
        cure = f"set max_new to {room}, or shorten the prompt" if room > 0 else "shorten the prompt"
        raise ValueError(
            f"a prompt of {len(prompt)} and {settings.max_new} new tokens do not fit the {model.context} that the "
            f"model looks at: {cure}"
        )
    rows = Rows(model, [prompt], cached=cached, max_new=settings.max_new)
    search = _Search(settings)
    while not search.done():
        with evaluating(model):
            logs = rows.logits().log_softmax(-1)  # live V
        candidates = search.candidates(logs)
        search.finish(candidates)
        going = [(row, h) for row, h in candidates if not search.ends(h)][: settings.width]
        search.live = [h for _, h in going]
        yield BeamStep(candidates, search.live, search.finished)
        if going:
            rows.take([row for row, _ in going], [h.ids[-1] for _, h in going])


def beam_search(
    model: Any, prompt: Sequence[int], settings: Beam | None = None, *, cached: bool = True
) -> list[Hypothesis]:
    """Search for the text that is likeliest as a whole.

    Args:
        model: as for `beam_steps`.
        prompt: as for `beam_steps`.
        settings: as for `beam_steps`.
        cached: as for `beam_steps`.

    Returns:
        `width` texts at most, the best first.

    Example:
        >>> class Toy:  # after 0 comes 1 (0.6) or 2 (0.4); after 1 anything, after 2 surely 3
        ...     context, new_cache = 8, staticmethod(lambda batch, max_length: None)
        ...     p = torch.tensor([[0, 0.6, 0.4, 0], [0.25] * 4, [0, 0, 0, 1.0], [0.25] * 4])
        ...     def __call__(self, ids, padding=None, cache=None):
        ...         return self.p[ids].log()
        >>> best = beam_search(Toy(), [0], Beam(width=2, max_new=2), cached=False)[0]
        >>> best.ids, round(best.log_probability, 3)
        ((2, 3), -0.916)
    """
    last: list[Hypothesis] = []
    for step in beam_steps(model, prompt, settings, cached=cached):
        last = step.finished
    return last
