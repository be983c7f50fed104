"""The loss: one number that says how wrong all outputs are, and its slope in each of them.

    squared error          ½ · mean (output − target)²               slope (output − target) / n
    binary cross-entropy   mean of −log σ(z) or −log (1 − σ(z))      slope (σ(z) − target) / n
    cross-entropy          mean of −log softmax(z)[target]           slope (softmax(z) − one-hot) / N

The squared error has the ½ in front, as TensorFlow Playground has it: the 2 of the derivative cancels. Both
cross-entropies take logits z, the numbers before σ or softmax, because the logarithm of a share that was rounded
to 0 would be −∞.

Source: Bishop, *Pattern Recognition and Machine Learning*, 2006, section 5.2. This file knows nothing of networks.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.activations import sigmoid
from tfm.by_hand.softmax import softmax

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Loss:
    """How wrong, and in which direction.

    Attributes:
        name: what people call it.
        f: from outputs, N × n_out, and targets to the mean loss, a float.
        gradient: from the same two to the slope of that mean in every output, N × n_out.

    Example:
        >>> SQUARED_ERROR.f([[3.0], [1.0]], [1.0, 1.0])  # ½ · (2² + 0²) / 2
        1.0
        >>> SQUARED_ERROR.gradient([[3.0], [1.0]], [1.0, 1.0]).tolist()
        [[1.0], [0.0]]
        >>> CROSS_ENTROPY.gradient([[0.0, 0.0]], [1]).tolist()
        [[0.5, -0.5]]
    """

    name: str
    f: Callable[[ArrayLike, ArrayLike], float]
    gradient: Callable[[ArrayLike, ArrayLike], Array]

    def __repr__(self) -> str:
        return f"<loss {self.name}>"


def _squared_error(outputs: ArrayLike, targets: ArrayLike) -> float:
    outputs, targets = _fit(outputs, targets)
    gaps = (outputs - targets).ravel()
    return float(gaps @ gaps) / (2 * gaps.size)


def _squared_error_gradient(outputs: ArrayLike, targets: ArrayLike) -> Array:
    outputs, targets = _fit(outputs, targets)
    return (outputs - targets) / outputs.size


def _binary_cross_entropy(logits: ArrayLike, targets: ArrayLike) -> float:
    z, targets = _fit(logits, targets)
    # −log σ(z) = log(1 + e⁻ᶻ) and −log(1 − σ(z)) = log(1 + eᶻ); both in one line that cannot overflow
    return float((np.maximum(z, 0) - z * targets + np.log1p(np.exp(-abs(z)))).mean())


def _binary_cross_entropy_gradient(logits: ArrayLike, targets: ArrayLike) -> Array:
    z, targets = _fit(logits, targets)
    return (sigmoid(z) - targets) / z.size


def _cross_entropy(logits: ArrayLike, targets: ArrayLike) -> float:
    z, classes = _fit_classes(logits, targets)
    z = z - z.max(axis=-1, keepdims=True)
    return float((np.log(np.exp(z).sum(axis=-1)) - z[np.arange(len(z)), classes]).mean())


def _cross_entropy_gradient(logits: ArrayLike, targets: ArrayLike) -> Array:
    z, classes = _fit_classes(logits, targets)
    slope = softmax(z)
    slope[np.arange(len(z)), classes] -= 1
    return slope / len(z)


def _fit(outputs: ArrayLike, targets: ArrayLike) -> tuple[Array, Array]:
    outputs, targets = np.asarray(outputs, dtype=float), np.asarray(targets, dtype=float)
    if outputs.shape == targets.shape and outputs.size:
        return outputs, targets
    if outputs.size and outputs.shape == (*targets.shape, 1):  # one output, and targets as a plain list
        return outputs, targets[..., None]
    raise ValueError(
        f"outputs have shape {outputs.shape} and targets {targets.shape}: "
        "each output needs one target, so give both the same shape"
    )


def _fit_classes(logits: ArrayLike, targets: ArrayLike) -> tuple[Array, Array]:
    z, classes = np.asarray(logits, dtype=float), np.asarray(targets)
    if z.ndim != 2 or not z.size or classes.shape != z.shape[:1]:
        raise ValueError(
            f"logits have shape {z.shape} and targets {classes.shape}: "
            "give logits as N × classes, and for each row the number of its class"
        )
    if classes.dtype.kind not in "iu" or classes.min() < 0 or classes.max() >= z.shape[1]:
        raise ValueError(
            f"targets must be whole numbers from 0 to {z.shape[1] - 1}, and they are {classes.dtype} from "
            f"{classes.min()} to {classes.max()}: number the {z.shape[1]} classes from 0"
        )
    return z, classes


SQUARED_ERROR = Loss("squared error", _squared_error, _squared_error_gradient)
BINARY_CROSS_ENTROPY = Loss("binary cross-entropy", _binary_cross_entropy, _binary_cross_entropy_gradient)
CROSS_ENTROPY = Loss("cross-entropy", _cross_entropy, _cross_entropy_gradient)
