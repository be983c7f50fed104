"""Where training computes, and in which precision: what this machine has, found rather than asked for.

Products in bfloat16 have float32's range and eight bits of precision. Weights, sums and the optimiser stay in
float32 (Micikevicius et al., “Mixed Precision Training”, 2018; Kalamkar et al., “A Study of BFLOAT16 for Deep
Learning Training”, 2019). A CPU gains where it has instructions for them. This file knows nothing of models.
"""

import contextlib
import sys
import time
from typing import Any

import torch

from tfm.train.settings import Autocast


def pick_device(name: str = "auto", local_rank: int = 0) -> torch.device:
    """Choose where to compute: the GPU of this process, Apple's, or the CPU.

    Args:
        name: “auto”, or a name of PyTorch's.
        local_rank: number of this process on its machine; it takes the GPU of that number.

    Raises:
        ValueError: there is no such device here.

    Example:
        >>> pick_device("cpu")
        device(type='cpu')
    """
    if name != "auto":
        return _named(name, local_rank)
    if torch.cuda.is_available():
        return torch.device("cuda", local_rank % torch.cuda.device_count())
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def _named(name: str, local_rank: int) -> torch.device:
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ValueError(f"device {name!r} is none of PyTorch's: try auto, cpu, cuda or mps") from None
    counts = {"cpu": 1, "cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    if device.type not in counts:  # such as meta, where nothing is computed at all
        raise ValueError(
            f"device {name!r} is none that training and writing know: try auto, cpu, cuda or mps"
        )
    if (device.index or 0) >= counts[device.type]:
        raise ValueError(f"device {name!r} is not in this machine: try auto, which takes what there is")
    return torch.device("cuda", local_rank) if name == "cuda" else device


def precision(device: torch.device, autocast: Autocast = "auto") -> torch.dtype:
    """Say in which dtype products are computed.

    Args:
        device: where.
        autocast: the setting; “auto” takes bfloat16 where the device has instructions for it.

    Returns:
        torch.bfloat16 or torch.float32.
    """
    if autocast == "auto":
        return torch.bfloat16 if _multiplies_bfloat16(device) else torch.float32
    return torch.bfloat16 if autocast == "bf16" else torch.float32


def _multiplies_bfloat16(device: torch.device) -> bool:
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return device.type == "cpu" and any(getattr(torch.cpu, name, bool)() for name in probes)


def autocasting(device: torch.device, dtype: torch.dtype) -> contextlib.AbstractContextManager[Any]:
    """A context in which products are computed in `dtype`; float32 changes nothing."""
    if dtype == torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype)


def to_device(batch: Any, device: torch.device) -> Any:
    """Bring every tensor of a batch to a device; lists, tuples and dictionaries keep their form."""
    if device.type == "cpu":
        return batch
    return each_tensor(batch, lambda tensor: tensor.to(device, non_blocking=True))


def each_tensor(batch: Any, change: Any) -> Any:
    """Apply a function to every tensor in a batch.

    Args:
        batch: a tensor, or a tuple, list or dictionary of batches.
        change: from a tensor to a tensor.

    Example:
        >>> each_tensor({"ids": torch.ones(2), "name": "a"}, lambda tensor: tensor + 1)
        {'ids': tensor([2., 2.]), 'name': 'a'}
    """
    if isinstance(batch, torch.Tensor):
        return change(batch)
    if isinstance(batch, tuple | list):
        return type(batch)(each_tensor(part, change) for part in batch)
    if isinstance(batch, dict):
        return {name: each_tensor(part, change) for name, part in batch.items()}
    return batch


def memory_used(device: torch.device) -> int:
    """The most bytes this process has held: on its GPU, or of the machine's memory."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    if device.type == "mps":
        return int(torch.mps.driver_allocated_memory())
    if sys.platform == "win32":
        import psutil  # noqa: PLC0415 (JupyterLab's kernel brings it)

        return int(psutil.Process().memory_info().peak_wset)
    import resource  # noqa: PLC0415 (not on Windows)

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(most if sys.platform == "darwin" else most * 1024)


def product_rate(device: torch.device, dtype: torch.dtype, seconds: float = 0.3) -> float:
    """Measure how many operations a second a large square matrix product reaches here.

    Model FLOPs utilisation is told against this rate, since a maker's figure is one that no program reaches.

    Args:
        device: where.
        dtype: of the matrices.
        seconds: how long to measure, about.

    Returns:
        Floating-point operations a second, a multiplication and an addition counted as two.

    Example:
        >>> product_rate(torch.device("cpu"), torch.float32, seconds=0.01) > 1e6
        True
    """
    size = 8192 if device.type == "cuda" else 1024
    left, right = (torch.ones(size, size, device=device, dtype=dtype) for _ in range(2))
    best, end = 0.0, time.perf_counter() + seconds
    while True:
        start = time.perf_counter()
        (left @ right)[0, 0].item()  # waits for the product
        now = time.perf_counter()
        best = max(best, 2 * size**3 / (now - start))
        if now > end:
            return best
