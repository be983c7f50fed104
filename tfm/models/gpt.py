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
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from tfm.models.gpt_config import GPTConfig
from tfm.nn.alibi import alibi_mask
from tfm.nn.attention import Attend, MultiHeadAttention, Transform
from tfm.nn.body import Body, BodyCache
from tfm.nn.dropout import Dropout
from tfm.nn.embedding import TokenEmbedding, Unembedding
from tfm.nn.feedforward import FeedForward, GatedFeedForward, gelu_tanh, squared_relu
from tfm.nn.grouped_attention import GroupedQueryAttention
from tfm.nn.layer import EncoderLayer, PreNorm
from tfm.nn.mask import causal_mask
from tfm.nn.norm import LayerNorm, RMSNorm
from tfm.nn.position import LearnedPositions, SinusoidalPositions
from tfm.nn.query_key_norm import QueryKeyNorm
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


class GPT(nn.Module):
    """Token ids in, logits of the next token at every position out.

    Args:
        config: sizes and parts.
        mixer: makes what stands in a layer in the place of attention, a `tfm.nn.layer.Mixer`; attention as the
            configuration says when None.

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

    def __init__(self, config: GPTConfig, mixer: Callable[[GPTConfig], nn.Module] | None = None) -> None:
        super().__init__()
        self.config = config
        self.tokens = TokenEmbedding(config.vocab_size, config.d_model)
        self.positions: Any = _positions(config)
        self.dropout = Dropout(config.dropout)
        make = _attention if mixer is None else mixer
        self.layers = Body(_layer(config, make(config)) for _ in range(config.n_layers))
        self.norm = NORMS[config.norm](config.d_model, eps=config.norm_eps)
        tied: Any = self.tokens.weight if config.tied else None
        self.scores = Unembedding(config.d_model, config.vocab_size, weight=tied)
        self._initialise()

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
        cache: BodyCache | None = None,
        attends: Sequence[Attend | None] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Score what may come after every position.

        Args:
            ids: token ids, B × T.
            padding: how many filler tokens stand on the left of each row, B; they are never looked at, and the
                first token behind them stands at position 0.
            cache: keys and values of earlier calls, by `new_cache`; `ids` then holds the new tokens alone.
            attends: for each layer another core of attention for this call, such as `Recorded()`; it is given the
                mask written out.

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
        looks = self.looks(n, start, padding, written=attends is not None)
        return self.scores(self.norm(self.layers(x, attends=attends, cache=cache, **looks)))

    def looks(
        self, n: int, start: int = 0, padding: Int[Tensor, "B"] | None = None, *, written: bool = False
    ) -> dict[str, Any]:
        """Say who may look where: back, at what the window shows, not at filler; filler looks at itself.

        Args:
            n: T, how many positions ask.
            start: how many came before.
            padding: as in `forward`.
            written: whether to write a mask where `causal` would do.

        Returns:
            What a layer is told: a `mask`, B × H × T × S or 1 where it is shared, or `causal` where that says all.
        """
        near, slopes = self.window is None or start + n <= self.window, self.config.positions == "alibi"
        if near and padding is None and not slopes and (n == 1 or not written):
            return {"causal": n > 1}
        mask = causal_mask(n, self.tokens.weight.device, before=start)  # 1 1 T S
        if self.window is not None and not near:
            mask = mask.triu(start - self.window + 1)
        if padding is not None:
            keys = torch.arange(start + n, device=padding.device)  # S
            mask = mask & (keys >= padding[:, None, None, None]) | (keys == keys[start:, None])  # B 1 T S
        return {"mask": alibi_mask(self.config.n_heads, n, before=start, mask=mask) if slopes else mask}

    def new_cache(self, batch: int, max_length: int, dtype: torch.dtype | None = None) -> BodyCache:
        """Make an empty cache: see `Body.new_cache`; the longest text counts filler, too."""
        return self.layers.new_cache(batch, max_length, dtype)

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


def _positions(config: GPTConfig) -> nn.Module | None:
    """What is added to the tokens; None where positions act inside attention, or not at all."""
    if config.positions == "learned":
        return LearnedPositions(config.context, config.d_model)
    return SinusoidalPositions(config.d_model) if config.positions == "sinusoidal" else None


def _transform(c: GPTConfig) -> Transform | None:
    rotary = c.positions == "rotary"
    turn = Rotary(c.d_head, base=c.rotary_base, scaling=c.rotary_scaling) if rotary else None
    return QueryKeyNorm(c.d_head, turn, eps=c.norm_eps) if c.qk_norm else turn


def _attention(c: GPTConfig) -> MultiHeadAttention:
    assert c.n_kv_heads is not None  # filled in by the configuration
    options: dict[str, Any] = {
        "bias": c.bias in {True, "attention", "query_key_value"},
        "output_bias": c.bias in {True, "attention"},
        "d_head": c.head_dim,
        "transform": _transform(c),
        "dropout": c.dropout,
    }
    if c.n_kv_heads == c.n_heads:
        return MultiHeadAttention(c.d_model, c.n_heads, **options)
    return GroupedQueryAttention(c.d_model, c.n_heads, c.n_kv_heads, **options)


def _layer(c: GPTConfig, mixer: nn.Module) -> EncoderLayer:
    wirings = [PreNorm(NORMS[c.norm](c.d_model, eps=c.norm_eps), c.dropout) for _ in range(2)]
    wide = FEED_FORWARDS[c.feed_forward](c.d_model, c.d_ff, bias=c.bias in {True, "feed_forward"})
    return EncoderLayer(mixer, wide, *wirings)
