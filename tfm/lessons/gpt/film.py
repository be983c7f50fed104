"""A training run as a film: photographs of a model at some of its steps, for `tfm.lessons.gpt.widget` to show.

Whoever trains takes the photographs; this file knows nothing of models, and holds arrays and text.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.lessons.gpt.figures import Losses
from tfm.lessons.gpt.looking_back import weight_on_previous


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """What was photographed at one step of a run.

    Attributes:
        step: updates done before the photograph; 0 is the untrained model.
        maps: L × H × T × T attention weights on the film's text.
        sample: what the model wrote.
    """

    step: int
    maps: NDArray[Any]
    sample: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Film:
    """A run, photographed.

    Attributes:
        frames: at least two, steps rising, the same maps' shape in each.
        tokens: the T tokens that the maps are of.
        prompt: what every sample goes on from.
        steps: the step of every training loss.
        losses: as many losses.
        validation: steps and losses on text that was not trained on.
        guess: the loss of a guess that takes every token for equally likely.

    Raises:
        ValueError: there are fewer than two frames, they do not rise, or the shapes do not fit.
    """

    frames: Sequence[Frame]
    tokens: Sequence[str]
    prompt: str
    steps: Sequence[int]
    losses: Losses
    validation: tuple[Sequence[int], Losses] = ((), ())
    guess: float | None = None
    back: NDArray[Any] = field(init=False)  # frames × L × H: the weight on the previous token

    def __post_init__(self) -> None:
        steps = [frame.step for frame in self.frames]
        if len(steps) < 2 or any(a >= b for a, b in pairwise(steps)):
            raise ValueError(f"a film needs two frames or more, their steps rising, and these are {steps}")
        shapes = {np.shape(frame.maps) for frame in self.frames}
        n = len(self.tokens)
        if len(shapes) > 1 or len(shape := shapes.pop()) != 4 or shape[2:] != (n, n):
            raise ValueError(
                f"every frame holds L × H × {n} × {n} maps for {n} tokens: make them of the same text"
            )
        if not len(self.steps) or len(self.steps) != np.size(self.losses):
            raise ValueError(
                f"{len(self.steps)} steps and {np.size(self.losses)} losses: pass one loss a step"
            )
        object.__setattr__(self, "back", np.stack([weight_on_previous(frame.maps) for frame in self.frames]))
