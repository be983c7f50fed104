"""What every task promises, one suite for all: it prepares, learns, goes on bit for bit, samples and judges.

A task that joins `TASKS` needs a line in `CASES`.
"""

import numpy as np
import pytest
import torch

from tfm.cli.train_plan import measure
from tfm.data import prepare as preparing
from tfm.data.grammar_pairs import draw
from tfm.pretrained.folder import load_model
from tfm.tasks import TASKS
from tfm.tasks.run import choose, task_for
from tfm.train.checkpoint import load_newest, model_folder

TEXT = "the cat sat on the mat, and the dog sat on the cat.\n" * 60
TINY = ["d_model=16", "n_layers=1", "n_heads=2", "batch=8", "device=cpu", "autocast=off", "dropout=0.1"]
CASES = {  # task → (what is prepared, further settings, a prompt, a flag without effect)
    "write": ("own.txt", ["context=16"], "the cat", {"length_penalty": 0.5}),
    "translate": ("multi30k", ["d_ff=16", "judge_on=3"], "the cat sat", {"temperature": 0.5}),
}


@pytest.fixture(params=CASES)
def case(request, tmp_path, monkeypatch):
    """Each task in turn: its name, a run of ten steps, its data and their folder."""
    source, more, *_ = CASES[request.param]
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_text(TEXT)
    pairs = [(" ".join(pair.english), "".join(pair.chinese)) for pair in draw(60, seed=0)]
    parts = {"train": pairs[:40], "val": pairs[40:50], "test": pairs[50:]}
    monkeypatch.setattr(preparing, "load_pairs", lambda _: parts)
    words = [*TINY, *more, "steps=10", "save_every=5", "evaluate_every=5"]
    run = choose(request.param, "small", None, words)
    return request.param, run, preparing.prepare(source, "data", vocab_size=300), tmp_path / "data"


def _trained(run, data, folder, out, *, until=None, resume=False):
    """Train in a folder, to the end or until a step, from the start or from the checkpoint that is there."""
    trainer = run.trainer(run.job(run.build(data), data, folder), folder=out)
    if resume:
        trainer.resume(load_newest(out)[0])
    for step in trainer.steps():
        if step.number == until:
            break
    return trainer


def test_every_task_has_a_case():
    """No task is left out here."""
    assert CASES.keys() == TASKS.keys()


def test_the_data_say_what_they_are(case):
    """They name their task, count what is predicted, and have another checksum when they are others."""
    name, _, data, folder = case
    assert task_for(data) == name
    assert data.n_predicted() == len(data.predicted("train"))
    assert np.array_equal(data.predicted("val", 3), data.predicted("val")[:3])
    assert all(data.size(split) > 0 for split in data.parts)
    assert data.tokenizer.decode(list(data.readable())[:30])
    assert data.checksum() == preparing.load_prepared(folder).checksum()
    assert len(data.checksum()) == 64


def test_other_data_are_refused(case):
    """A task that is given another's data names the right one."""
    name, _, data, _ = case
    other = next(task for task in TASKS if task != name)
    with pytest.raises(
        ValueError, match=f"the data are {data.kind}, and the task is {other}: take --task {name}"
    ):
        choose(other, "small", None, ["d_model=16", "n_heads=2"]).build(data)


def test_a_seed_gives_the_same_model_and_a_step_lowers_the_loss(case):
    """First weights repeat; on the batch it has just learned from, the loss is lower."""
    _, run, data, folder = case
    one, two = (run.build(data) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    job = run.job(one.eval(), data, folder)
    batch = next(iter(job.batches))
    assert job.count(batch) > 0
    optimiser, before = torch.optim.SGD(one.parameters(), 0.1), job.loss(one, batch)
    before.backward()
    optimiser.step()
    assert job.loss(one, batch) < before


def test_a_trial_leaves_the_model_as_it_is(case):
    """A plan trains a copy: the model that the run begins with is the one that was built."""
    _, run, data, folder = case
    model = run.build(data)
    before = [p.detach().clone() for p in model.parameters()]
    assert measure(run, run.job(model, data, folder)).tokens > 0
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_it_goes_on_bit_for_bit_judges_and_samples(case, tmp_path):
    """Stopped half-way and resumed it has the same weights; its best are judged and answer a prompt."""
    name, run, data, folder = case
    task, whole, broken = TASKS[name], tmp_path / "whole", tmp_path / "broken"
    straight = _trained(run, data, folder, whole)
    _trained(run, data, folder, broken, until=6)  # a step behind the checkpoint
    resumed = _trained(run, data, folder, broken, resume=True)
    assert (straight.step, resumed.step, load_newest(broken)[0].step) == (10, 10, 10)
    for a, b in zip(straight.model.parameters(), resumed.model.parameters(), strict=True):
        assert torch.equal(a, b)
    lines = task.judge(run.options, data, whole, "cpu")
    assert [(whole / result).is_file() for result in task.results] == [True] * len(task.results)
    assert lines == task.judge(run.options, data, whole, "cpu")  # read again, not judged again
    model, tokenizer = load_model(model_folder(whole))
    assert isinstance(model, task.model)
    *_, prompt, idle = CASES[name]
    assert "".join(task.sample(model, tokenizer, prompt, {"max_new": 5}))
    with pytest.raises(ValueError, match="has no effect there"):
        list(task.sample(model, tokenizer, prompt, idle))
