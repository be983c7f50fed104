"""`tfm train`: what it says before it starts, what a run leaves, resuming, several processes, and mistakes."""

import json
import os
import signal
import subprocess
import sys

import pytest
import torch
from patience import HANG_SECONDS, until

from tfm import cli
from tfm.assets.tiny_gpt import SIZES
from tfm.data import prepare as preparing
from tfm.data.grammar_pairs import draw
from tfm.data.prepare import prepare
from tfm.pretrained import load_model
from tfm.tasks import TASKS
from tfm.tasks.run import Run, choose, parse
from tfm.train.checkpoint import load_newest, model_folder
from tfm.train.loggers import read_lines

TEXT = "the cat sat on the mat, and the dog sat on the cat.\n" * 60
TINY = ["context=16", "d_model=16", "n_layers=1", "n_heads=2", "batch=4", "device=cpu", "autocast=off"]
SAME = 1e-5  # losses of two processes against one; worst seen 9.5e-7


@pytest.fixture
def text(tmp_path, monkeypatch):
    """A text of the reader's own, in the working directory."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.txt").write_text(TEXT)
    return tmp_path


def train(*words, sizes=TINY, steps=6):
    """Run `tfm train` in this process."""
    more = [word for word in words if "=" in word]
    rest = [word for word in words if "=" not in word]
    return cli.main(["train", *rest, "--set", *sizes, f"steps={steps}", *more])


def test_a_text_of_the_readers_own_becomes_a_model(text, capsys):
    """It says what it will do, trains, and leaves a model's folder, a record of each step, and its choices."""
    assert train("own.txt", "evaluate_every=3") == 0
    out = capsys.readouterr().out.splitlines()
    names = ["data", "model", "training", "optimiser", "machine", "memory", "time", "loss", "folder"]
    assert [line.split()[0] for line in out[:9]] == names
    assert out[0].startswith(
        "data       own.txt: 2,808 tokens to train on, 312 to judge on, a vocabulary of 15"
    )
    assert "6 steps of some 64 tokens" in out[2]
    assert "an even bet has 2.71; below 2." in out[7]
    assert out[11] == 'next       tfm generate runs/own "the cat sat on the mat"'
    run = text / "runs" / "own"
    model, tokenizer = load_model(model_folder(run))
    assert f"GPT with {sum(p.numel() for p in model.parameters()):,} parameters" in out[1]
    assert model(torch.tensor([tokenizer.encode("the cat")])).shape == (1, 7, 15)
    lines = read_lines(run / "metrics.jsonl")
    assert [line["step"] for line in lines] == [1, 2, 3, 4, 5, 6]
    best = min(line["validation_loss"] for line in (lines[2], lines[5]))
    assert sum("validation_loss" in line for line in lines) == 2
    assert out[9] == f"finished at step 6: the best validation loss is {best:.4f}"
    assert json.loads((run / "run.json").read_text())["values"]["d_model"] == 16


def test_a_plan_trains_nothing(text, capsys):
    """With --plan the lines are said, and nothing at all is written."""
    assert train("own.txt", "--plan", steps=1000) == 0
    assert "time       about" in capsys.readouterr().out
    assert [path.name for path in text.iterdir()] == ["own.txt"]


def test_a_resumed_run_ends_as_one_that_was_not_stopped(text, capsys):
    """Trained to step 4, then on to step 8: the bits of eight steps at once, and each step is recorded once."""
    same = ["schedule=constant", "dropout=0.2", "average=0.9", "save_every=2"]
    assert train("own.txt", "--out", "whole", *same, steps=8) == 0
    assert train("own.txt", "--out", "parts", *same, steps=4) == 0
    assert cli.main(["train", "own.txt", "--out", "parts", "--resume", "--set", "steps=8"]) == 0
    assert "going on from step 4 of 8" in capsys.readouterr().out
    one, two = (load_newest(text / name)[0].model for name in ("whole", "parts"))
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert [line["step"] for line in read_lines(text / "parts" / "metrics.jsonl")] == list(range(1, 9))


def test_ctrl_c_saves_and_the_same_command_goes_on(text):
    """A real Ctrl-C: exit code 2, one sentence, and --resume ends the run."""
    command = [sys.executable, "-m", "tfm.cli", "train", "own.txt"]
    sizes = ["--set", *TINY, "steps=100000", "save_every=50000"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([*command, *sizes], stderr=subprocess.PIPE, text=True, env=environment)
    record = text / "runs" / "own" / "metrics.jsonl"
    until(lambda: process.poll() is not None or (record.exists() and record.stat().st_size))
    assert process.poll() is None, process.stderr.read()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=HANG_SECONDS)
    assert process.returncode == 2
    last = err.strip().splitlines()[-1]
    assert last.startswith("tfm: stopped after step ")
    assert last.endswith("everything is saved in runs/own: the same command with --resume goes on")
    step = load_newest(text / "runs" / "own")[0].step
    assert cli.main(["train", "own.txt", "--resume", "--set", f"steps={step + 2}"]) == 0
    assert load_newest(text / "runs" / "own")[0].step == step + 2


def test_two_processes_train_as_one(text):
    """`torchrun --nproc-per-node 2 -m tfm.cli train …` has the losses of one process, and speaks once."""
    sizes = ["--set", *TINY, "steps=6", "evaluate_every=3", "accumulate=2", "optimiser=adamw", "rate=0.01"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    start = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    start += ["--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0"]
    words = ["-m", "tfm.cli", "train", "own.txt", "--out", "two", *sizes]
    done = subprocess.run(
        [*start, *words], capture_output=True, text=True, check=False, env=environment, timeout=HANG_SECONDS
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("finished at step 6") == 1
    assert "2 processes" in done.stdout
    assert train("own.txt", "--out", "one", *sizes[len(TINY) + 1 :]) == 0
    one, two = (read_lines(text / name / "metrics.jsonl") for name in ("one", "two"))
    for mine, theirs in zip(one, two, strict=True):
        assert theirs["loss"] == pytest.approx(mine["loss"], abs=SAME)
        assert theirs.get("validation_loss", 0) == pytest.approx(mine.get("validation_loss", 0), abs=SAME)
        assert theirs["tokens"] == mine["tokens"] == 128


def test_pairs_become_a_translator_with_its_bleu(text, capsys, monkeypatch):
    """--task translate trains a Transformer, and ends with BLEU and chrF of its test sentences."""
    pairs = [(" ".join(pair.english), "".join(pair.chinese)) for pair in draw(60, seed=0)]
    monkeypatch.setattr(
        preparing, "load_pairs", lambda _: {"train": pairs[:40], "val": pairs[40:50], "test": pairs[50:]}
    )
    sizes = ["d_model=16", "n_layers=1", "n_heads=2", "d_ff=16", "batch=8", "vocabulary=300", "device=cpu"]
    words = ["multi30k", "--task", "translate", "judge_on=4", "average=none"]
    assert train(*words, "beam=1", sizes=sizes) == 0
    out = capsys.readouterr().out
    assert "40 pairs to train on, 10 to judge on, 10 for the test, a vocabulary of 300" in out
    assert "Transformer with" in out
    told = json.loads((text / "runs" / "multi30k" / "test.json").read_text())
    assert told["pairs"] == 4
    assert f"test BLEU  {told['bleu']}" in out
    assert "tok:13a" in told["bleu"]
    blocks = (text / "runs" / "multi30k" / "test.txt").read_text(encoding="utf-8").strip().split("\n\n")
    assert [block.split("\n")[0] for block in blocks] == [english for english, _ in pairs[50:58:2]]
    assert train(*words, "--out", "beam", "beam=2", sizes=sizes) == 0


def test_a_vocabulary_that_is_not_the_runs(text, capsys):
    """Data that were cut with another vocabulary are refused when a run is resumed on them."""
    prepare("own.txt", "first")
    (text / "own.txt").write_text(TEXT + "XYZ" * 40)
    prepare("own.txt", "second")
    assert train("first", "--out", "run") == 0
    capsys.readouterr()
    assert cli.main(["train", "second", "--out", "run", "--resume"]) == 2
    assert "has a vocabulary of 15 and the data another of 18: go on with" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["own.txt", "--model", "smal"], "the model is 'smal': did you mean 'small'?"),
        (["own.txt", "--task", "translat"], "did you mean 'translate'?"),
        (["own.txt", "d_modle=3"], "a run has no 'd_modle': did you mean 'd_model'?"),
        (["own.txt", "vocab_size=3"], "a run has no 'vocab_size'"),
        (["own.txt", "d_model=wide"], "d_model is 'wide', and a whole number is wanted"),
        (["own.txt", "d_model=15"], "d_model (15) must be divisible by n_heads (2)"),
        (["own.txt", "optimiser=muom"], "optimiser is 'muom': did you mean 'muon'?"),
        (["own.txt", "steps=0"], "steps (0) must be a whole number from 1 on"),
        (["own.txt", "batch=0"], "batch (0) must be at least 1"),
        (["own.txt", "rate=-1"], "the learning rate (-1.0) must be a number above 0"),
        (["own.txt", "context=5000"], "has 2808 tokens, and one window of context 5000"),
        (["own.txt", "rate=1e300"], "the learning rate (1e+300) must be a number above 0"),
        (["own.txt", "seed=-1"], "seed (-1) must be at least 0"),
        (["own.txt", "rate=nan"], "rate (nan) must be a finite number"),
        (["own.txt", "average=2"], "average (2) must be at most 1"),
        (["own.txt", "parallel=fsdp"], "parallel=fsdp shares out every matrix: take optimiser=adamw"),
        (["own.txt", "--config", "none.json"], "none.json"),
        (["own.txt", "--config", "own.txt"], "own.txt is damaged or not the settings of a run"),
        (["own.txt", "--resume"], "runs/own holds no checkpoint to go on from"),
        (["empty.txt"], "empty.txt is empty"),
        (["latin.txt"], "latin.txt is not UTF-8"),
        (["shakespere"], "did you mean 'shakespeare'"),
        (
            ["prepared", "--task", "translate"],
            "the data are a text, and the task is translate: take --task write",
        ),
    ],
)
def test_mistakes_are_one_sentence(text, capsys, as_a_reader_calls_it, words, sentence):
    """Exit code 2, one line on standard error, no checkpoint."""
    (text / "empty.txt").write_text("")
    (text / "latin.txt").write_bytes(b"caf\xe9 " * 40)
    prepare("own.txt", "prepared")
    sizes = [] if "translate" in words else TINY
    assert train(*words, sizes=sizes) == 2
    err = capsys.readouterr().err.split("\r")[-1]  # after the bar of the data
    assert sentence in err
    assert err.startswith("tfm: ")
    assert err.count("\n") == 1
    assert not list(text.glob("runs/*/step-*"))


def test_a_run_is_not_written_over(text, capsys):
    """A folder that holds a run wants --resume or another name."""
    assert train("own.txt", steps=1) == 0
    assert train("own.txt", steps=1) == 2
    assert "holds a run that stands at step 1: add --resume to go on" in capsys.readouterr().err


def test_a_rate_that_is_too_high_ends_in_one_sentence(text, capsys):
    """The step is named, the last good checkpoint is kept, and there is no traceback."""
    blow_up = ["optimiser=adamw", "start=usual", "rate=1e30", "weight_decay=1", "save_every=1", "floor=1"]
    assert train("own.txt", *blow_up, steps=400) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("tfm: at step ")
    assert "lower learning rate" in err


def test_the_file_stands_between_preset_and_words(tmp_path):
    """The command line is over the file, the file over the preset."""
    file = tmp_path / "run.json"
    file.write_text('{"d_model": 64, "steps": 7}')
    config = choose("write", "small", file, ["steps=9", "clip=1", "tied=false"])
    assert (config.model["d_model"], config.settings.steps, config.options.batch) == (64, 9, 12)
    assert config.settings.clip == 1
    assert parse(["a=none", "b=True", "c=1e-3", "d=x=y"]) == {"a": None, "b": True, "c": 1e-3, "d": "x=y"}
    with pytest.raises(ValueError, match="--set takes name=value"):
        parse(["steps"])


@pytest.mark.parametrize(("task", "preset"), [(task, name) for task in TASKS for name in TASKS[task].presets])
def test_every_preset_is_a_run(task, preset):
    """Each preset's names and values are accepted, and a configuration that is read back is the same."""
    config = choose(task, preset, None, [])
    assert Run(task=task, values=json.loads(json.dumps(dict(config.values)))) == config


def test_the_presets_are_what_they_say(text):
    """“baby” has nanoGPT's 10.65 million parameters; “small” trains the tiny GPT's model, without clipping."""
    data = prepare("own.txt", "data")
    small = choose("write", "small", None, [])
    model = small.build(data)
    made = model.config.as_dict()
    assert {name: made[name] for name in SIZES} == SIZES
    assert sum(p.numel() for p in model.parameters()) < 0.81e6
    assert (small.settings.steps, small.options.batch, small.settings.clip) == (300, 12, None)
    baby = choose("write", "baby", None, [])
    with torch.device("meta"):
        from tfm.models.gpt import GPT
        from tfm.models.gpt_config import GPTConfig

        model = GPT(GPTConfig(vocab_size=65, **baby.model))
    learned = sum(p.numel() for p in model.parameters()) - model.positions.weight.numel()
    assert learned == pytest.approx(10.65e6, rel=1e-3)
