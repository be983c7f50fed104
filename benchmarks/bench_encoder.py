"""How fast is our BERT encoder beside Hugging Face's, both on the CPU at all-MiniLM-L6-v2's size?

    python benchmarks/bench_encoder.py

Both run in one process, in turns, in fp32, in eval and inference mode, without a mask and with one. The peer
is `transformers.BertModel` with `attn_implementation="sdpa"`, its quickest. A ratio above 1 says that ours is
the quicker. Prints a table and writes benchmarks/results/encoder.json.
"""

import statistics
from typing import Any

import torch
import transformers
from _measure import machine, steady_memory, summary, take_turns, write_results

from tfm.models.bert import BertConfig, BertEncoder
from tfm.nn.mask import padding_mask
from tfm.pretrained import bert_to_huggingface, load_minilm

MINILM = BertConfig(vocab_size=30_522, d_model=384, n_layers=6, n_heads=12, d_ff=1_536)
SIZES = ((1, 64), (32, 64))  # batch × tokens
THREADS = (1, 2)
ROUNDS = {1: 51, 32: 15}  # by batch


def main() -> None:
    """Measure every size at every number of threads."""
    steady_memory()
    ours, weights = _ours()
    peer = _peer(ours)
    rows = []
    for threads in THREADS:
        torch.set_num_threads(threads)
        for batch, tokens in SIZES:
            for masked in (False, True):
                row = {"threads": threads, "batch": batch, "tokens": tokens, "mask": masked}
                rows.append(row | _race(ours, peer, batch, tokens, masked=masked))
                _show(rows[-1])
    path = write_results(
        "encoder",
        {"weights": weights, "machine": machine("torch", "transformers", "numpy"), "rows": rows},
    )
    print(f"weights: {weights}; written to {path}")


def _race(ours: BertEncoder, peer: Any, batch: int, tokens: int, *, masked: bool) -> dict[str, Any]:
    ids = torch.randint(1, MINILM.vocab_size, (batch, tokens), generator=torch.Generator().manual_seed(0))
    here = there = None
    if masked:
        ids[:, -4:] = MINILM.pad_id
        here, there = padding_mask(ids, MINILM.pad_id), (ids != MINILM.pad_id).long()
    contenders = {
        "ours": lambda: ours(ids, here),
        "peer": lambda: peer(ids, attention_mask=there),
    }
    with torch.inference_mode():
        apart = (ours(ids, here) - peer(ids, attention_mask=there).last_hidden_state).abs()
        if masked:
            apart = apart[ids != MINILM.pad_id]
        times = take_turns(contenders, ROUNDS[batch])
    ratio = statistics.median(times["peer"]) / statistics.median(times["ours"])
    return {
        "rounds": ROUNDS[batch],
        "ours": summary(times["ours"]),
        "peer": summary(times["peer"]),
        "ratio": round(ratio, 3),
        "largest_difference": float(f"{apart.max():.1e}"),
    }


def _show(row: dict[str, Any]) -> None:
    size = f"{row['threads']} thread{'s' * (row['threads'] > 1)}  {row['batch']:>2} × {row['tokens']}"
    masked = "mask   " if row["mask"] else "no mask"
    ours, peer = row["ours"]["median_ms"], row["peer"]["median_ms"]
    print(
        f"{size:<22} {masked}  ours {ours:8.2f} ms   peer {peer:8.2f} ms   ratio {row['ratio']:.3f}",
        flush=True,
    )


def _ours() -> tuple[BertEncoder, str]:
    encoder = load_minilm()
    if encoder.name == "all-MiniLM-L6-v2":
        return encoder.model, "all-MiniLM-L6-v2"
    return BertEncoder(MINILM).eval(), "random, of the same shapes (speed does not depend on values)"


def _peer(ours: BertEncoder) -> Any:
    config = ours.config
    shape = transformers.BertConfig(
        vocab_size=config.vocab_size,
        hidden_size=config.d_model,
        num_hidden_layers=config.n_layers,
        num_attention_heads=config.n_heads,
        intermediate_size=config.d_ff,
        attn_implementation="sdpa",
    )
    peer = transformers.BertModel(shape, add_pooling_layer=False).eval()
    peer.load_state_dict(bert_to_huggingface(ours))
    return peer


if __name__ == "__main__":
    main()
