"""A run that goes on stays the run it was, says what it does, and a command that is refused changes no file."""

import json
import shutil
import subprocess
import sys
from types import NoneType
from typing import get_args, get_type_hints

import pytest
import torch
from safetensors.torch import load_file, save_file

from tfm import cli
from tfm.cli.train_record import TAKEN
from tfm.data import prepare as preparing
from tfm.data.grammar_pairs import draw
from tfm.data.prepare import prepare
from tfm.folder_lock import FolderLock
from tfm.sums import sha256
from tfm.tasks import TASKS, translation
from tfm.tasks.options import RunOptions
from tfm.tasks.run import FROM_DATA, Run, parse
from tfm.train.checkpoint import load_newest, model_folder
from tfm.train.loggers import read_lines
from tfm.train.loop import Trainer
from tfm.train.settings import Settings

TEXT = "the cat sat on the mat, and the dog sat on the cat.\n" * 60
TINY = ["context=16", "d_model=16", "n_layers=1", "n_heads=2", "batch=4", "device=cpu", "autocast=off"]
SAME = 1e-5  # losses of one batch and of two halves; worst seen 4.8e-7
MORE = ["optimiser=adamw", "rate=0.01", "evaluate_every=2", "save_every=2", "steps=4", "average=0.9"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run of four steps in `runs/own`, on `own.txt`; with a prepared folder, and another text's."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        (folder / "own.txt").write_text(TEXT)
        (folder / "other.txt").write_text(TEXT.replace("cat", "tac"))
        (folder / "config.json").write_text('{"d_model": 32}')
        prepare("other.txt", "prepared", tokenizer="characters")
        prepare("own.txt", "bytes", tokenizer="bytes")
        prepare("other.txt", "more-bytes", tokenizer="bytes")
        assert cli.main(["train", "own.txt", "--set", *TINY, *MORE]) == 0
        assert cli.main(["train", "bytes", "--set", *TINY, *MORE]) == 0
    return folder


@pytest.fixture
def here(run, tmp_path, monkeypatch):
    """A copy of it, as the working directory."""
    shutil.copytree(run, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def resume(*words, data="own.txt", out="runs/own"):
    """Run `tfm train --resume` in this process."""
    more = [word for word in words if "=" in word]
    rest = [word for word in words if "=" not in word]
    return cli.main(["train", data, "--out", out, "--resume", *rest, *(["--set", *more] if more else [])])


def contents(folder):
    """Every file, its bytes and when it was changed, and every folder."""
    return {
        str(path.relative_to(folder)): (
            path.stat().st_mtime_ns,
            path.read_bytes() if path.is_file() else None,
        )
        for path in folder.rglob("*")
        if path.parent != folder / "runs"  # a run's own folder: its lock came and went
    }


def another(name, value, hint):
    """Another value that a setting may have."""
    words = {"positions": "none", "norm": "layer", "feed_forward": "gelu", "tokenizer": "bytes"}
    words |= {"device": "cpu:0", "n_heads": 1, "n_kv_heads": 1}
    kinds = (hint, *get_args(hint))
    choices = [word for kind in kinds for word in get_args(kind) if isinstance(word, str) and word != value]
    if name in words or choices:
        return words.get(name) or choices[0]
    if isinstance(value, bool | float):
        return not value if isinstance(value, bool) else value / 2 or 0.5
    return 2 * (value or 1)


HINTS = {
    name: hint
    for part in (TASKS["write"].config, Settings, RunOptions)
    for name, hint in get_type_hints(part).items()
}
NAMES = sorted(name for name, hint in HINTS.items() if name not in FROM_DATA and name != "rotary_scaling")


@pytest.mark.parametrize("name", NAMES)
def test_every_other_value_is_refused_by_name_or_taken_and_said(here, capsys, name):
    """No setting is ignored: it is refused, and no file changes, or taken, said, and kept in `run.json`."""
    saved = load_newest(here / "runs" / "own")[0]
    record = json.loads((here / "runs" / "own" / "run.json").read_text())
    config = Run(task="write", values=record["values"])
    hints = {
        k: v
        for part in (TASKS["write"].config, Settings, RunOptions)
        for k, v in get_type_hints(part).items()
    }
    value = another(name, config.everything()[name], hints[name])
    before = contents(here)
    done = resume(f"{name}={value}".replace("None", "none").replace("True", "true").replace("False", "false"))
    out, err = capsys.readouterr()
    if name in (*TAKEN, "batch"):
        assert done == 0, err
        assert f"from here on {name} is {value}" in out
        now = json.loads((here / "runs" / "own" / "run.json").read_text())["values"]
        assert now == record["values"] | {name: now[name]}
        assert now[name] == pytest.approx(value) if isinstance(value, float) else now[name] == value
        assert load_newest(here / "runs" / "own")[0].model.keys() == saved.model.keys()
    else:
        assert done == 2
        if name == "parallel":
            return  # its own rule is heard first
        assert f"the run in runs/own has {name}=" in err
        assert f"this command asks for {name}=" in err
        assert err.count("\n") == 1
        assert contents(here) == before


@pytest.mark.parametrize(
    ("words", "data", "sentence"),
    [
        (["--task", "translate"], "own.txt", "has --task=write, and this command asks for --task=translate"),
        (["--model", "baby"], "own.txt", "has --model=small, and this command asks for --model=baby"),
        (["--model", "bab"], "own.txt", "did you mean 'baby'?"),
        (["--config", "config.json"], "own.txt", "has d_model=16, and this command asks for d_model=32"),
        (["d_model=32", "seed=8"], "own.txt", "has d_model=16, seed=0, and this command asks for d_model=32, se"),
        (["batch=3"], "own.txt", "16 windows were given, in batches of 4, and batches of 3 do not end there"),
        (["d_model=15"], "own.txt", "d_model (15) must be divisible by n_heads (2)"),
        (["--plan", "n_heads=1"], "own.txt", "this command asks for n_heads=1"),
        (["rate=nan"], "own.txt", "rate (nan) must be a finite number"),
        (["rate=-1"], "own.txt", "the learning rate (-1.0) must be a number above 0"),
        (["schedul=cosine"], "own.txt", "a run has no 'schedul'"),
        ([], "other.txt", "began with own.txt, and this command names other.txt: go on with own.txt"),
        ([], "tang300", "began with own.txt, and this command names tang300"),
        ([], "prepared", "began with other data than prepared: go on with own.txt"),
        ([], "more-bytes", "has a vocabulary of 15 and the data another of 256"),
    ],
)  # fmt: skip
def test_what_would_be_another_run_is_refused(here, capsys, words, data, sentence):
    """A task, a model, a file, a text that is not the run's: one sentence, and no file changes."""
    before = contents(here)
    assert resume(*words, data=data) == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1
    assert contents(here) == before
    assert resume("steps=6") == 0  # and the run goes on as if nothing had been asked


def test_a_file_that_asks_for_another_model_is_refused(here, capsys):
    """What no word on the command line can say, an object, is refused where a file says it."""
    (here / "config.json").write_text('{"rotary_scaling": {"kind": "linear", "factor": 2.0}}')
    before = contents(here)
    assert resume("--config", "config.json", "steps=6") == 2
    assert "the run in runs/own has rotary_scaling=none" in capsys.readouterr().err
    assert contents(here) == before


def test_bytes_are_one_vocabulary_and_another_text_is_refused(here, capsys):
    """Where every text has the same vocabulary, the checksum of the data tells them apart."""
    before = contents(here)
    assert resume("steps=6", data="more-bytes", out="runs/bytes") == 2
    assert (
        "the run in runs/bytes began with other data than more-bytes: go on with bytes"
        in capsys.readouterr().err
    )
    assert contents(here) == before


def test_a_text_that_changed_since_is_said_and_its_advice_works(here, capsys):
    """The reader went on writing in own.txt: the run does not ignore it, and goes on with the text it keeps."""
    with (here / "own.txt").open("a") as file:
        file.write("More.")
    before = contents(here)
    assert resume("steps=6") == 2
    err = capsys.readouterr().err
    assert "own.txt has changed since the run in runs/own began" in err
    assert contents(here) == before
    assert cli.main([*err.split("`")[1].split()[1:], "--set", "steps=6"]) == 0
    (here / "own.txt").rename(here / "renamed.txt")
    assert resume("steps=8") == 0  # it is gone, and nothing tells that it was another
    (here / "renamed.txt").write_text(TEXT)
    assert resume("steps=9", data="renamed.txt") == 0  # the same text by another name


def test_data_that_were_changed_in_the_run_are_noticed(here, capsys):
    """A flipped id in the run's own data, which no vocabulary notices, is refused, and no file changes."""
    path = here / "runs" / "own" / "data" / "train.bin"
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    before = contents(here)
    assert resume("steps=6") == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert contents(here) == before


def test_the_same_command_goes_on(here, capsys):
    """All words of the first command, and --resume: nothing is refused, and nothing is said to change."""
    words = ["--task", "write", "--model", "small", *TINY, *MORE]
    assert resume(*[word for word in words if word != "steps=4"], "steps=6") == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if "from here on" in line] == ["from here on steps is 6, not 4"]
    assert "going on from step 4 of 6" in out


def test_what_is_taken_counts(here):
    """A weight decay and a beta2 that are given anew reach the optimiser, not only the record."""
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        one = Trainer._one
        patch.setattr(Trainer, "_one", lambda self: seen.append(self.optimiser.param_groups) or one(self))
        assert resume("steps=5", "weight_decay=0.3", "beta2=0.5", "rate=0.02", "schedule=constant") == 0
    [decayed, plain] = seen[0]
    assert (decayed["weight_decay"], plain["weight_decay"]) == (0.3, 0)
    assert decayed["betas"] == plain["betas"] == (0.9, 0.5)
    assert decayed["lr"] == 0.02


def test_smaller_batches_go_on_at_the_same_place(here):
    """Half the batch, accumulated twice, reads the same windows, as after memory ran out: losses to rounding."""
    for out, words in (("one", []), ("two", ["batch=2", "accumulate=2"])):
        shutil.copytree("runs/own", out)
        assert resume("steps=8", *words, out=out) == 0
    one, two = ([line["loss"] for line in read_lines(f"{out}/metrics.jsonl")] for out in ("one", "two"))
    assert two == pytest.approx(one, abs=SAME)
    assert load_newest(here / "two")[0].state["feed"]["batches"] == {"next": 16, "seed": 0, "batch": 2}


def test_a_plan_of_a_run_that_goes_on_writes_nothing(here, capsys):
    """--resume --plan says what is left, and changes no file."""
    before = contents(here)
    assert resume("--plan", "steps=100") == 0
    out = capsys.readouterr().out
    assert "from here on steps is 100, not 4" in out
    assert "100 steps, 4 of them made, of some 64 tokens" in out
    assert contents(here) == before


def test_a_finished_run_says_so(here, capsys):
    """--resume of a finished run ends with 0, says how to go on, and that works."""
    assert resume() == 0
    out = capsys.readouterr().out
    assert "finished already, at step 4 of 4: --set steps=8 goes on" in out
    assert "finished at step 4: the best validation loss is" in out
    assert resume("steps=8") == 0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("[]", "run.json is damaged or not the record of a run (it holds no object, but a list)"),
        ("[" * 100_000, "run.json is damaged"),
        ("", "run.json is damaged"),
        ('{"task": "write", "data": "own.txt"}', "Record needs values"),
        ('{"task": 3, "data": "own.txt", "values": {}}', "task is 3, and a text is wanted"),
        ('{"task": "write", "data": "own.txt", "values": []}', "values is [], and an object is wanted"),
        ('{"task": "fly", "data": "own.txt", "values": {}}', "the task is 'fly'"),
        (None, "run.json is missing"),
    ],
)
def test_a_damaged_record_is_one_sentence(here, capsys, content, sentence):
    """Whatever `run.json` holds, the answer is one sentence, and no file changes."""
    path = here / "runs" / "own" / "run.json"
    path.unlink() if content is None else path.write_text(content)
    before = contents(here)
    assert resume("steps=6") == 2
    err = capsys.readouterr().err
    assert sentence in err
    assert err.count("\n") == 1
    assert contents(here) == before


def test_a_record_of_before_is_still_read(here):
    """`run.json` without preset and checksums, as older versions wrote it."""
    path = here / "runs" / "own" / "run.json"
    told = json.loads(path.read_text())
    path.write_text(json.dumps({name: told[name] for name in ("task", "values", "data")}))
    assert resume("--model", "baby") == 2
    assert resume("steps=5") == 0


@pytest.mark.parametrize("harm", ["tokenizer", "empty", "NaN", "weights"])
def test_a_checkpoint_that_is_not_whole_is_passed_over(here, capsys, harm):
    """A damaged tokenizer, an empty folder, weights that are no numbers: the run goes on from the one before."""
    run = here / "runs" / "own"
    newest = run / "step-00000004"
    if harm == "empty":
        (run / "step-00000012").mkdir()
    elif harm == "NaN":
        spoil(newest)
    else:
        file = newest / ("tokenizer.json" if harm == "tokenizer" else "model.safetensors")
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)
    assert resume("steps=6") == 0
    out = capsys.readouterr().out
    step = 4 if harm == "empty" else 2
    assert f"; step {step} is whole and is taken" in out
    assert f"going on from step {step} of 6" in out
    assert [path.name for path in sorted(run.glob("step-*"))] == ["step-00000004", "step-00000006"]
    assert load_newest(run)[1] == []


def spoil(folder):
    """Write NaN into a checkpoint's weights, and sign it anew."""
    from tfm.train import checkpoint

    weights = load_file(folder / "model.safetensors")
    weights["tokens.weight"][0, 0] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    rest = json.loads((folder / "training.json").read_text())["run"]
    rest["sha256"]["model.safetensors"] = sha256(folder / "model.safetensors")
    signed = {"format": checkpoint.FORMAT, "sha256": checkpoint._sha256_of(rest), "run": rest}
    (folder / "training.json").write_text(json.dumps(signed))


def test_the_best_is_of_the_branch_that_went_on(here, capsys):
    """Gone back to step 2, the run forgets the best of step 4, and reports and keeps one of its own."""
    run = here / "runs" / "own"
    best = {path.name for path in run.glob("best-*")}
    assert best == {"best-00000002", "best-00000004"}
    shutil.rmtree(run / "step-00000004")
    assert resume("steps=3", "rate=1e-9") == 0
    out = capsys.readouterr().out
    lines = [
        line["validation_loss"] for line in read_lines(run / "metrics.jsonl") if "validation_loss" in line
    ]
    assert f"finished at step 3: the best validation loss is {min(lines):.4f}" in out
    assert model_folder(run).name in {"best-00000002", "best-00000003"}
    assert not (run / "best-00000004").exists()


def test_weights_that_were_changed_are_not_taken_for_the_model(here, capsys):
    """`tfm generate` and `tfm export` read a run's weights only as training wrote them."""
    for folder in ("runs/own", "runs/own/step-00000004"):
        file = model_folder(folder) / "model.safetensors"
        content = bytearray(file.read_bytes())
        content[-5] ^= 1
        file.write_bytes(content)
        assert cli.main(["generate", folder, "the"]) == 2
        assert "is damaged, for model.safetensors is not what was written" in capsys.readouterr().err


def test_a_second_run_is_refused_and_the_first_goes_on(here, capsys):
    """While a process trains, others are refused at once, new or resumed; a plan only reads, and is answered."""
    code = "import sys\nfrom tfm.folder_lock import FolderLock\nwith FolderLock(sys.argv[1]):\n"
    code += "    print('held', flush=True)\n    sys.stdin.read()"
    for out in ("runs/own", "runs/new"):
        command = [sys.executable, "-c", code, out]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
            first.stdout.readline()
            before = contents(here)
            assert cli.main(["train", "own.txt", "--out", out, "--set", *TINY]) == 2
            assert resume("steps=9", out=out) == 2
            err = capsys.readouterr().err
            assert err.count(f"{out} is being written by process {first.pid}") == 2
            assert err.count("\n") == 2
            assert contents(here) == before
            if out == "runs/own":
                assert resume("--plan", "steps=9") == 0
                assert contents(here) == before
            first.communicate("")
    with FolderLock(here / "prepared"):
        pass
    assert resume("steps=5") == 0


def test_a_command_that_is_refused_leaves_a_folder_without_checkpoint_as_it_was(here, capsys):
    """What a run left that died before its first checkpoint is not touched by a command that is refused."""
    run = here / "runs" / "own"
    for path in run.glob("step-*"):
        shutil.rmtree(path)
    before = contents(here)
    for words in (["context=5000"], ["rate=-1"], ["d_model=15"], ["positions=rotery"]):
        assert cli.main(["train", "own.txt", "--set", *TINY, *words]) == 2
    assert cli.main(["train", "missing.txt", "--out", "runs/own", "--set", *TINY]) == 2
    assert capsys.readouterr().err.count("\n") == 5
    assert contents(here) == before
    assert cli.main(["train", "own.txt", "--out", "fresh", "--set", *TINY, "context=5000"]) == 2
    assert not (here / "fresh").exists()
    best = run / "best-00000004"
    names = sorted(best.iterdir())
    assert cli.main(["train", "own.txt", "--out", str(best), "--set", *TINY]) == 2
    assert f"{best} is a model's folder" in capsys.readouterr().err
    assert sorted(best.iterdir()) == names
    assert cli.main(["train", "own.txt", "--set", *TINY, "steps=1"]) == 0
    assert sorted(path.name for path in run.iterdir() if path.name != "tensorboard") == [
        "best-00000001", "data", "metrics.jsonl", "run.json", "step-00000001",
    ]  # fmt: skip


def test_whatever_can_be_none_can_be_said_so():
    """`NAME=none` is None where that is a value, and the word where “none” is one."""
    for task in TASKS:
        for part in (TASKS[task].config, Settings, RunOptions):
            for name, hint in get_type_hints(part).items():
                if NoneType in get_args(hint) and name not in FROM_DATA:
                    assert parse([f"{name}=none"], task) == {name: None}
                    first = TASKS[task].presets["small"]
                    assert Run(task=task, values={**first, name: None}).values[name] is None
    config = Run(task="write", values={**TASKS["write"].presets["small"], **parse(["positions=none"])})
    assert config.model["positions"] == "none"


def test_a_translator_that_was_stopped_while_it_was_judged(tmp_path, capsys, monkeypatch):
    """Ctrl-C during BLEU: the sentence says that --resume goes on; it translates, and another only says so."""
    monkeypatch.chdir(tmp_path)
    pairs = [(" ".join(pair.english), "".join(pair.chinese)) for pair in draw(60, seed=0)]
    splits = {"train": pairs[:40], "val": pairs[40:50], "test": pairs[50:]}
    monkeypatch.setattr(preparing, "load_pairs", lambda _: splits)
    sizes = ["d_model=16", "n_layers=1", "n_heads=2", "d_ff=16", "batch=8", "vocabulary=300", "device=cpu"]
    words = ["multi30k", "--task", "translate", "--set", *sizes, "judge_on=2", "beam=1", "steps=2"]

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(translation, "translate", interrupted)
        assert cli.main(["train", *words]) == cli.STOPPED
    assert (
        "tfm: stopped; runs/multi30k stands at step 2, where the same command with --resume goes on\n"
        in capsys.readouterr().err
    )
    run = tmp_path / "runs" / "multi30k"
    assert not (run / "test.json").exists()
    assert cli.main(["train", *words[:3], "--resume", *words[3:]]) == 0
    assert "test BLEU  " in capsys.readouterr().out
    written = (run / "test.json").stat().st_mtime_ns
    assert cli.main(["train", *words[:3], "--resume"]) == 0
    assert "test BLEU  " in capsys.readouterr().out
    assert (run / "test.json").stat().st_mtime_ns == written
    assert cli.main(["train", *words[:3], "--resume", "--set", "judge_on=3"]) == 0
    assert json.loads((run / "test.json").read_text())["pairs"] == 3


def test_torch_draws_as_ever(here):
    """A resumed run and one that was not stopped have the same bits; a kept place in the text included."""
    assert (
        cli.main(
            ["train", "own.txt", "--out", "whole", "--set", *TINY, *MORE, "steps=6", "schedule=constant"]
        )
        == 0
    )
    assert cli.main(["train", "own.txt", "--out", "parts", "--set", *TINY, *MORE, "schedule=constant"]) == 0
    assert resume("steps=6", out="parts") == 0
    one, two = (load_newest(here / name)[0].model for name in ("whole", "parts"))
    assert all(torch.equal(one[name], two[name]) for name in one)
