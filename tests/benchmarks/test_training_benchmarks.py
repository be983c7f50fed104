"""The benchmarks of training and writing: each runs at a tiny size, and counts its ratios the right way round."""

import importlib
import sys
from pathlib import Path

import pytest
import torch

import tfm
from tfm.data import prepare as preparing
from tfm.data.corpora import Corpus
from tfm.data.grammar_pairs import draw
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.pretrained.folder import save_model
from tfm.text.characters import CharacterVocabulary

FOLDER = Path(tfm.__file__).parents[1] / "benchmarks"
TINY = {"vocab_size": 12, "context": 24, "d_model": 16, "n_layers": 1, "n_heads": 2}
TEXT = Corpus(name="tiny", text="to be or not to be\n" * 100, thanks="")


@pytest.fixture
def bench(monkeypatch):
    """Import a benchmark, on a small text, without starting the program anew and without writing results."""
    if not FOLDER.is_dir():
        pytest.skip("the benchmarks lie in the repository, not in an installed package")
    monkeypatch.syspath_prepend(str(FOLDER))
    written = {}

    def load(name, *words):
        module = importlib.import_module(name)
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *words])
        for attribute, value in {
            "steady_memory": lambda: None,
            "load_corpus": lambda _: TEXT,
            "write_results": written.setdefault,
        }.items():
            if hasattr(module, attribute):
                monkeypatch.setattr(module, attribute, value)
        monkeypatch.setattr(torch, "set_num_threads", lambda _: None)
        return module

    load.written = written
    return load


def test_time_to_loss_runs(bench, monkeypatch, capsys):
    """Two steps of each recipe train, and are judged."""
    module = bench("bench_time_to_loss", "--quick")
    monkeypatch.setattr(module, "QUICK_STEPS", 2)
    module.main()
    said = capsys.readouterr().out
    assert "ours                  2 steps of" in said
    assert "nanoGPT's recipe      2 steps of" in said
    assert not bench.written


@pytest.mark.parametrize(("loss", "reached"), [(1.88, True), (1.89, False)])
def test_time_to_loss_counts_their_time_in_ours(bench, loss, reached):
    """Someone who takes 16 and 30 s to our 2 and 3 takes 9 times as long, and a loss above the goal is no win."""
    module = bench("bench_time_to_loss")
    runs = {
        "ours": [module.Run(2.0, 1.87, 600_000, 300), module.Run(3.0, loss, 600_000, 300)],
        "nanoGPT's recipe": [module.Run(16.0, 1.9, 800_000, 2_000), module.Run(30.0, 1.9, 800_000, 2_000)],
    }
    module._judge(runs, write=True)
    results = bench.written["time_to_loss"]
    assert [row["time_to_ours"] for row in results["rows"]] == [1.0, 9.0]
    assert results["rows"][1]["time_to_ours_range"] == [8.0, 10.0]
    assert results["reached"] is reached


def test_nanogpts_rate_is_that_of_its_program(bench):
    """A warm-up in a line over 100 steps, then a cosine from 1e-3 to 1e-4 at step 2,000."""
    rate = bench("bench_time_to_loss")._nanogpt_rate
    assert rate(0) == pytest.approx(1e-3 / 101)
    assert rate(100) == pytest.approx(1e-3)
    assert rate(1_050) == pytest.approx(5.5e-4)
    assert rate(2_000) == pytest.approx(1e-4)


def test_generation_runs_and_all_write_the_same(bench, monkeypatch, capsys, tmp_path):
    """Ours, the quick way, drafts that guess, and Hugging Face's write the same tokens from the same weights."""
    vocabulary = CharacterVocabulary(TEXT.text)
    sizes = {**TINY, "context": 64}  # room for what Hugging Face guesses beyond the end
    save_model(tmp_path, GPT(GPTConfig(**{**sizes, "vocab_size": vocabulary.n_vocab})), vocabulary)
    module = bench("bench_generation", "--quick", "--model", str(tmp_path))
    monkeypatch.setattr(module, "BASE", sizes)
    module.main()
    said = capsys.readouterr().out
    assert said.count("all wrote the same tokens: True") == 3
    for who, times in (
        ("Hugging Face  ", 3),
        ("ours ", 3),
        ("ours, packed ", 3),
        ("ours, counted ", 2),
        ("Hugging Face, looking back ", 1),
    ):
        assert sum(line.startswith(who) and "ms a token" in line for line in said.splitlines()) == times
    assert "tokens a pass" in said


def test_generations_ratio_is_theirs_over_ours(bench):
    """Half the time is a ratio of 2, and tokens a second are counted from the median."""
    row = bench("bench_generation")._row("ours", [1.0] * 3, [2.0] * 3, 200, {"ours": 1.5})
    assert (row["ratio"], row["tokens_per_second"], row["target"]) == (2.0, 200.0, 1.5)


def test_training_step_runs(bench, monkeypatch, capsys):
    """Every contender takes three steps, in float32 and in bfloat16, and is set against ours."""
    module = bench("bench_training_step", "--quick")
    monkeypatch.setattr(module, "SIZES", {"small": (TINY, 2)})
    module.main()
    said = capsys.readouterr().out
    for line in ("ours, biases, bfloat16", "Hugging Face, float32 / ours, biases, float32"):
        assert line in said


def test_training_step_builds_ours_like_each_peer(bench):
    """Against nanoGPT's model ours has no biases either, against Hugging Face's it has them."""
    module = bench("bench_training_step")
    has = {
        name: any(p.endswith("up.bias") for p, _ in module.ours(TINY, **parts).named_parameters())
        for name, parts in module.OURS.items()
    }
    assert has == {"ours": False, "ours, biases": True, "ours, biases, tanh": True}


def test_training_steps_ratios_compare_like_with_like(bench):
    """Each meets its twin alone, and a peer's bfloat16 never meets our float32."""
    everybody = (
        "ours",
        "ours, biases",
        "nanoGPT",
        "Hugging Face",
        "ours, biases, tanh",
        "Hugging Face, tanh",
    )
    names = [f"{who}, {p}" for who in everybody for p in ("float32", "bfloat16")]
    times = {name: [float(i + 1)] * 3 for i, name in enumerate(names)}
    pairs = {
        (row["of"], row["to"]): row["ratio"] for row in bench("bench_training_step")._ratios("base", times)
    }
    assert pairs == {
        ("nanoGPT, float32", "ours, float32"): 5.0,
        ("nanoGPT, float32", "ours, bfloat16"): 2.5,
        ("nanoGPT, bfloat16", "ours, bfloat16"): 3.0,
        ("Hugging Face, float32", "ours, biases, float32"): pytest.approx(7 / 3, abs=1e-3),
        ("Hugging Face, float32", "ours, biases, bfloat16"): 1.75,
        ("Hugging Face, bfloat16", "ours, biases, bfloat16"): 2.0,
        ("Hugging Face, tanh, float32", "ours, biases, tanh, float32"): pytest.approx(11 / 9, abs=1e-3),
        ("Hugging Face, tanh, float32", "ours, biases, tanh, bfloat16"): 1.1,
        ("Hugging Face, tanh, bfloat16", "ours, biases, tanh, bfloat16"): 1.2,
    }


def test_gpu_runs_on_a_cpu_at_small_size(bench, capsys):
    """Both babies train, GPT-2's rate is counted, and nothing is stored."""
    bench("bench_gpu", "--small", "--device", "cpu").main()
    said = capsys.readouterr().out
    assert "'best_loss'" in said
    assert "'tokens_per_second'" in said
    assert not bench.written


def test_without_a_gpu_it_says_so(bench, capsys, monkeypatch):
    """`make bench` goes on where there is no GPU: one sentence, no error."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    bench("bench_gpu").main()
    assert capsys.readouterr().out.count("\n") == 1


def test_a_run_that_did_not_arrive_has_no_ratio(bench):
    """Where somebody never reached the goal no number is made up."""
    ratio = bench("bench_gpu")._ratio
    run = [{"seconds_to_goal": 10.0}]
    assert ratio([{"seconds_to_goal": 50.0}], run) == {"time_to_ours": 5.0}
    assert ratio([{"seconds_to_goal": None}], run) == {"time_to_ours": None}


def test_translation_trains_and_writes_down_each_seed(bench, monkeypatch, capsys):
    """Two tiny runs by the reader's command: their scores, their settings and their spread are stored."""
    pairs = [(" ".join(pair.english), "".join(pair.chinese)) for pair in draw(60, seed=0)]
    parts = {"train": pairs[:40], "val": pairs[40:50], "test": pairs[50:]}
    monkeypatch.setattr(preparing, "load_pairs", lambda _: parts)
    small = [
        "d_model=16",
        "n_layers=1",
        "n_heads=2",
        "d_ff=16",
        "steps=2",
        "warmup=1",
        "batch=8",
        "device=cpu",
    ]
    rest = ["vocabulary=300", "judge_on=4", "average=none", "beam=1", "evaluate_every=2", "save_every=2"]
    bench("bench_translation", "multi30k", "--seeds", "2", "--set", *small, *rest).main()
    assert capsys.readouterr().out.count("multi30k   seed") == 2
    stored = bench.written["translation"]
    assert [row["seed"] for row in stored["runs"]] == [0, 1]
    assert stored["runs"][0]["settings"]["d_model"] == 16
    assert "tok:13a" in stored["runs"][0]["signatures"]["bleu"]
    least, _, most = stored["spread"][0]["bleu"]
    assert (stored["spread"][0]["seeds"], least <= most) == (2, True)


def test_translation_wants_to_be_asked_where_it_takes_an_hour(bench, monkeypatch, capsys, tmp_path):
    """Without a GPU and a name it trains nothing; a run that has not ended is named."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    bench("bench_translation").main()
    assert "name the data to go on" in capsys.readouterr().out
    with pytest.raises(FileNotFoundError, match="has not come to its end"):
        bench("bench_translation", "--kept", str(tmp_path)).main()
    assert not bench.written
