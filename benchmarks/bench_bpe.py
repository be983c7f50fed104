"""How fast is our BPE, in pure Python, beside Hugging Face's in Rust, tiktoken and minbpe?

    python benchmarks/bench_bpe.py [--minbpe FOLDER]

The text is tiny Shakespeare, 1.1 MB, cut by GPT-2's pattern. All contenders take turns in one process. A ratio
above 1 says that ours is the quicker. “Cold” is a tokenizer that has not seen a word yet, “warm” one that has
seen the text. Hugging Face is given the text as one string, as ours is, and as lines in a batch, which it
spreads over the cores. The split alone is what no encoder in Python can go below. minbpe trains once, on the
whole text, where FOLDER holds a copy of its repository; it takes some five minutes. Prints a table and writes
benchmarks/results/bpe.json.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tiktoken
from _measure import machine, steady_memory, summary, take_turns, write_results
from tiktoken_ext.openai_public import r50k_pat_str
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from tfm.data import fetch
from tfm.text.bpe import BPE
from tfm.text.patterns import split

SIZES = (1_024, 4_096)
ROUNDS, WARM_UP = 11, 1
MINBPE_PIECE = 100_000  # characters that minbpe encodes


def main() -> None:
    """Measure training, then encoding."""
    parser = argparse.ArgumentParser(description="Race our BPE against its peers.")
    parser.add_argument("--minbpe", type=Path, help="a folder with minbpe's repository")
    args = parser.parse_args()
    steady_memory()
    text = fetch("shakespeare").read_text(encoding="utf-8")
    rows = [_train(text, size) for size in SIZES] + _encode(text)
    if args.minbpe:
        rows += _minbpe(text, args.minbpe)
    results = {
        "text": f"tiny Shakespeare, {len(text)} characters",
        "machine": machine("tfm", "regex", "tiktoken", "tokenizers"),
        "rows": rows,
    }
    print(f"written to {write_results('bpe', results)}")


def _train(text: str, size: int) -> dict[str, Any]:
    contenders = {"ours": lambda: BPE.train(text, size), "Hugging Face": lambda: _hugging_face(text, size)}
    times = take_turns(contenders, ROUNDS, WARM_UP)
    return _row(f"train to {size:,}", times, reference="Hugging Face")


def _encode(text: str) -> list[dict[str, Any]]:
    ours = BPE.train(text, SIZES[-1])
    ids = ours.encode(text)
    cold = iter([BPE(ours.merges) for _ in range(ROUNDS + WARM_UP)])
    handed, theirs, lines = ours.to_tiktoken("ours"), _hugging_face(text, SIZES[-1]), text.splitlines()
    ranks = {ours.vocab[i]: i for i in range(ours.n_vocab)}
    direct = tiktoken.Encoding("direct", pat_str=r50k_pat_str, mergeable_ranks=ranks, special_tokens={})
    if not ids == handed.encode(text) == direct.encode(text):
        sys.exit("the contenders encode different ids: nothing to compare")
    contenders: dict[str, Callable[[], object]] = {
        "ours, cold": lambda: next(cold).encode(text),
        "ours, warm": lambda: ours.encode(text),
        "Hugging Face, one string": lambda: theirs.encode(text).ids,
        "Hugging Face, lines in a batch": lambda: [e.ids for e in theirs.encode_batch_fast(lines)],
        "ours through to_tiktoken": lambda: handed.encode(text),
        "tiktoken": lambda: direct.encode(text),
        "the split alone": lambda: split(text),
    }
    times = take_turns(contenders, ROUNDS, WARM_UP)
    size = len(text.encode()) / 1e6
    pairs = (
        ("ours, cold", "Hugging Face, one string"),
        ("ours, warm", "Hugging Face, one string"),
        ("ours, cold", "Hugging Face, lines in a batch"),
        ("ours through to_tiktoken", "tiktoken"),
        ("ours, cold", "the split alone"),
    )
    return [
        _row("encode", {name: times[name], peer: times[peer]}, reference=peer, size=size)
        for name, peer in pairs
    ]


def _minbpe(text: str, folder: Path) -> list[dict[str, Any]]:
    """Train minbpe to 1,024 tokens on the whole text, once, and let it encode a piece."""
    sys.path.insert(0, str(folder))
    from minbpe import RegexTokenizer

    peer, ours = RegexTokenizer(r50k_pat_str), BPE.train(text, SIZES[0])
    piece = text[:MINBPE_PIECE]
    trained = take_turns({"ours": lambda: BPE.train(text, SIZES[0])}, ROUNDS, WARM_UP)
    trained["minbpe"] = [_seconds(lambda: peer.train(text, SIZES[0]))]
    cold = iter([BPE(ours.merges) for _ in range(ROUNDS + WARM_UP)])
    contenders = {
        "ours, cold": lambda: next(cold).encode(piece),
        "minbpe": lambda: peer.encode_ordinary(piece),
    }
    encoded = take_turns(contenders, ROUNDS, WARM_UP)
    same = list(peer.merges) == ours.merges
    print(f"minbpe's merges are {'' if same else 'not '}ours")
    return [
        _row(f"train to {SIZES[0]:,}", trained, reference="minbpe") | {"same_merges": same},
        _row(
            f"encode {len(piece):,} characters", encoded, reference="minbpe", size=len(piece.encode()) / 1e6
        ),
    ]


def _row(
    what: str, times: dict[str, list[float]], *, reference: str, size: float | None = None
) -> dict[str, Any]:
    ours = next(name for name in times if name != reference)
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    row: dict[str, Any] = {"what": what, "ours": ours, "peer": reference}
    for name, seconds in times.items():
        figures = summary(seconds) if len(seconds) > 1 else {"once_ms": round(1000 * seconds[0], 3)}
        speed = {"megabytes_a_second": round(size / medians[name], 2)} if size else {}
        row[name] = {"rounds": len(seconds)} | figures | speed
    row["ratio"] = round(medians[reference] / medians[ours], 3)
    speeds = "".join(f"  {name} {size / medians[name]:.1f} MB/s" for name in times) if size else ""
    print(
        f"{what:<26}{ours:<26}{1000 * medians[ours]:10.1f} ms   {reference:<32}"
        f"{1000 * medians[reference]:10.1f} ms   ratio {row['ratio']:9.3f}{speeds}",
        flush=True,
    )
    return row


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _hugging_face(text: str, size: int) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, show_progress=False, initial_alphabet=alphabet)
    tokenizer.train_from_iterator([text], trainer)
    return tokenizer


if __name__ == "__main__":
    main()
