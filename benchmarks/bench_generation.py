r"""How fast does a GPT write on a CPU, one text at a time, beside Hugging Face's generate?

    tfm train shakespeare --out RUN --set context=256 d_model=384 n_layers=6 n_heads=6 norm=layer \
        feed_forward=gelu positions=learned bias=true tied=true start=usual optimiser=muon rate=0.02 \
        adam_rate=0.003 token_rate=0.003 schedule=trapezoid floor=0 batch=8 steps=400 evaluate_every=100
    python benchmarks/bench_generation.py --model RUN [--nanogpt FOLDER] [--rounds 9] [--quick]

The shape is nanoGPT's baby GPT: 6 layers, 6 heads, width 384, context 256, 10.7 million weights, in float32
on two threads. All of ours and Hugging Face's have the same weights and write 200 tokens after the same 16.
“ours” is `tfm.generate.writing.generate` with its cache, “ours, packed” the same over a `PackedModel`, “Hugging
Face” its `generate` with a dynamic cache and fused attention. They take turns in one process; a ratio above 1
says that a writer is quicker than Hugging Face in the same round.

The first part has weights drawn at random and writes greedily; nanoGPT, where FOLDER holds its repository, writes
as many by its own `generate`, which has no cache, with weights of its own. The second part, where RUN is a run
of `tfm train` of that shape on tiny Shakespeare, has drafts guess (`tfm.generate.speculative`, packed): one
that looks back in the text so far, one that counted the training text, and both. Greedily, Hugging Face looks
back too, in a row of its own (`prompt_lookup_num_tokens`). Guessing is worth what the text lets it be, so it is
measured on what a trained model writes after six places of the validation text: greedily, which soon runs in
circles and is easily guessed, and drawn at temperature 0.8. Beside the time stands how many tokens came out of
each pass and which share of the guesses was right.

That all write the same tokens, where they are not drawn or are drawn by our own dice, is checked first. Prints
tables and writes results/generation.json. --quick writes 20 tokens three times, to see that it works, and stores
nothing.
"""

import argparse
import itertools
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from _gpts import BASE, huggingface, nanogpt, ours
from _measure import machine, steady_memory, summary, take_turns, write_results

from tfm.data.corpora import load_corpus
from tfm.generate.drafts import Counted, FirstOf, LookBack
from tfm.generate.packed import PackedModel
from tfm.generate.sampling import Sampling
from tfm.generate.speculative import MOST, Speculative
from tfm.generate.writing import generate
from tfm.pretrained.folder import load_model
from tfm.train.checkpoint import model_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tfm.models.gpt import GPT

PROMPT, TOKENS, QUICK_TOKENS, THREADS, PLACES = 16, 200, 20, 2, 6
DRAWN = 0.8
PEER, LOOKUP, BOTH = "Hugging Face", "Hugging Face, looking back", "ours, both drafts"


class Part(NamedTuple):
    """One table: who writes, and after what."""

    name: str
    writers: "dict[str, Callable[[list[int]], list[int]]]"
    prompts: list[list[int]]
    same: "Sequence[str]"  # those whose tokens must be equal
    guessers: dict[str, Speculative]
    targets: dict[str, float]


def main() -> None:
    """Check that all write the same, then let them take turns."""
    parser = argparse.ArgumentParser(description="Race our writing against Hugging Face's.")
    parser.add_argument("--model", type=Path, help="a run of `tfm train` of this shape, for drafts to guess")
    parser.add_argument("--nanogpt", type=Path, help="a folder with nanoGPT's repository")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="20 tokens, three rounds; nothing is written")
    args = parser.parse_args()
    steady_memory()
    torch.set_num_threads(THREADS)
    n, rounds = (QUICK_TOKENS, 3) if args.quick else (TOKENS, args.rounds)
    parts = [_random_part(n, args.nanogpt)]
    if args.model:
        parts += _trained_parts(args.model, n)
    results = {part.name: _measured(part, rounds, n) for part in parts}
    if not args.quick:
        about = {"machine": machine("torch", "transformers"), "threads": THREADS, "sizes": BASE, "tokens": n}
        print(f"written to {write_results('generation', {**about, **results})}")


def _random_part(n: int, folder: Path | None) -> Part:
    torch.manual_seed(0)
    model = ours(BASE).eval()
    for p in model.parameters():  # larger than first weights, so that the text does not stand still at once
        torch.nn.init.normal_(p, std=0.1)
    prompt = torch.randint(BASE["vocab_size"], (PROMPT,)).tolist()
    writers = _writers(model, PackedModel(model), Sampling(max_new=n, temperature=0))
    same = list(writers)
    if folder:
        plain = nanogpt(folder, BASE, bias=True).eval()

        def uncached(ids: list[int]) -> list[int]:
            return list(plain.generate(torch.tensor([ids]), n, top_k=1)[0, len(ids) :].tolist())

        writers["nanoGPT"] = uncached
    return Part("random weights, greedy", writers, [prompt], same, {}, {"ours": 1.5})


def _trained_parts(run: Path, n: int) -> list[Part]:
    model, tokenizer = load_model(model_folder(run))
    learned, judged = (tokenizer.encode(part) for part in load_corpus("shakespeare").split())
    prompts = [judged[i : i + PROMPT] for i in range(0, len(judged) - PROMPT, len(judged) // PLACES)][:PLACES]
    counted, quick = Counted(learned), PackedModel(model)
    parts = []
    for name, temperature in (("trained, greedy", 0.0), (f"trained, drawn at {DRAWN}", DRAWN)):
        settings = Sampling(max_new=n, temperature=temperature)
        writers = _writers(model, quick, settings)
        if not temperature:
            writers[LOOKUP] = _by_peer(model, settings, prompt_lookup_num_tokens=MOST)
        guessers = {
            "ours, looking back": Speculative(quick, LookBack()),
            "ours, counted": Speculative(quick, counted),
            BOTH: Speculative(quick, FirstOf(LookBack(shortest=10), counted)),
        }
        for label, guesser in guessers.items():
            writers[label] = _by(guesser, settings)
        same = [label for label in writers if temperature == 0 or label != PEER]
        parts.append(Part(name, writers, prompts, same, guessers, {} if temperature else {BOTH: 2.5}))
    return parts


def _writers(
    model: "GPT", quick: PackedModel, settings: Sampling
) -> "dict[str, Callable[[list[int]], list[int]]]":
    """Hugging Face, ours, and ours over the quick model."""
    theirs = _by_peer(model, settings)
    return {PEER: theirs, "ours": _by(model, settings), "ours, packed": _by(quick, settings)}


def _by_peer(model: "GPT", settings: Sampling, **more: Any) -> "Callable[[list[int]], list[int]]":
    """Write with Hugging Face's generate; `more` are words of its own."""
    peer: Any = huggingface(model)
    peer.eval()
    drawn = {"do_sample": True, "temperature": settings.temperature, "top_k": 0}
    how = drawn if settings.temperature else {"do_sample": False}

    def theirs(ids: list[int]) -> list[int]:
        prompt = torch.tensor([ids])
        with torch.inference_mode():
            told = {"attention_mask": torch.ones_like(prompt), "pad_token_id": 0, **how, **more}
            written = peer.generate(prompt, max_new_tokens=settings.max_new, **told)
        return list(written[0, len(ids) :].tolist())

    return theirs


def _by(model: Any, settings: Sampling) -> "Callable[[list[int]], list[int]]":
    return lambda ids: generate(model, [ids], settings)[0]


def _measured(part: Part, rounds: int, n: int) -> dict[str, Any]:
    texts = {name: [part.writers[name](prompt) for prompt in part.prompts] for name in part.same}
    same = all(text == texts[part.same[-1]] for text in texts.values())
    guessed = {name: _tally(guesser) for name, guesser in part.guessers.items()}  # of each prompt once
    turns = {name: _in_turn(write, part.prompts) for name, write in part.writers.items()}
    times = take_turns(turns, rounds, warm_up=1)
    rows = [_row(name, times[name], times[PEER], n, part.targets) | guessed.get(name, {}) for name in times]
    print(part.name)
    for row in rows:
        _show(row)
    print(f"all wrote the same tokens: {same}")
    return {"same_tokens": same, "rows": rows}


def _in_turn(write: "Callable[[list[int]], list[int]]", prompts: list[list[int]]) -> "Callable[[], object]":
    """Write after the next prompt each time: in one round everybody has the same one."""
    following = itertools.cycle(prompts)
    return lambda: write(next(following))


def _tally(guesser: Speculative) -> dict[str, Any]:
    tally = guesser.tally
    return {
        "tokens_a_pass": round(1 + tally.right / tally.passes, 2),
        "guesses_a_pass": round(tally.guessed / tally.passes, 2),
        "guesses_right": round(tally.accepted, 2),
    }


def _row(
    name: str, mine: list[float], peers: list[float], n: int, targets: dict[str, float]
) -> dict[str, Any]:
    ratios = [peer / own for own, peer in zip(mine, peers, strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4)
    return {
        "writer": name,
        "tokens_per_second": round(n / statistics.median(mine), 1),
        **summary([seconds / n for seconds in mine]),
        "ratio": round(median, 2),
        "ratio_quartiles": [round(low, 2), round(high, 2)],
        "target": targets.get(name),
    }


def _show(row: dict[str, Any]) -> None:
    low, high = row["ratio_quartiles"]
    wanted = f"   target {row['target']}" if row["target"] else ""
    guessed = (
        f"   {row['tokens_a_pass']:.2f} tokens a pass, {row['guesses_right']:.0%} of the guesses right"
        if "tokens_a_pass" in row
        else ""
    )
    print(
        f"{row['writer']:<26} {row['median_ms']:7.3f} ms a token, {row['tokens_per_second']:7.1f} a second   "
        f"ratio {row['ratio']:.2f} ({low:.2f} to {high:.2f}){wanted}{guessed}",
        flush=True,
    )


if __name__ == "__main__":
    main()
