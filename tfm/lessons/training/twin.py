"""What training adds to descent: decay that is no penalty, a longest gradient, targets that are not quite sure.

    AdamW       p ← (1 − ηλ) p, then Adam's step                     the decay never meets Adam's division
    clipping    g ← g · min(1, c / ‖g‖)                              all gradients as one arrow, its direction kept
    smoothing   (1 − ε) · (−log p_target) + ε · mean of −log p       no bet is ever worth all or nothing

NumPy, written for reading; PyTorch's own are the ones to train with, and the tests hold each pair equal.

Sources: Loshchilov and Hutter, “Decoupled Weight Decay Regularization”, 2019, algorithm 2; Pascanu et al., “On the
difficulty of training recurrent neural networks”, 2013, algorithm 1; Szegedy et al., “Rethinking the Inception
Architecture”, 2016, section 7. This file knows nothing of models.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.descent import Adam
from tfm.by_hand.losses import CROSS_ENTROPY

Array = NDArray[Any]


class AdamW(Adam):
    """Adam whose weights shrink by a share of themselves before every step.

    Args:
        rate: η, above 0.
        weight_decay: λ, 0 or more: the share a weight loses is η · λ.
        **more: β₁, β₂ and ε, as `Adam` takes them.

    Raises:
        ValueError: an argument is out of range.

    Example:
        >>> weight = np.array([1.0])
        >>> AdamW(rate=0.1, weight_decay=0.5).step([weight], [np.array([0.0])])
        >>> weight  # no gradient at all: a twentieth is gone
        array([0.95])

    Source: Loshchilov and Hutter, 2019, algorithm 2.
    """

    def __init__(self, rate: float, weight_decay: float = 0.01, **more: float) -> None:
        super().__init__(rate, **more)
        if not (math.isfinite(weight_decay) and weight_decay >= 0):
            raise ValueError(f"weight_decay ({weight_decay}) must be 0 or more: 0.1 is usual")
        self.weight_decay = weight_decay

    def step(self, parameters: Sequence[Array], gradients: Sequence[Array]) -> None:
        """Shrink the parameters, then move them, in place, once.

        Args:
            parameters: float arrays, the same ones at every call.
            gradients: one of the same shape for each, of the loss alone.

        Raises:
            ValueError: numbers or shapes of the two differ from each other or from the last call.
        """
        for p in parameters:
            p *= 1 - self.rate * self.weight_decay  # noqa: PLW2901 (in place: the caller's array moves)
        super().step(parameters, gradients)


def clip(gradients: Sequence[Array], longest: float) -> tuple[list[Array], float]:
    """Shorten all gradients together, as one arrow, if it is too long.

    Args:
        gradients: arrays of any shapes.
        longest: c, above 0.

    Returns:
        The gradients, and the length they had.

    Raises:
        ValueError: the longest length is not above 0.

    Example:
        >>> shorter, length = clip([np.array([3.0]), np.array([4.0])], longest=1.0)
        >>> length, [round(float(g[0]), 6) for g in shorter]
        (5.0, [0.6, 0.8])

    Source: Pascanu et al., 2013, algorithm 1.
    """
    if not longest > 0:
        raise ValueError(f"longest ({longest}) must be above 0: 1.0 is usual")
    length = math.sqrt(sum(float(np.vdot(g, g)) for g in gradients))
    share = min(1.0, longest / length) if length else 1.0
    return [g * share for g in gradients], length


def smoothed_cross_entropy(logits: ArrayLike, targets: ArrayLike, smoothing: float) -> float:
    """Cross-entropy against targets that give a share of their certainty away to all V tokens evenly.

    Args:
        logits: N × V scores.
        targets: N ids.
        smoothing: ε from 0 to 1.

    Returns:
        The mean over the N rows, in nats.

    Raises:
        ValueError: ε is out of range, or the arrays do not fit.

    Example:
        >>> smoothed_cross_entropy([[0.0, 0.0]], [1], 0.1) == CROSS_ENTROPY.f([[0.0, 0.0]], [1])
        True

    Source: Szegedy et al., 2016, section 7.
    """
    if not 0 <= smoothing <= 1:
        raise ValueError(f"smoothing ({smoothing}) must be from 0 to 1: 0.1 is usual")
    scores = np.asarray(logits, dtype=float)
    at_target = CROSS_ENTROPY.f(scores, targets)
    each = [CROSS_ENTROPY.f(scores, np.full(len(scores), token)) for token in range(scores.shape[-1])]
    return (1 - smoothing) * at_target + smoothing * float(np.mean(each))
