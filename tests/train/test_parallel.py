"""Two processes train as one does, with a copy of the model in each or a share of it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from patience import HANG_SECONDS
from safetensors.torch import load_file
from train import shared_run
from train.toy_training import batches, toy

from tfm.train.parallel import Processes, gradients_stay, spread
from tfm.train.settings import Settings

TOLERANCE = 1e-5  # sums in another order; worst seen 4.8e-7 for losses, 1.1e-6 for gradients
RUN = Path(shared_run.__file__)


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    """What two processes found, and their folder."""
    folder = tmp_path_factory.mktemp("two")
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--master-port", "0"]
    command += ["--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0", str(RUN), str(folder)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, timeout=HANG_SECONDS
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), folder


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    """What one process finds, and its folder."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("one")
    return shared_run.runs(folder), folder


@pytest.mark.parametrize(
    "run", [f"{how}{kind}" for how in ("", "uneven ", "ignored ", "resumed ") for kind in ("ddp", "fsdp")]
)
def test_two_processes_find_what_one_finds(one, two, run):
    """Losses, gradients, tokens and validation are one process's: accumulated, uneven, partly ignored, resumed."""
    mine, theirs = one[0][run], two[0][run]
    if run.startswith("resumed"):
        assert mine.pop(0) == theirs.pop(0) == 4
    assert len(mine) == len(theirs) == (2 if run.startswith("resumed") else 6)
    for ours, other in zip(mine, theirs, strict=True):
        assert other == pytest.approx(ours, abs=TOLERANCE, rel=0)


def test_a_sharded_model_is_saved_whole(one, two):
    """Checkpoints of two processes hold the same names and weights as one's, whichever way they trained."""
    for name in ("average", "sharded"):
        files = [next((folder / name).glob("step-*6")) / "model.safetensors" for _, folder in (one, two)]
        mine, theirs = map(load_file, files)
        assert mine.keys() == theirs.keys()
        for key, weights in mine.items():
            torch.testing.assert_close(theirs[key], weights, rtol=0, atol=TOLERANCE)


def test_each_process_takes_its_rows():
    """Rows go round in turn, so that every row has one process; too few rows are a sentence."""
    batch = {"inputs": torch.arange(5), "name": "x"}
    shares = [Processes(rank=rank, count=2).share(batch)["inputs"].tolist() for rank in range(2)]
    assert shares == [[0, 2, 4], [1, 3]]
    with pytest.raises(ValueError, match="a batch of 1 rows cannot be shared by 2 processes"):
        Processes(rank=0, count=2).share(torch.ones(1, 3))
    assert [Processes(rank=rank, count=2).share_or_all([torch.ones(1)])[1] for rank in range(2)] == [
        True,
        False,
    ]


def test_what_torchrun_says_is_read(monkeypatch):
    """The number of this process and of all comes from the environment; without it there is one."""
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert Processes.here() == Processes()
    assert Processes.here().first
    for name, value in {"RANK": "5", "WORLD_SIZE": "8", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    assert Processes.here() == Processes(rank=5, count=8, local_rank=1)


def test_alone_nothing_is_wrapped():
    """One process trains the module itself, and its sums are its own."""
    model, alone = toy(), Processes()
    assert spread(model, alone, Settings(steps=1).parallel, torch.device("cpu")) is model
    assert alone.total(2, 3) == [2, 3]
    assert alone.gather("x") == ["x"]
    assert alone.share(batches()[0]) is batches()[0] or len(alone.share(batches()[0])) == 2
    with gradients_stay(model, stay=True):
        pass
