"""What listens to training: the bar, lines of JSON, TensorBoard's files, curves, and the device's own figures."""

import errno
import io
import json
import sys
import types

import pytest
import torch
from train.toy_training import batches, loss, toy

from tfm.train import device as devices
from tfm.train.curves import Curves
from tfm.train.device import each_tensor, memory_used, pick_device, precision, product_rate
from tfm.train.loggers import JsonLines, TensorBoard, read_lines
from tfm.train.loop import Trainer
from tfm.train.progress import Progress
from tfm.train.settings import Settings
from tfm.train.step import Step, Update

CPU = torch.device("cpu")


def run(*listeners, **changes):
    """Train the toy for six steps with listeners."""
    settings = Settings(**{"steps": 6, "autocast": "off", "device": "cpu", "evaluate_every": 4} | changes)
    trainer = Trainer(toy(), loss, batches(), settings, validation=batches(), listeners=listeners)
    return list(trainer.steps())


def test_the_bar_shows_loss_speed_use_and_memory():
    """The words hold the step's loss, tokens a second over all steps since the last look, their share, memory."""
    bar = Progress(CPU, flops_per_token=100, peak=1e4, file=io.StringIO())
    for number in (1, 2):
        bar(Step(number, 6, Update(torch.tensor(2.5), None, tokens=30), rate=0.1, seconds=0.5))
    bar._tokens, bar._seconds = 60, 2.0
    words = bar.words(Step(3, 6, Update(torch.tensor(2.5), None, tokens=30), rate=0.1, seconds=0.5))
    assert words.startswith("loss 2.500, 30 tokens/s, MFU 30%, ")
    assert words.endswith("GiB")


def test_the_bar_draws_and_ends():
    """It counts the steps, shows the validation loss with a star where it is the best, and closes."""
    screen = io.StringIO()
    steps = run(Progress(CPU, file=screen))
    last = screen.getvalue().split("\r")[-1]
    assert "6/6" in last
    assert f"validation {steps[-1].validation_loss:.3f}" in last
    assert "MFU" not in last


class Broken(io.StringIO):
    """A file that nothing more can be written to: a disk that is full, a terminal that was closed."""

    def write(self, _):
        """Fail."""
        raise OSError(errno.ENOSPC, "No space left on device")

    flush = close = lambda self: self.write("")


def test_a_full_disk_is_one_sentence(tmp_path):
    """A line that does not fit stops the run with a sentence that names file, step and cure."""
    lines = JsonLines(tmp_path / "metrics.jsonl")
    lines._file = Broken()
    with pytest.raises(
        OSError, match=r"metrics.jsonl could not be written at step 1 \(No space left .*--resume"
    ):
        run(lines)


def test_a_bar_without_a_screen_stops_nothing():
    """A terminal that was closed ends the bar, not the training."""
    assert len(run(Progress(CPU, file=Broken()))) == 6


@pytest.mark.parametrize("line", ["[]", "3", '{"loss": 2}', '{"step": "x"}', "[" * 100_000, "\xff"])
def test_lines_of_somebody_elses(tmp_path, line):
    """What is no step of this run is left out when the run goes on."""
    path = tmp_path / "metrics.jsonl"
    run(JsonLines(path), steps=2)
    with path.open("a", encoding="latin-1") as file:
        file.write(line + "\n")
    JsonLines(path, step=2)
    assert [line["step"] for line in read_lines(path)] == [1, 2]


def test_lines_are_the_steps(tmp_path):
    """A line is a step's numbers; a resumed run removes those after its checkpoint, and a broken last one."""
    path = tmp_path / "run" / "metrics.jsonl"
    steps = run(JsonLines(path))
    assert read_lines(path) == [step.as_dict() for step in steps]
    with path.open("a") as file:
        file.write('{"step": 7, "lo')
    run(JsonLines(path, step=3), steps=5)
    assert [line["step"] for line in read_lines(path)] == [1, 2, 3, 1, 2, 3, 4, 5]
    assert all(json.loads(line) for line in path.read_text().splitlines())


def test_lines_can_be_few(tmp_path):
    """Every third step is written, those that were validated, and the last."""
    run(JsonLines(tmp_path / "m.jsonl", every=3))
    assert [line["step"] for line in read_lines(tmp_path / "m.jsonl")] == [3, 4, 6]


def test_tensorboard_reads_the_same_numbers(tmp_path):
    """TensorBoard's own reader finds every loss."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    steps = run(TensorBoard(tmp_path))
    found = EventAccumulator(str(tmp_path)).Reload()
    losses = [(event.step, event.value) for event in found.Scalars("loss")]
    assert losses == [(step.number, pytest.approx(step.loss)) for step in steps]
    assert [event.step for event in found.Scalars("validation_loss")] == [4, 6]


def test_curves_grow_below_the_cell(monkeypatch):
    """The first drawing is displayed, later ones take its place; the last has every point."""
    shown = []

    class Handle:
        def update(self, drawing):
            shown.append(("update", drawing))

    def display(drawing, display_id):
        shown.append(("display", drawing))
        return Handle()

    module = types.ModuleType("IPython.display")
    module.display = display
    monkeypatch.setitem(sys.modules, "IPython.display", module)
    steps = run(Curves(lambda training, validation: (len(training), len(validation)), seconds=0))
    assert [how for how, _ in shown] == ["display"] + ["update"] * 6
    assert shown[-1][1] == (6, 2)
    assert len(steps) == 6


def test_the_device_is_found(monkeypatch):
    """A GPU is taken before Apple's, that before the CPU; process 3 of a machine with two GPUs takes number 1."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert pick_device().type == "mps"
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert pick_device() == CPU
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert pick_device(local_rank=3) == torch.device("cuda", 1)
    assert pick_device("cuda", local_rank=1) == torch.device("cuda", 1)


def test_bfloat16_where_there_are_instructions(monkeypatch):
    """“auto” asks the processor; “off” and “bf16” do as they say."""
    assert precision(CPU, "off") == torch.float32
    assert precision(CPU, "bf16") == torch.bfloat16
    for has in (True, False):
        monkeypatch.setattr(devices, "_multiplies_bfloat16", lambda _, has=has: has)
        assert (precision(CPU) == torch.bfloat16) is has
    assert precision(torch.device("mps")) == torch.float32


def test_figures_of_the_device():
    """Memory is that of a process with torch in it; a product's rate is above one of pure Python."""
    assert memory_used(CPU) > 50e6
    assert product_rate(CPU, torch.float32, seconds=0.01) > 1e8


def test_tensors_are_found_in_any_batch():
    """Tuples, lists and dictionaries keep their form, and what is no tensor stays."""
    batch = ({"ids": torch.ones(2)}, [torch.zeros(1), None], "name")
    found = each_tensor(batch, lambda tensor: tensor + 1)
    assert found[0]["ids"].tolist() == [2, 2]
    assert (found[1][0].item(), found[1][1], found[2]) == (1, None, "name")
