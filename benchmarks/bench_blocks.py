"""How fast is each of our blocks beside PyTorch's own module, or Hugging Face's where PyTorch has none?

    python benchmarks/bench_blocks.py

Both run in one process, in turns, in fp32 on one thread, with the same weights' shapes. “forward” is eval in
inference mode, where PyTorch's attention and encoder layer take their own fast path; “training” is forward and
backward. A round times both, one after the other; its ratio is peer / ours, so that above 1 ours is the quicker.
What is reported is the median and the quartiles of the rounds' ratios: a slow second of the machine falls on both.
The clock counts the processor time of this process and its one thread, so that waiting for others is not counted.
Prints a table and writes benchmarks/results/blocks.json.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import torch
from _measure import machine, steady_memory, summary, write_results
from torch import Tensor, nn
from torch.nn import functional
from transformers import LlamaConfig
from transformers.models.llama.modeling_llama import LlamaDecoderLayer, LlamaMLP, LlamaRotaryEmbedding

from tfm.nn.attention import MultiHeadAttention, fused
from tfm.nn.decoder import DecoderLayer
from tfm.nn.embedding import TokenEmbedding, Unembedding
from tfm.nn.feedforward import FeedForward, GatedFeedForward
from tfm.nn.grouped_attention import GroupedQueryAttention
from tfm.nn.layer import EncoderLayer, PostNorm, PreNorm
from tfm.nn.mask import causal_mask
from tfm.nn.norm import LayerNorm, RMSNorm
from tfm.nn.rotary import Rotary

TARGET = 0.95
SECONDS = 5.0  # for one row, both contenders together
ROUNDS = (21, 1_000)  # at least, at most


class Size(NamedTuple):
    """Batch, tokens, width, heads, hidden width."""

    B: int
    T: int
    C: int
    H: int
    F: int


SIZES = {"small": Size(12, 64, 128, 4, 512), "base": Size(8, 256, 384, 6, 1_536)}
VOCABULARY = 5_000
GROUPS = 2  # heads of keys and values, where heads share


class Race(NamedTuple):
    """Two modules for one task, and how each is called with the same inputs."""

    name: str
    ours: nn.Module
    peer: nn.Module
    inputs: tuple[Tensor, ...]
    call: Callable[..., Tensor] = lambda module, *inputs: module(*inputs)
    call_peer: Callable[..., Tensor] = lambda module, *inputs: module(*inputs)
    peer_name: str = ""


def main() -> None:
    """Run every race at every size, in both modes."""
    steady_memory()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rows = []
    for label, size in SIZES.items():
        for race in (*_pytorchs(size), *_grouped_cores(size), *_llamas(size)):
            for mode in ("forward", "training"):
                rows.append({"block": race.name, "size": label, "mode": mode} | _run(race, mode))
                _show(rows[-1])
    sizes = {label: size._asdict() for label, size in SIZES.items()}
    path = write_results(
        "blocks", {"machine": machine("torch", "transformers"), "threads": 1, "sizes": sizes, "rows": rows}
    )
    short = [f"{r['block']} {r['size']} {r['mode']}" for r in rows if r["ratio"] < TARGET]
    print(f"below {TARGET}: {', '.join(short) or 'none'}; written to {path}")


def _pytorchs(size: Size) -> Iterator[Race]:
    B, T, C, H, F = size
    x, memory = torch.randn(B, T, C), torch.randn(B, T, C)
    ids = torch.randint(0, VOCABULARY, (B, T))
    mask, forbidden = causal_mask(T), ~causal_mask(T)[0, 0]
    yield Race("LayerNorm", LayerNorm(C), nn.LayerNorm(C), (x,))
    yield Race("RMSNorm", RMSNorm(C), nn.RMSNorm(C, eps=1e-6), (x,))
    yield Race("TokenEmbedding", TokenEmbedding(VOCABULARY, C), nn.Embedding(VOCABULARY, C), (ids,))
    yield Race("Unembedding", Unembedding(C, VOCABULARY), nn.Linear(C, VOCABULARY, bias=False), (x,))
    plain = nn.Sequential(nn.Linear(C, F), nn.GELU(), nn.Linear(F, C))
    yield Race("FeedForward", FeedForward(C, F), plain, (x,))
    attention = nn.MultiheadAttention(C, H, batch_first=True)
    yield Race("MultiHeadAttention", MultiHeadAttention(C, H), attention, (x,), call_peer=_attend)
    yield Race(
        "MultiHeadAttention, causal",
        MultiHeadAttention(C, H),
        attention,
        (x,),
        lambda module, x: module(x, mask=mask),
        lambda module, x: _attend(module, x, attn_mask=forbidden),
    )
    for wiring in (PostNorm, PreNorm):
        name = "post-norm" if wiring is PostNorm else "pre-norm"
        options: dict[str, Any] = {"dropout": 0.0, "activation": "gelu", "batch_first": True}
        options["norm_first"] = wiring is PreNorm
        encoder, decoder = _layer(EncoderLayer, 1, size, wiring), _layer(DecoderLayer, 2, size, wiring)
        yield Race(f"EncoderLayer, {name}", encoder, nn.TransformerEncoderLayer(C, H, F, **options), (x,))
        yield Race(
            f"DecoderLayer, {name}",
            decoder,
            nn.TransformerDecoderLayer(C, H, F, **options),
            (x, memory),
            lambda module, x, memory: module(x, memory, mask=mask),
            lambda module, x, memory: module(x, memory, tgt_mask=forbidden),
        )


def _grouped_cores(size: Size) -> Iterator[Race]:
    """The core over shared heads of keys, against copying each head as often as it is used."""
    B, T, C, H, _ = size
    key, value = torch.randn(2, B, GROUPS, T, C // H)
    for name, n in (("all queries", T), ("one query", 1)):
        inputs = torch.randn(B, H, n, C // H), key, value
        yield Race(
            f"grouped core, {name}", _Core(fused), _Core(_copied), inputs, peer_name="repeat_interleave"
        )


def _copied(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, None]:
    times = query.shape[1] // key.shape[1]
    key, value = key.repeat_interleave(times, dim=1), value.repeat_interleave(times, dim=1)
    return functional.scaled_dot_product_attention(query, key, value), None


class _Core(nn.Module):
    """A core of attention as a module without weights."""

    def __init__(self, attend: Callable[..., Any]) -> None:
        super().__init__()
        self.attend = attend

    def forward(self, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return self.attend(query, key, value)[0]


def _llamas(size: Size) -> Iterator[Race]:
    """The gated feed-forward network and a whole layer, against Hugging Face's Llama with its fused attention."""
    B, T, C, H, F = size
    config = LlamaConfig(
        hidden_size=C,
        num_attention_heads=H,
        num_key_value_heads=GROUPS,
        intermediate_size=F,
        attn_implementation="sdpa",
    )
    x = torch.randn(B, T, C)
    yield Race("GatedFeedForward", GatedFeedForward(C, F), LlamaMLP(config), (x,))
    layer = EncoderLayer(
        GroupedQueryAttention(C, H, GROUPS, bias=False, attend=Rotary(C // H)),
        GatedFeedForward(C, F),
        PreNorm(RMSNorm(C)),
        PreNorm(RMSNorm(C)),
    )
    turns, mask = LlamaRotaryEmbedding(config)(x, torch.arange(T)[None]), causal_mask(T)
    yield Race(
        "EncoderLayer, like Llama's",
        layer,
        LlamaDecoderLayer(config, layer_idx=0),
        (x,),
        lambda module, x: module(x, mask=mask),
        lambda module, x: module(x, attention_mask=mask, position_embeddings=turns),
    )


def _layer(kind: type[nn.Module], n_attentions: int, size: Size, wiring: type[nn.Module]) -> nn.Module:
    _, _, C, H, F = size
    attentions = (MultiHeadAttention(C, H) for _ in range(n_attentions))
    return kind(*attentions, FeedForward(C, F), *(wiring(LayerNorm(C)) for _ in range(n_attentions + 1)))


def _attend(module: nn.Module, x: Tensor, **options: Any) -> Tensor:
    return module(x, x, x, need_weights=False, **options)[0]


def _run(race: Race, mode: str) -> dict[str, Any]:
    contenders = {
        "ours": _once(race.ours, race.call, race.inputs, mode),
        "peer": _once(race.peer, race.call_peer, race.inputs, mode),
    }
    once = min(second for seconds in _take_turns(contenders, 3).values() for second in seconds)
    rounds = min(max(int(SECONDS / (2 * once)), ROUNDS[0]), ROUNDS[1])
    times = _take_turns(contenders, rounds)
    ratios = [peer / ours for ours, peer in zip(times["ours"], times["peer"], strict=True)]
    low, median, high = statistics.quantiles(ratios, n=4)
    return {
        "peer_name": race.peer_name or type(race.peer).__name__,
        "rounds": rounds,
        "ours": summary(times["ours"]),
        "peer": summary(times["peer"]),
        "ratio": round(median, 3),
        "ratio_quartiles": [round(low, 3), round(high, 3)],
    }


def _take_turns(contenders: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for turn in range(rounds):
        for name in list(contenders)[:: 1 if turn % 2 else -1]:  # nobody always follows the same neighbour
            start = time.process_time()
            contenders[name]()
            times[name].append(time.process_time() - start)
    return times


def _once(
    module: nn.Module, call: Callable[..., Tensor], inputs: tuple[Tensor, ...], mode: str
) -> Callable[[], object]:
    if mode == "forward":
        module.eval()
        return torch.inference_mode()(lambda: call(module, *inputs))
    leaves = tuple(x.clone().requires_grad_(x.is_floating_point()) for x in inputs)
    direction = torch.randn_like(call(module.train(), *leaves))

    def step() -> None:
        for tensor in (*leaves, *module.parameters()):
            tensor.grad = None
        call(module, *leaves).backward(direction)

    return step


def _show(row: dict[str, Any]) -> None:
    low, high = row["ratio_quartiles"]
    print(
        f"{row['block']:<28} {row['size']:<6} {row['mode']:<9} ours {row['ours']['median_ms']:8.3f} ms   "
        f"peer {row['peer']['median_ms']:8.3f} ms   ratio {row['ratio']:.3f} ({low:.3f} to {high:.3f})",
        flush=True,
    )


if __name__ == "__main__":
    main()
