"""Runs of the toy in several processes: `torchrun shared_run.py FOLDER` prints their losses as JSON."""

import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist

sys.path.insert(0, str(Path(__file__).parents[1]))
from train.toy_training import batches, loss, toy

from tfm.train.averages import EMA
from tfm.train.loop import Trainer
from tfm.train.losses import IGNORE
from tfm.train.optimisers import adamw
from tfm.train.settings import Settings


def record(trainer):
    """Train, and list each step's numbers."""
    return [[s.loss, s.gradient_norm, s.tokens, s.validation_loss or 0] for s in trainer.steps()]


def runs(folder):
    """Train in both ways, with batches that do not come out even, and go on from a checkpoint."""
    uneven = [tuple(part[:5] for part in batch) for batch in batches()]
    ignored = [(inputs, targets.clone()) for inputs, targets in batches()]
    for number, rows in enumerate((slice(0, 3), slice(1, None, 2), slice(None), slice(1, None, 2))):
        ignored[number][1][rows] = IGNORE  # some, all of the second process, all of both, the second's again
    tiny = [*batches()[:2], tuple(part[:1] for part in batches()[2])]  # one row for all processes

    def trainer(data=batches(), name=None, **changes):  # noqa: B008 (the same data at every call)
        given = {"steps": 6, "rate": 0.01, "device": "cpu", "autocast": "off", "evaluate_every": 3} | changes
        folder_ = folder / name if name else None
        average = EMA if name == "average" else None
        return Trainer(
            toy(),
            loss,
            data,
            Settings(**given),
            optimiser=adamw,
            validation=tiny,
            folder=folder_,
            average=average,
        )

    made = {kind: record(trainer(parallel=kind, accumulate=2)) for kind in ("ddp", "fsdp")}
    made |= {f"uneven {kind}": record(trainer(uneven, parallel=kind)) for kind in ("ddp", "fsdp")}
    made |= {
        f"ignored {kind}": record(trainer(ignored, parallel=kind, accumulate=2)) for kind in ("ddp", "fsdp")
    }
    for kind, name in (("ddp", "average"), ("fsdp", "sharded")):
        record(trainer(name=name, steps=4, parallel=kind))
        again = trainer(name=name, parallel=kind)
        made[f"resumed {kind}"] = [again.resume(), *record(again)]
    return made


if __name__ == "__main__":
    torch.set_num_threads(1)
    found = runs(Path(sys.argv[1]))
    if not dist.is_initialized() or dist.get_rank() == 0:
        print(json.dumps(found))
    if dist.is_initialized():
        dist.destroy_process_group()
