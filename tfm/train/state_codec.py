"""States of optimisers, generators and averages as named tensors and JSON: a checkpoint without pickle.

A state is a tree: dictionaries, lists, tuples, numbers, words, tensors, arrays. Its tensors go into one file by
name, and where each stood the JSON keeps the name:

    {"state": {0: {"step": tensor(3.), "mean": tensor([…])}}}
    → tensors: {"optimiser.0": tensor(3.), "optimiser.1": tensor([…])}
    → JSON:    {"dict": [["state", {"dict": [[0, {"dict": [["step", {"tensor": "optimiser.0"}], …

Keys keep their kind, so that what comes back is what went in. This file knows nothing of files.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor


def pack(tree: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    """Take the tensors out of a tree.

    Args:
        tree: dictionaries, lists and tuples, to any depth, of numbers, words, None, tensors and arrays.
        name: what the names of its tensors begin with.
        tensors: receives them.

    Returns:
        What is left, fit for JSON.

    Raises:
        TypeError: something in it is of another kind.

    Example:
        >>> tensors = {}
        >>> pack({1: (2.5, torch.ones(3))}, "s", tensors)
        {'dict': [[1, {'tuple': [2.5, {'tensor': 's.0'}]}]]}
        >>> tensors
        {'s.0': tensor([1., 1., 1.])}
    """
    if tree is None or isinstance(tree, bool | int | float | str):
        return tree
    if isinstance(tree, Tensor | np.ndarray):
        kind = "tensor" if isinstance(tree, Tensor) else "array"
        label = f"{name}.{len(tensors)}"
        tensors[label] = torch.as_tensor(tree).detach()
        return {kind: label}
    if isinstance(tree, Mapping):
        return {"dict": [[key, pack(value, name, tensors)] for key, value in tree.items()]}
    if isinstance(tree, list | tuple):
        kind = "tuple" if isinstance(tree, tuple) else "list"
        return {kind: [pack(part, name, tensors) for part in tree]}
    if isinstance(tree, np.generic):
        return tree.item()
    raise TypeError(
        f"a {type(tree).__name__} in the state of {name} cannot be saved: keep to numbers, words, tensors, "
        "arrays, and dictionaries and lists of them"
    )


def unpack(packed: Any, tensors: Mapping[str, Tensor]) -> Any:
    """Put a tree together again.

    Args:
        packed: what `pack` returned, perhaps by way of JSON.
        tensors: what it took out.

    Returns:
        The tree.

    Raises:
        KeyError: a tensor is missing.
        ValueError: this is not what `pack` returns.

    Example:
        >>> tensors = {}
        >>> unpack(pack({"a": [1, None]}, "s", tensors), tensors)
        {'a': [1, None]}
    """
    if not isinstance(packed, dict):
        return packed
    if len(packed) != 1:
        raise ValueError("a state on file is not what pack returned")
    [(kind, value)] = packed.items()
    if kind == "dict":
        return {key: unpack(part, tensors) for key, part in value}
    if kind in ("list", "tuple"):
        parts = [unpack(part, tensors) for part in value]
        return parts if kind == "list" else tuple(parts)
    if kind == "tensor":
        return tensors[value]
    if kind == "array":
        return tensors[value].numpy()
    raise ValueError(f"a state on file holds a {kind!r}, which pack never writes")
