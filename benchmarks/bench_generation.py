"""How fast does a GPT write on a CPU, one text at a time, beside Hugging Face's generate?

    python benchmarks/bench_generation.py [--nanogpt FOLDER] [--rounds 9] [--quick]

The shape is nanoGPT's baby GPT: 6 layers, 6 heads, width 384, context 256, 10.7 million weights, in float32
on two threads. Ours and Hugging Face's have the same weights, drawn at random, and write 200 tokens greedily
after the same 16. “ours” is `tfm.generate.writing.generate` with its cache, “ours, Quick” the same over a
`Quick` model, “Hugging Face” its `generate` with a dynamic cache and fused attention. That all of them write
the same tokens is checked first. nanoGPT, where FOLDER holds its repository, writes as many by its own
`generate`, which has no cache, with weights of its own. All take turns in one process; a ratio above 1 says
that it is quicker than Hugging Face. Prints a table and writes results/generation.json. --quick writes 20
tokens three times, to see that it works, and stores nothing.
"""

import argparse
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from _gpts import BASE, huggingface, nanogpt, ours
from _measure import machine, steady_memory, summary, take_turns, write_results

from tfm.generate.fast import Quick
from tfm.generate.sampling import Sampling
from tfm.generate.writing import generate

if TYPE_CHECKING:
    from collections.abc import Callable

PROMPT, TOKENS, QUICK_TOKENS, THREADS = 16, 200, 20, 2
PEER = "Hugging Face"
TARGETS = {"ours": 1.5, "ours, Quick": 2.5}


def main() -> None:
    """Check that all write the same, then let them take turns."""
    parser = argparse.ArgumentParser(description="Race our writing against Hugging Face's.")
    parser.add_argument("--nanogpt", type=Path, help="a folder with nanoGPT's repository")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="20 tokens, three rounds; nothing is written")
    args = parser.parse_args()
    steady_memory()
    torch.set_num_threads(THREADS)
    torch.manual_seed(0)
    n = QUICK_TOKENS if args.quick else TOKENS
    writers = _writers(n, args.nanogpt)
    texts = {name: write() for name, write in writers.items() if name != "nanoGPT"}
    same = all(text == texts[PEER] for text in texts.values())
    times = take_turns(writers, 3 if args.quick else args.rounds, warm_up=1)
    rows = [_row(name, times[name], times[PEER], n) for name in writers]
    for row in rows:
        _show(row)
    print(f"all wrote the same tokens: {same}")
    if not args.quick:
        about = {"machine": machine("torch", "transformers"), "threads": THREADS, "sizes": BASE, "tokens": n}
        print(f"written to {write_results('generation', {**about, 'same_tokens': same, 'rows': rows})}")


def _writers(n: int, folder: Path | None) -> "dict[str, Callable[[], list[int]]]":
    model = ours(BASE).eval()
    for p in model.parameters():  # larger than first weights, so that the text does not stand still at once
        torch.nn.init.normal_(p, std=0.1)
    peer: Any = huggingface(model)
    peer.eval()
    quick = Quick(model)
    prompt = torch.randint(BASE["vocab_size"], (1, PROMPT))
    whole, settings = torch.ones_like(prompt), Sampling(max_new=n, temperature=0)

    def theirs() -> list[int]:
        with torch.inference_mode():
            ids = peer.generate(
                prompt, attention_mask=whole, max_new_tokens=n, do_sample=False, pad_token_id=0
            )
        return list(ids[0, PROMPT:].tolist())

    writers: dict[str, Callable[[], list[int]]] = {
        PEER: theirs,
        "ours": lambda: generate(model, prompt.tolist(), settings)[0],
        "ours, Quick": lambda: generate(quick, prompt.tolist(), settings)[0],
    }
    if folder:
        plain = nanogpt(folder, BASE, bias=True).eval()

        def uncached() -> list[int]:
            return list(plain.generate(prompt, n, top_k=1)[0, PROMPT:].tolist())

        writers["nanoGPT"] = uncached
    return writers


def _row(name: str, mine: list[float], peers: list[float], n: int) -> dict[str, Any]:
    ratios = [peer / own for own, peer in zip(mine, peers, strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4)
    return {
        "writer": name,
        "tokens_per_second": round(n / statistics.median(mine), 1),
        **summary([seconds / n for seconds in mine]),
        "ratio": round(median, 2),
        "ratio_quartiles": [round(low, 2), round(high, 2)],
        "target": TARGETS.get(name),
    }


def _show(row: dict[str, Any]) -> None:
    low, high = row["ratio_quartiles"]
    wanted = f"   target {row['target']}" if row["target"] else ""
    print(
        f"{row['writer']:<13} {row['median_ms']:7.3f} ms a token, {row['tokens_per_second']:7.1f} a second   "
        f"ratio {row['ratio']:.2f} ({low:.2f} to {high:.2f}){wanted}",
        flush=True,
    )


if __name__ == "__main__":
    main()
