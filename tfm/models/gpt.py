"""GPT: a stack of layers that look back only, and a score for every token that may come next.

    ids ─▶ token (+ position) ─▶ layer 1 ─▶ … ─▶ layer n ─▶ norm ─▶ logits

Pre-norm layers, as in Radford et al., “Language Models are Unsupervised Multitask Learners”, 2019, section 2.3;
the parts that `GPTConfig` names make it GPT-2, Llama, or something between. This file knows nothing of text, of
training, of choosing a token or of anybody's weight files.
"""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from tfm.models.gpt_config import GPTConfig
from tfm.nn.alibi import ALiBi, fused_biased
from tfm.nn.attention import Attend, MultiHeadAttention, fused
from tfm.nn.cache import KeyValueCache
from tfm.nn.core import NormedQueryKey, around
from tfm.nn.dropout import Dropout, Dropped
from tfm.nn.embedding import TokenEmbedding, Unembedding
from tfm.nn.feedforward import FeedForward, GatedFeedForward, gelu_tanh, squared_relu
from tfm.nn.grouped_attention import GroupedQueryAttention
from tfm.nn.layer import EncoderLayer, PreNorm
from tfm.nn.mask import causal_mask
from tfm.nn.norm import LayerNorm, RMSNorm
from tfm.nn.position import LearnedPositions, SinusoidalPositions
from tfm.nn.rotary import Rotary

STANDARD_DEVIATION = 0.02  # of the first weights, as in GPT-2's program
NORMS: dict[str, Callable[..., nn.Module]] = {"layer": LayerNorm, "rms": RMSNorm}
FEED_FORWARDS: dict[str, Callable[..., nn.Module]] = {
    "gelu": FeedForward,
    "gelu_tanh": partial(FeedForward, activation=gelu_tanh),
    "relu": partial(FeedForward, activation=functional.relu),
    "squared_relu": partial(FeedForward, activation=squared_relu),
    "swiglu": GatedFeedForward,
}


class GPTCache:
    """What a GPT keeps between two calls: each layer's keys and values.

    Attributes:
        layers: a `KeyValueCache` for each layer.
    """

    def __init__(self, layers: Sequence[KeyValueCache]) -> None:
        self.layers = list(layers)

    @property
    def length(self) -> int:
        """How many positions are kept."""
        return self.layers[0].length

    @property
    def max_length(self) -> int:
        """How many there is room for."""
        return self.layers[0].max_length

    def rewind(self, length: int = 0) -> None:
        """Forget all but the first positions; see `KeyValueCache.rewind`."""
        for layer in self.layers:
            layer.rewind(length)

    def reorder(self, rows: Int[Tensor, "B"]) -> None:
        """Let row b go on from what row rows[b] has kept; see `KeyValueCache.reorder`."""
        for layer in self.layers:
            layer.reorder(rows)


class GPT(nn.Module):
    """Token ids in, logits of the next token at every position out.

    Args:
        config: sizes and parts.

    Example:
        >>> config = GPTConfig(vocab_size=65, context=16, d_model=8, n_layers=2, n_heads=2, positions="rotary")
        >>> model, ids = GPT(config).eval(), torch.tensor([[3, 1, 4, 1, 5]])
        >>> model(ids).shape
        torch.Size([1, 5, 65])
        >>> cache = model.new_cache(batch=1, max_length=16)
        >>> with torch.no_grad():
        ...     steps = torch.cat([model(ids[:, :3], cache=cache), model(ids[:, 3:], cache=cache)], dim=1)
        >>> torch.allclose(steps, model(ids), atol=1e-5)
        True

    Source: Radford et al., 2019, section 2.3.
    """

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config
        self.tokens = TokenEmbedding(config.vocab_size, config.d_model)
        self.positions: Any = _positions(config)
        self.dropout = Dropout(config.dropout)
        self.layers = nn.ModuleList(_layer(config) for _ in range(config.n_layers))
        self.norm = NORMS[config.norm](config.d_model, eps=config.norm_eps)
        tied: Any = self.tokens.weight if config.tied else None
        self.scores = Unembedding(config.d_model, config.vocab_size, weight=tied)
        self._initialise()

    @property
    def decoder_layers(self) -> list[Any]:
        """The layers, in order."""
        return list(self.layers)

    @property
    def context(self) -> int:
        """The longest text it is trained on, in tokens."""
        return self.config.context

    @property
    def window(self) -> int | None:
        """How many tokens a position may look at, itself among them; None: all before it."""
        return self.config.window

    @property
    def vocab_size(self) -> int:
        """V."""
        return self.config.vocab_size

    def forward(
        self,
        ids: Int[Tensor, "B T"],
        *,
        padding: Int[Tensor, "B"] | None = None,
        cache: GPTCache | None = None,
        attends: Sequence[Attend | None] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Score what may come after every position.

        Args:
            ids: token ids, B × T.
            padding: how many filler tokens stand on the left of each row, B; they are never looked at, and the
                first token behind them stands at position 0.
            cache: keys and values of earlier calls, by `new_cache`; `ids` then holds the new tokens alone.
            attends: for each layer another innermost core of attention for this call, such as `Recorded()`;
                rotary positions, ALiBi and the norm of queries and keys stay around it.

        Returns:
            The logits, B × T × V; those at filler tokens mean nothing.

        Raises:
            ValueError: an id, the length, the padding or the cache does not fit.
        """
        start, n = 0 if cache is None else cache.length, ids.shape[1]
        x = self.tokens(ids)  # B T C
        if self.positions is not None:
            x = x + self._places(start, n, padding)
        x = self.dropout(x)
        mask = _mask(start, n, padding, ids.device, self.window)
        for i, layer in enumerate(self.decoder_layers):
            inner = attends[i] if attends else None
            attend = around(layer.attention.attend, inner) if inner else None
            x = layer(x, mask, attend, cache.layers[i] if cache else None)
        return self.scores(self.norm(x))

    def new_cache(self, batch: int, max_length: int, dtype: torch.dtype | None = None) -> GPTCache:
        """Make an empty cache.

        Args:
            batch: B, texts that are written side by side.
            max_length: the longest text, in tokens, filler included.
            dtype: of the keys and values; that of the weights when None.

        Returns:
            A cache of length 0, to be passed to every call for these texts.
        """
        return GPTCache(
            [layer.attention.new_cache(batch, max_length, dtype) for layer in self.decoder_layers]
        )

    def _places(self, start: int, n: int, padding: Tensor | None) -> Tensor:
        """The position vectors of n tokens from `start` on: T C, or B T C where rows begin at different places."""
        if padding is None:
            return self.positions(n, start)
        places = torch.arange(start, start + n, device=padding.device) - padding[:, None]  # B T
        return self.positions(start + n)[places.clamp(min=0)]  # B T C

    @torch.no_grad()
    def _initialise(self) -> None:
        for name, module in self.named_modules():
            if isinstance(module, nn.Linear):
                last = name.endswith(("attention.output", "feed_forward.down"))
                shrink = math.sqrt(2 * self.config.n_layers) if last else 1.0
                nn.init.normal_(module.weight, std=STANDARD_DEVIATION / shrink)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)
        for table in (self.tokens, self.scores):
            nn.init.normal_(table.weight, std=STANDARD_DEVIATION)


def _mask(
    start: int, n: int, padding: Tensor | None, device: torch.device, window: int | None
) -> Bool[Tensor, "B 1 T S"] | None:
    """Who may look where: back, at what the window shows, not at filler; a filler token looks at itself."""
    near = window is None or start + n <= window
    if n == 1 and padding is None and near:
        return None
    back = causal_mask(n, device, before=start)  # 1 1 T S
    if window is not None and not near:
        back = back.triu(start - window + 1)
    if padding is None:
        return back
    keys = torch.arange(start + n, device=device)  # S
    real = keys >= padding[:, None, None, None]  # B 1 1 S
    return back & real | (keys == keys[start:, None])


def _positions(config: GPTConfig) -> nn.Module | None:
    """What is added to the tokens; None where positions act inside attention, or not at all."""
    if config.positions == "learned":
        return LearnedPositions(config.context, config.d_model)
    return SinusoidalPositions(config.d_model) if config.positions == "sinusoidal" else None


def _core(config: GPTConfig) -> Attend:
    dropped = config.dropout > 0
    core: Attend = Dropped(p=config.dropout) if dropped else fused
    if config.positions == "alibi":
        bias_core: Any = Dropped(fused_biased, config.dropout) if dropped else fused_biased  # type: ignore[arg-type]
        core = ALiBi(config.n_heads, bias_core)
    if config.positions == "rotary":
        core = Rotary(config.d_head, core, base=config.rotary_base, scaling=config.rotary_scaling)
    return NormedQueryKey(config.d_head, core, eps=config.norm_eps) if config.qk_norm else core


def _layer(config: GPTConfig) -> EncoderLayer:
    c, core = config, _core(config)
    assert c.n_kv_heads is not None  # filled in by the configuration
    biases: dict[str, Any] = {
        "bias": c.bias in {True, "attention", "query_key_value"},
        "output_bias": c.bias in {True, "attention"},
    }
    if c.n_kv_heads == c.n_heads:
        attention = MultiHeadAttention(c.d_model, c.n_heads, attend=core, d_head=c.head_dim, **biases)
    else:
        attention = GroupedQueryAttention(
            c.d_model, c.n_heads, c.n_kv_heads, attend=core, d_head=c.head_dim, **biases
        )
    wirings = [PreNorm(NORMS[c.norm](c.d_model, eps=c.norm_eps), c.dropout) for _ in range(2)]
    wide = FEED_FORWARDS[c.feed_forward](c.d_model, c.d_ff, bias=c.bias in {True, "feed_forward"})
    return EncoderLayer(attention, wide, *wirings)
