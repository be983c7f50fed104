"""How fast is `tfm data prepare`, and how much memory does it take, whatever the length of the text?

    python benchmarks/bench_prepare.py [--megabytes 64 256] [--tokenizers bpe gpt2] [--folder FOLDER]

The text is made of the manual, tiny Shakespeare and the poems: their paragraphs, shuffled anew for every round,
until it is long enough. Each run is a process of its own, as from the command line, with one worker and with two;
memory is what the whole tree of processes holds at its worst moment, looked at every 20 ms: resident (shared pages
counted in each process) and, where the system tells, proportional (counted once). The peer is Hugging Face's
`encode_batch` with as many threads as there are cores, on a vocabulary of the same size, in the same text cut into
pieces; it writes nothing. FOLDER takes some three times the text. Prints a table and writes
benchmarks/results/prepare.json.
"""

import argparse
import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from _measure import machine, write_results
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from tfm.data.corpora import load_corpus
from tfm.data.manifest import require_whole

SOURCES = ("manual", "shakespeare", "tang300", "song300")
VOCABULARY = 4_096
WORKERS = (1, 2)
EVERY = 0.02  # seconds between two looks at memory
PIECE = 1 << 16  # characters of the peer's pieces
PEER_READS = 1 << 25  # bytes that the peer is given


def main() -> None:
    """Measure every size, tokenizer and number of workers, then the peer."""
    parser = argparse.ArgumentParser(description="Measure tfm data prepare.")
    parser.add_argument("--megabytes", type=int, nargs="+", default=[64, 256])
    parser.add_argument("--tokenizers", nargs="+", default=["bpe", "gpt2"])
    parser.add_argument("--workers", type=int, nargs="+", default=list(WORKERS))
    parser.add_argument("--folder", type=Path, help="where the text and the shards go meanwhile")
    args = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    rows = []
    with tempfile.TemporaryDirectory(dir=args.folder) as spare:
        for size in args.megabytes:
            text = Path(spare) / "text.txt"
            make_text(text, size * 1_000_000)
            for tokenizer in args.tokenizers:
                runs = {n: prepare(text, Path(spare) / "out", tokenizer, n) for n in args.workers}
                rows += [
                    {"megabytes": size, "tokenizer": tokenizer, "workers": n} | run for n, run in runs.items()
                ]
                if {1, 2} <= runs.keys():
                    rows[-1]["times_one_worker"] = round(runs[1]["seconds"] / runs[2]["seconds"], 2)
                show(rows[-len(runs) :])
        peer = hugging_face(text)
    print(f"Hugging Face's encode_batch: {peer['megabytes_a_second']} MB/s")
    results = {
        "machine": machine("tfm", "tokenizers", "tiktoken", "regex"),
        "load_before": load,
        "vocabulary": VOCABULARY,
        "rows": rows,
        "Hugging Face": peer,
    }
    print(f"written to {write_results('prepare', results)}")


def make_text(path: Path, size: int) -> None:
    """Write a text of at least so many bytes."""
    paragraphs = [p for name in SOURCES for p in load_corpus(name).text.split("\n\n")]
    chance, written = random.Random(0), 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        while written < size:
            chance.shuffle(paragraphs)
            text = "\n\n".join(paragraphs) + "\n\n"
            file.write(text)
            written += len(text.encode())


def prepare(text: Path, out: Path, tokenizer: str, workers: int) -> dict[str, Any]:
    """Prepare a text in a process of its own, and watch its memory."""
    shutil.rmtree(out, ignore_errors=True)
    command = [sys.executable, "-m", "tfm.cli", "data", "prepare", str(text), "--out", str(out)]
    command += ["--tokenizer", tokenizer, "--workers", str(workers)]
    command += ["--vocab-size", str(VOCABULARY)] if tokenizer == "bpe" else []
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        resident, proportional = watch(psutil.Process(process.pid), process)
    seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with {process.returncode}")
    require_whole(out, sums=True)
    return {
        "seconds": round(seconds, 1),
        "megabytes_a_second": round(text.stat().st_size / 1e6 / seconds, 2),
        "peak_resident_megabytes": round(resident / 1e6),
        "peak_proportional_megabytes": round(proportional / 1e6),
        "shards": len(list(out.glob("*.bin"))),
    }


def watch(root: psutil.Process, process: "subprocess.Popen[bytes]") -> tuple[int, int]:
    """The most that a process and its children held together: resident, and each shared page counted once."""
    resident = proportional = 0
    while process.poll() is None:
        sums = [0, 0]
        with contextlib.suppress(psutil.Error):
            for one in (root, *root.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    memory = one.memory_full_info()
                    sums[0] += memory.rss
                    sums[1] += getattr(memory, "pss", 0)
        resident, proportional = max(resident, sums[0]), max(proportional, sums[1])
        time.sleep(EVERY)
    return resident, proportional


def hugging_face(text: Path) -> dict[str, Any]:
    """Encode the beginning of the text with Hugging Face's tokenizers, in pieces, on all cores."""
    with text.open(encoding="utf-8") as file:
        start = file.read(PEER_READS)
    pieces = [start[i : i + PIECE] for i in range(0, len(start), PIECE)]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, show_progress=False, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(pieces[:64], trainer)
    began = time.perf_counter()
    for i in range(0, len(pieces), 64):
        tokenizer.encode_batch(pieces[i : i + 64])
    seconds = time.perf_counter() - began
    size = len(start.encode()) / 1e6
    return {
        "megabytes": round(size),
        "megabytes_a_second": round(size / seconds, 2),
        "threads": os.cpu_count(),
    }


def show(rows: list[dict[str, Any]]) -> None:
    """Print some rows."""
    for row in rows:
        print("  ".join(f"{name} {value}" for name, value in row.items()), flush=True)


if __name__ == "__main__":
    main()
