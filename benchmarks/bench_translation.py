"""How good are the translations of `tfm train … --task translate`, and how far do seeds spread?

    python benchmarks/bench_translation.py [DATA …] [--model small] [--seeds 3] [--set KEY=VALUE …]
    python benchmarks/bench_translation.py --kept RUN [RUN …]

Trains each data set once a seed, by the command that readers use, and writes down what it says of the test
part: BLEU and chrF, as sacreBLEU counts them, with its signature, for the weights that were best on the
validation part. Minutes are those of the steps. Without names it takes multi30k, English to German, and
eng-cmn, English to Mandarin, on a GPU; on two cores a run takes most of an hour, so there it wants to be asked
by name. --kept trains nothing: it writes down runs that are there. Prints a table and writes
results/translation.json.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from _measure import machine, write_results

from tfm import cli
from tfm.cli.train import METRICS
from tfm.cli.train_record import RUN_FILE
from tfm.tasks.translation import SCORES

DATA = ("multi30k", "eng-cmn")
GOAL = {"multi30k": 36.0}  # BLEU on the test part of 2016
SHOWN = ("d_model", "n_layers", "steps", "warmup", "batch", "dropout")


def main() -> None:
    """Train, or look at what was trained, and store the scores."""
    parser = argparse.ArgumentParser(description="Measure translations.")
    parser.add_argument("data", nargs="*")
    parser.add_argument("--model", default="small")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
    parser.add_argument("--kept", type=Path, nargs="+", metavar="RUN")
    args = parser.parse_args()
    if not (args.data or args.kept or torch.cuda.is_available()):
        print(
            "bench_translation: no CUDA GPU here, and a run takes most of an hour without: name the data to go on"
        )
        return
    with tempfile.TemporaryDirectory() as folder:
        runs = args.kept or _trained(
            Path(folder), args.data or DATA, args.seeds, ["--model", args.model], args.set
        )
        rows = []
        for run in runs:
            rows.append(judged(run))
            print(line(rows[-1]), flush=True)
    results = {"machine": machine("torch", "sacrebleu"), "goal": GOAL, "runs": rows, "spread": spread(rows)}
    print(f"written to {write_results('translation', results)}")


def _trained(
    folder: Path, names: Sequence[str], seeds: int, model: Sequence[str], settings: Sequence[str]
) -> Iterator[Path]:
    for name in names:
        for seed in range(seeds):
            out = folder / f"{Path(name).stem}-{seed}"
            words = ["train", name, "--task", "translate", *model, "--out", str(out)]
            if code := cli.main([*words, "--set", f"seed={seed}", *settings]):
                sys.exit(code)  # it has said why
            yield out


def judged(run: Path) -> dict[str, Any]:
    """What a finished run says of itself.

    Args:
        run: the folder that `tfm train --task translate` wrote.

    Raises:
        FileNotFoundError: the run has not come to its end.
    """
    if not (run / SCORES).is_file():
        raise FileNotFoundError(f"{run} has no {SCORES}: its training has not come to its end")
    told, scores = (json.loads((run / name).read_bytes()) for name in (RUN_FILE, SCORES))
    steps = [json.loads(step) for step in (run / METRICS).read_text(encoding="utf-8").splitlines()]
    return {
        "data": Path(told["data"]).stem,
        "seed": told["values"].get("seed", 0),
        "settings": {name: told["values"][name] for name in SHOWN},
        "bleu": float(scores["bleu"].split()[0]),
        "chrf": float(scores["chrf"].split()[0]),
        "signatures": {name: scores[name].split()[1] for name in ("bleu", "chrf")},
        "sentences": scores["pairs"],
        "beam": scores["beam"],
        "best_validation_loss": min(s["validation_loss"] for s in steps if "validation_loss" in s),
        "minutes": round(sum(step["seconds"] for step in steps) / 60, 1),
        "tokens_per_second": round(statistics.median(step["tokens"] / step["seconds"] for step in steps)),
    }


def spread(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """BLEU of each data set: the least, the median and the most of its seeds."""
    found = []
    for name in dict.fromkeys(row["data"] for row in rows):
        scores = sorted(row["bleu"] for row in rows if row["data"] == name)
        found.append(
            {"data": name, "seeds": len(scores), "bleu": [scores[0], statistics.median(scores), scores[-1]]}
        )
    return found


def line(row: dict[str, Any]) -> str:
    """One run as a line of the table."""
    goal = GOAL.get(row["data"])
    against = f" (goal {goal:g})" if goal else ""
    return (
        f"{row['data']:<10} seed {row['seed']}  BLEU {row['bleu']:5.2f}{against}  chrF {row['chrf']:5.2f}  "
        f"{row['minutes']:g} minutes"
    )


if __name__ == "__main__":
    main()
