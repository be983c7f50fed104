"""Runs of the toy in processes of their own, to be killed at any moment.

Each line “FOLDER STEPS OUT” on standard input forks a process, which spares it the loading of torch. It goes on
where its folder says, draws from Python's, NumPy's and PyTorch's generators in every step, saves at every step,
and writes the weights it ends with to OUT. On standard output: its number, a line a step, and how it ended.
"""

import os
import random
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

sys.path.insert(0, str(Path(__file__).parents[1]))
from train.toy_training import Counted, loss, toy

from tfm.train.averages import EMA
from tfm.train.loop import Trainer
from tfm.train.optimisers import muon
from tfm.train.run_folder import newest_step
from tfm.train.schedules import warmup_cosine
from tfm.train.settings import Settings


def noisy(model, batch):
    """The loss, shaken by every generator there is."""
    shake = random.random() + float(np.random.rand()) + torch.rand(()).item()  # noqa: NPY002
    return loss(model, batch) * (1 + 0.1 * shake)


def main(folder, steps, out):
    """Run, or go on."""
    torch.set_num_threads(1)
    model = toy(dropout=0.2)
    average = EMA(model, 0.9)
    trainer = Trainer(
        model,
        noisy,
        Counted(),
        Settings(steps=steps, autocast="off", device="cpu", save_every=1, evaluate_every=7),
        optimiser=muon(model),
        schedule=warmup_cosine(steps, 5),
        average=average,
        validation=[next(Counted())],
        folder=folder,
    )
    if newest_step(Path(folder)):
        trainer.resume()
    for step in trainer.steps():
        print(step.number, flush=True)
    means = {f"average.{name}": tensor for name, tensor in average.average.items()}
    best = torch.tensor(trainer.best_loss, dtype=torch.float64)
    save_file({**dict(model.named_parameters()), **means, "best": best}, out)


def serve():
    """Fork a run for each line."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            folder, steps, out = line.split()
            main(folder, int(steps), out)
            os._exit(0)
        print("process", child, flush=True)
        print("ended", os.waitpid(child, 0)[1], flush=True)


if __name__ == "__main__":
    serve()
