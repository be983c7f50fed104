"""The linear layer in NumPy, and how the twins take their weights.

    linear(x) = x Wᵀ + b

The twins take one dictionary under the names of the PyTorch block's `state_dict`, such as `up.weight`, so
that the same numbers run in both. A weight has shape (out × in), as PyTorch stores it; a bias may be missing.
This file knows nothing of what the product is for.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Weights = Mapping[str, ArrayLike]


def linear(x: ArrayLike, weights: Weights, name: str) -> NDArray[Any]:
    """Multiply by the transposed weight and add the bias: x Wᵀ + b.

    Args:
        x: … × in.
        weights: holds `NAME.weight`, out × in, and perhaps `NAME.bias`, out.
        name: which pair to take.

    Returns:
        … × out.

    Raises:
        ValueError: the weight is missing or its width is not the width of `x`.

    Example:
        >>> linear([1.0, 2.0], {"up.weight": [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]}, "up")
        array([1., 2., 3.])
    """
    if f"{name}.weight" not in weights:
        raise ValueError(f"there is no weight named {name}.weight: the names are {', '.join(weights)}")
    x, weight = np.asarray(x), np.asarray(weights[f"{name}.weight"])
    if x.shape[-1] != weight.shape[-1]:
        raise ValueError(
            f"{name}.weight takes vectors of width {weight.shape[-1]} and x has width {x.shape[-1]}: "
            "a weight has one row for each output and one column for each input"
        )
    return np.asarray(x @ weight.T + np.asarray(weights.get(f"{name}.bias", 0.0)))


def under(weights: Weights, prefix: str) -> dict[str, ArrayLike]:
    """Take the weights of one part, and drop the part's name from theirs.

    Args:
        weights: names to arrays.
        prefix: the part's name.

    Returns:
        Those whose name begins with `prefix` and a dot, without it.

    Example:
        >>> under({"norm.weight": [2.0], "norm.bias": [1.0], "up.weight": [3.0]}, "norm")
        {'weight': [2.0], 'bias': [1.0]}
    """
    start = prefix + "."
    return {name.removeprefix(start): array for name, array in weights.items() if name.startswith(start)}
