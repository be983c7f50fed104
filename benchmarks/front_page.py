"""Write the table “Measured” of README.md anew from the stored results: no figure there is typed by hand.

    python benchmarks/front_page.py

A test holds README.md to it. Prints nothing but where it wrote.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from _measure import RESULTS

README = RESULTS.parents[1] / "README.md"
HEAD = "| what | measured |\n| --- | --- |\n"
TRANSLATED = {
    "multi30k": "English to German (Multi30k, test of 2016)",
    "eng-cmn": "English to Mandarin (Tatoeba)",
}
EXPLORER = "AttentionExplorer, 12 tokens, "


def main() -> None:
    """Put the table into README.md."""
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"written to {README.name}")


def renewed(readme: str) -> str:
    """Return the text with its table made anew from the results.

    Raises:
        ValueError: there is no such table, or more than one.
    """
    lines = "".join(f"| {what} | {measured} |\n" for what, measured in rows())
    text, found = re.subn(re.escape(HEAD) + r"(\|.*\n)*", lambda _: HEAD + lines, readme)
    if found != 1:
        raise ValueError(
            f"the table that begins with {HEAD.splitlines()[0]!r} is there {found} times, not once"
        )
    return text


def rows() -> list[tuple[str, str]]:
    """Return what was measured and what came out, a pair a row."""
    return [
        _widgets(),
        _encoder(),
        *_bpe(),
        _blocks(),
        _playground(),
        _time_to_loss(),
        *_training_step(),
        _generation(),
        *_translation(),
        _setup(),
        _lessons(),
    ]


def _widgets() -> tuple[str, str]:
    cases = {row["widget"]: row["key_to_pixels"] for row in _read("widgets")["rows"]}
    (moves,) = {row["moves"] for row in _read("widgets")["rows"]}
    named = {
        "Perceptron": "perceptron",
        f"{EXPLORER}one map, next head": "another head of the real encoder",
        f"{EXPLORER}one map, model run again": "its six layers run again",
        f"{EXPLORER}72 maps, model run again": "all 72 maps",
    }
    words = [
        f"{name} {_ms(cases[case]['median_ms'])} ({_ms(cases[case]['percentile_95_ms'])})"
        for case, name in named.items()
    ]
    words[0] = words[0].replace(" (", " ms (")
    others = [case for name, case in cases.items() if name not in named]
    ranges = [_between((each[key] for each in others), _ms) for key in ("median_ms", "percentile_95_ms")]
    return (
        f"from key press to changed pixels in JupyterLab, median (95th percentile) of {moves} moves",
        f"{', '.join(words)}; {len(others)} other cases {ranges[0]} ({ranges[1]})",
    )


def _encoder() -> tuple[str, str]:
    results = _read("encoder")["rows"]
    one, many = (
        _between((row["ratio"] for row in results if row["batch"] == batch), _two) for batch in (1, 32)
    )
    what = "the real encoder through our blocks, sentences per second as a ratio to `transformers` (sdpa)"
    return f"{what}, 1 and 2 threads", f"{one} for one sentence of 64 tokens, {many} for 32"


def _bpe() -> list[tuple[str, str]]:
    results = _read("bpe")["rows"]
    train = [_two(row["ratio"]) for row in results if row["what"].startswith("train to")]
    cold = next(row for row in results if row.get("ours") == "ours, cold")["ours, cold"]["megabytes_a_second"]
    handed = next(row["ratio"] for row in results if row["peer"] == "tiktoken")
    what = (
        "BPE trained from scratch in Python, as a ratio to the speed of Hugging Face's `tokenizers` given one"
    )
    return [
        (f"{what} string, 1,024 and 4,096 tokens", ", ".join(train)),
        (
            "encoding with it, cold; handed to tiktoken",
            f"{cold:.1f} MB/s; {_two(handed)} of tiktoken's own speed",
        ),
    ]


def _blocks() -> tuple[str, str]:
    ratios = [row["ratio"] for row in _read("blocks")["rows"] if row["peer_name"] != "repeat_interleave"]
    what = "each block, forward and backward, as a ratio to the speed of PyTorch's own module"
    return what, f"{_between(ratios, _two)}, {len(ratios)} rows"


def _playground() -> tuple[str, str]:
    frames = [row["frames_per_second"] for row in _read("playground")["rows"]]
    what = f"the playground of lesson 03 while it trains, drawn frames a second, {len(frames)} cases"
    return what, _between(frames, _ms)


def _time_to_loss() -> tuple[str, str]:
    results = _read("time_to_loss")
    ours, theirs = (next(r for r in results["rows"] if r["contender"] == n) for n in ("ours", "nanoGPT"))
    least, most = theirs["time_to_ours_range"]
    what = (
        f"tiny Shakespeare to a validation loss of {results['goal']}, `tfm train`'s small model against nanoGPT's "
        "CPU recipe, steps alone"
    )
    both = f"{ours['median_seconds']:.1f} s against {theirs['median_seconds']:.0f} s"
    return what, f"{both}: {theirs['time_to_ours']:.1f} times as quick ({least:.1f} to {most:.1f})"


def _training_step() -> list[tuple[str, str]]:
    ratios = {
        (row["of"], row["to"].rpartition(", ")[2]): _two(row["ratio"])
        for row in _read("training_step")["rows"]
        if row["size"] == "base" and "of" in row
    }
    fp32, bf16 = "float32", "bfloat16"
    nanogpt = [ratios[f"nanoGPT, {fp32}", fp32], ratios[f"nanoGPT, {fp32}", bf16]]
    twins = [ratios[f"Hugging Face{tanh}, {t}", t] for tanh in ("", ", tanh") for t in (fp32, bf16)]
    one = "one training step of 10.7 million weights as a ratio to nanoGPT's speed in fp32: fp32; autocast"
    same = (
        "the same against Hugging Face's GPT-2, both in fp32; both under autocast; the same two with its own"
    )
    return [(one, "; ".join(nanogpt)), (f"{same} activation", "; ".join(twins))]


def _generation() -> tuple[str, str]:
    results = _read("generation")
    ratio = {
        (case, row["writer"]): _two(row["ratio"])
        for case, each in results.items()
        if isinstance(each, dict) and "rows" in each
        for row in each["rows"]
    }
    plain, both = "random weights, greedy", "ours, both drafts"
    what = (
        f"writing {results['tokens']} tokens, one text, fp32, as a ratio to Hugging Face's `generate`: the model "
        "itself; made ready by `PackedModel`; with a draft that guesses ahead, by a trained model, greedily and "
        "drawn (the same text each time)"
    )
    greedy, drawn = (ratio[f"trained, {how}", both] for how in ("greedy", "drawn at 0.8"))
    drafted = f"{greedy} (greedy text repeats itself, which is easily guessed) and {drawn}"
    return what, f"{ratio[plain, 'ours']}; {ratio[plain, 'ours, packed']}; {drafted}"


def _translation() -> list[tuple[str, str]]:
    results = _read("translation")
    found = []
    for each in results["spread"]:
        runs = [run for run in results["runs"] if run["data"] == each["data"]]
        (settings,) = {" ".join(f"{k}={run['settings'][k]}" for k in ("steps", "warmup")) for run in runs}
        least, _, most = each["bleu"]
        minutes = _between((run["minutes"] for run in runs), _ms)
        command = f"tfm train {each['data']} --task translate --set {settings}"
        told = "7.6 million weights: BLEU by sacreBLEU; minutes on one core"
        what = f"{TRANSLATED[each['data']]}, `{command}`, {told}"
        seeds = f"{least:.1f} to {most:.1f} ({len(runs)} seeds)" if len(runs) > 1 else f"{least:.1f}"
        found.append((what, f"{seeds}; {minutes}"))
    return found


def _setup() -> tuple[str, str]:
    took = _read("setup")["seconds"]
    return (
        "a new environment to the first cell run, with an empty package cache",
        f"{took['total']:.0f} s, {took['environment_megabytes'] / 1000:.1f} GB",
    )


def _lessons() -> tuple[str, str]:
    took = _read("lessons")["lessons"]
    timed = {name[:2]: each["median_s"] for name, each in took.items() if "/" not in name}
    return (
        f"lessons {', '.join(timed)} from top to bottom",
        ", ".join(f"{seconds:.0f} s" for seconds in timed.values()),
    )


def _read(name: str) -> Any:
    return json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))


def _ms(value: float) -> str:
    return f"{value:.0f}"


def _two(value: float) -> str:
    return f"{value:.2f}"


def _between(values: Iterable[float], text: Callable[[float], str]) -> str:
    ordered = sorted(values)
    ends = dict.fromkeys((text(ordered[0]), text(ordered[-1])))
    return " to ".join(ends)


if __name__ == "__main__":
    main()
