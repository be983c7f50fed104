"""The states of everything that draws random numbers: Python's, NumPy's, PyTorch's on the CPU and on each GPU."""

import random
from typing import Any

import numpy as np
import torch


def random_states(device: torch.device) -> dict[str, Any]:
    """Take the states.

    Args:
        device: whose generator is taken beside the CPU's.

    Returns:
        A tree for `set_random_states`, of numbers and tensors.
    """
    states = {
        "python": random.getstate(),
        "numpy": np.random.get_state(),  # noqa: NPY002 (other people's code may draw from it)
        "torch": torch.get_rng_state(),
    }
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_random_states(states: dict[str, Any], device: torch.device) -> None:
    """Go on drawing where the states were taken; a GPU's state is left alone where there was none."""
    random.setstate(states["python"])
    np.random.set_state(states["numpy"])  # noqa: NPY002
    torch.set_rng_state(states["torch"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)


def seed_everything(seed: int) -> None:
    """Start Python's, NumPy's and PyTorch's generators at a number."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002
    torch.manual_seed(seed)
