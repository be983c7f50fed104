"""Several processes that train one model: PyTorch's own engine, started by `torchrun`, each with its share.

    torchrun --nproc-per-node 2 -m tfm.cli train shakespeare

Every process reads the same batches and keeps its rows; gradients are summed over the processes while they are
computed. With “ddp” each process holds the whole model (Li et al., “PyTorch Distributed”, 2020); with “fsdp” each
holds a share of every layer's weights and fetches the others' when it needs them (Zhao et al., “PyTorch FSDP”,
2023). This file knows nothing of models.
"""

import contextlib
import os
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import FSDPModule, fully_shard
from torch.nn.parallel import DistributedDataParallel

from tfm.train.device import each_tensor
from tfm.train.machines import choose_network
from tfm.train.settings import Parallel


@dataclass(frozen=True, kw_only=True, slots=True)
class Processes:
    """Who trains: this process's number and how many there are.

    Attributes:
        rank: number of this process, from 0.
        count: how many.
        local_rank: number of this process on its machine.
    """

    rank: int = 0
    count: int = 1
    local_rank: int = 0

    @classmethod
    def here(cls) -> "Processes":
        """Read what `torchrun` told this process; without it, one process alone."""
        names = {"rank": "RANK", "count": "WORLD_SIZE", "local_rank": "LOCAL_RANK"}
        found = {field: int(os.environ[name]) for field, name in names.items() if name in os.environ}
        return cls(**found) if len(found) == len(names) else cls()

    @property
    def first(self) -> bool:
        """Whether this process writes files and speaks."""
        return self.rank == 0

    def join(self, device: torch.device) -> None:
        """Meet the other processes; nothing happens where there are none, or they have met."""
        if self.count == 1 or dist.is_initialized():
            return
        if device.type == "cuda":
            torch.cuda.set_device(device)
        choose_network()
        dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")

    def leave(self) -> None:
        """Part from the other processes."""
        if self.count > 1 and dist.is_initialized():
            dist.destroy_process_group()

    def share(self, batch: Any) -> Any:
        """Take this process's rows of every tensor in a batch.

        Raises:
            ValueError: there are fewer rows than processes.
        """
        if self.count == 1:
            return batch

        def rows(tensor: Tensor) -> Tensor:
            if len(tensor) < self.count:
                raise ValueError(
                    f"a batch of {len(tensor)} rows cannot be shared by {self.count} processes: take batch of "
                    f"{self.count} or more"
                )
            return tensor[self.rank :: self.count]

        return each_tensor(batch, rows)

    def share_or_all(self, batch: Any) -> tuple[Any, bool]:
        """Take this process's rows, or all where there are too few for each.

        Returns:
            The rows, and whether this process counts them: of rows that all processes have, the first one does.
        """
        try:
            return self.share(batch), True
        except ValueError:
            return batch, self.first

    def total(self, *numbers: float) -> list[float]:
        """Sum numbers over all processes."""
        if self.count == 1:
            return list(numbers)
        sums = torch.tensor(numbers, dtype=torch.float64)
        dist.all_reduce(sums)
        return sums.tolist()

    def total_tensor(self, tensor: Tensor) -> Tensor:
        """Sum a tensor over all processes, where it lies."""
        if self.count > 1:
            dist.all_reduce(tensor)
        return tensor

    def gather(self, thing: Any) -> list[Any]:
        """Bring a thing of every process to the first; the others get an empty list."""
        if self.count == 1:
            return [thing]
        things = [None] * self.count if self.first else None
        dist.gather_object(thing, things)
        return things or []

    def wait(self) -> None:
        """Wait for all processes."""
        if self.count > 1:
            dist.barrier()


def spread(model: nn.Module, processes: Processes, parallel: Parallel, device: torch.device) -> nn.Module:
    """Make a model train in all processes at once.

    Args:
        model: on the device of this process.
        processes: who trains.
        parallel: “ddp”, or “fsdp”, which changes the parameters of the model itself: make optimisers after it.
        device: of this process.

    Returns:
        What to call; alone, the model itself.
    """
    if processes.count == 1:
        return model
    if parallel == "fsdp":
        return _shard(model, processes.count, device)
    ids = [device.index] if device.type == "cuda" else None
    return DistributedDataParallel(model, device_ids=ids)


def _shard(model: nn.Module, count: int, device: torch.device) -> nn.Module:
    """Share out every module of a list of modules, for those are the layers, then what is left."""
    # Layers return new tensors that nobody changes in place, which is all that PyTorch's warning asks for.
    warnings.filterwarnings("ignore", message="FSDP2-wrapped module .* returned a view")
    mesh = init_device_mesh(device.type, (count,))
    layers = [layer for many in model.modules() if isinstance(many, nn.ModuleList) for layer in many]
    for layer in (*layers, model):
        fully_shard(layer, mesh=mesh)
    return model


@contextlib.contextmanager
def gradients_stay(model: nn.Module, stay: bool) -> Iterator[None]:
    """Keep gradients to this process while batches are accumulated; the last batch's backward sums them all."""
    if not stay:
        yield
    elif isinstance(model, DistributedDataParallel):
        with model.no_sync():
            yield
    elif isinstance(model, FSDPModule):
        model.set_requires_gradient_sync(False)
        try:
            yield
        finally:
            model.set_requires_gradient_sync(True)
    else:
        yield
