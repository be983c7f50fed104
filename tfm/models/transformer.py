"""The Transformer of 2017: an encoder reads a sentence, a decoder writes another and looks across at every step.

    source ids ─▶ embedding + position ─▶ encoder layer × N ─▶ memory
                                                                 │
    target ids ─▶ embedding + position ─▶ decoder layer × N ◀────┘ ─▶ logits of the next target token

Source: Vaswani et al., “Attention Is All You Need”, 2017, section 3. Its layers are post-norm; with `wiring="pre"`
each stack ends with one more norm (Xiong et al., 2020). This file knows nothing of text, of training or of
choosing a token.

| here | in the paper | `torch.nn.Transformer` | `MarianConfig` |
| --- | --- | --- | --- |
| `d_model`, `d_ff` | d_model, d_ff | `d_model`, `dim_feedforward` | `d_model`, `encoder_ffn_dim` |
| `n_heads` | h | `nhead` | `encoder_attention_heads` |
| `n_layers` | N | `num_encoder_layers` | `encoder_layers` |
| `dropout` | P_drop | `dropout` | `dropout` |
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional

from tfm.models.transformer_writer import TransformerCache, TransformerWriter
from tfm.names import Fields, Size, require_known
from tfm.nn.attention import Attend, MultiHeadAttention
from tfm.nn.body import Body
from tfm.nn.decoder import DecoderLayer
from tfm.nn.dropout import Dropout, require_share
from tfm.nn.embedding import ScaledTokenEmbedding, Unembedding
from tfm.nn.feedforward import FeedForward, gelu_tanh, squared_relu
from tfm.nn.layer import EncoderLayer, PostNorm, PreNorm
from tfm.nn.mask import Mask, causal_mask, padding_mask
from tfm.nn.norm import LayerNorm
from tfm.nn.position import LearnedPositions, SinusoidalPositions
from tfm.shapes import require_heads

WIRINGS: dict[str, Callable[..., nn.Module]] = {"post": PostNorm, "pre": PreNorm}
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "gelu_tanh": gelu_tanh,
    "squared_relu": squared_relu,
}
POSITIONS = ("sinusoidal", "learned")


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformerConfig(Fields):
    """Sizes and parts; the defaults are the paper's base model. Checked once, when it is made.

    Attributes:
        source_vocab_size: V of the language that is read.
        target_vocab_size: V of the language that is written.
        d_model: C.
        n_layers: layers of the encoder, and as many of the decoder.
        n_heads: H; divides `d_model`.
        d_ff: F.
        dropout: share of each part's output and of the embeddings set to 0 while training.
        wiring: “post” as in the paper, or “pre”.
        positions: “sinusoidal” as in the paper, or “learned”.
        feed_forward: the activation in the feed-forward network: relu, gelu, gelu_tanh, squared_relu.
        shared: whether one table reads both languages and scores the target's tokens, as in the paper; both
            vocabularies are then one.
        context: the longest sentence, in tokens.
        pad_id: the id that fills sentences up on the right; it is never looked at.
        norm_eps: added to the variance in every norm.

    Raises:
        ValueError: a size is out of range, sizes do not fit, or a name is unknown.

    Example:
        >>> TransformerConfig(source_vocab_size=37_000, target_vocab_size=37_000).d_head
        64
    """

    source_vocab_size: Size
    target_vocab_size: Size
    d_model: Size = 512
    n_layers: Size = 6
    n_heads: Size = 8
    d_ff: Size = 2048
    dropout: float = 0.1
    wiring: str = "post"
    positions: str = "sinusoidal"
    feed_forward: str = "relu"
    shared: bool = True
    context: Size = 512
    pad_id: int = 0
    norm_eps: float = 1e-5

    def __post_init__(self) -> None:
        self.require_ranges()
        require_heads(self.d_model, self.n_heads)
        require_known("wiring", self.wiring, tuple(WIRINGS))
        require_known("positions", self.positions, POSITIONS)
        require_known("feed_forward", self.feed_forward, tuple(ACTIVATIONS))
        require_share(self.dropout)
        if self.shared and self.source_vocab_size != self.target_vocab_size:
            raise ValueError(
                f"one shared table cannot have {self.source_vocab_size} rows for the source and "
                f"{self.target_vocab_size} for the target: pass shared=False, or one vocabulary for both"
            )
        if not 0 <= self.pad_id < min(self.source_vocab_size, self.target_vocab_size):
            raise ValueError(f"pad_id ({self.pad_id}) must be an id of both vocabularies: 0 is usual")

    @property
    def d_head(self) -> int:
        """D, the width of one head."""
        return self.d_model // self.n_heads


class Transformer(nn.Module):
    """Two sentences in, a score for each token that may come next in the second one.

    Args:
        config: sizes and parts.

    Example:
        >>> config = TransformerConfig(source_vocab_size=9, target_vocab_size=9, d_model=8, n_heads=2, n_layers=1)
        >>> model = Transformer(config).eval()
        >>> source, target = torch.tensor([[3, 4, 5, 0]]), torch.tensor([[1, 7, 8]])
        >>> model(source, target).shape
        torch.Size([1, 3, 9])
        >>> torch.allclose(model(source[:, :3], target), model(source, target), atol=1e-5)  # no look at padding
        True

    Source: Vaswani et al., 2017, section 3.
    """

    def __init__(self, config: TransformerConfig) -> None:
        super().__init__()
        self.config = c = config
        self.source_tokens = ScaledTokenEmbedding(c.source_vocab_size, c.d_model)
        self.target_tokens = (
            self.source_tokens if c.shared else ScaledTokenEmbedding(c.target_vocab_size, c.d_model)
        )
        self.source_positions, self.target_positions = _positions(c), _positions(c)
        self.dropout = Dropout(c.dropout)
        self.encoder = Body(_encoder_layer(c) for _ in range(c.n_layers))
        self.decoder = Body(_decoder_layer(c) for _ in range(c.n_layers))
        self.encoder_norm, self.decoder_norm = _last_norm(c), _last_norm(c)
        tied: Any = self.target_tokens.weight if c.shared else None
        self.scores = Unembedding(c.d_model, c.target_vocab_size, weight=tied)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.xavier_uniform_(module.weight)
                nn.init.zeros_(module.bias)

    def forward(
        self,
        source: Int[Tensor, "B S"],
        target: Int[Tensor, "B T"],
        memory_attends: Sequence[Attend | None] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Score what may come after every target token, the right ones before it being given (teacher forcing).

        Args:
            source: ids of the sentence that is read, B × S, padded on the right.
            target: ids of the sentence that is written, B × T, beginning with its start mark.
            memory_attends: for each decoder layer another core of cross-attention for this call.

        Returns:
            The logits, B × T × V.

        Raises:
            ValueError: an id or a length does not fit, or a source is all padding.
        """
        return self.decode(
            target, self.encode(source), self.memory_mask(source), memory_attends=memory_attends
        )

    def encode(
        self, source: Int[Tensor, "B S"], attends: Sequence[Attend | None] | None = None
    ) -> Float[Tensor, "B S C"]:
        """Read: every token has looked at every other.

        Args:
            source: padded on the right.
            attends: for each encoder layer another core of attention for this call.

        Returns:
            The memory, B × S × C; rows at padding mean nothing.
        """
        self._require_length(source.shape[1])
        mask = self.memory_mask(source)
        x = self.dropout(self.source_tokens(source) + self.source_positions(source.shape[1]))  # B S C
        return self.encoder_norm(self.encoder(x, mask=mask, attends=attends))

    def decode(
        self,
        target: Int[Tensor, "B T"],
        memory: Float[Tensor, "B S C"],
        memory_mask: Mask | None = None,
        *,
        cache: TransformerCache | None = None,
        attends: Sequence[Attend | None] | None = None,
        memory_attends: Sequence[Attend | None] | None = None,
    ) -> Float[Tensor, "B T V"]:
        """Write: score what may come after every target token.

        Args:
            target: with a cache, the new tokens alone.
            memory: by `encode`.
            memory_mask: where the memory may be looked at, by `memory_mask`, or any mask that broadcasts to
                B × H × T × S.
            cache: keys and values of earlier calls.
            attends: for each layer another core of self-attention for this call.
            memory_attends: for each layer another core of cross-attention for this call.

        Returns:
            The logits, B × T × V.
        """
        start, n = 0 if cache is None else cache.length, target.shape[1]
        self._require_length(start + n)
        x = self.dropout(self.target_tokens(target) + self.target_positions(n, start))  # B T C
        looks: dict[str, Any] = {"causal": n > 1}
        if attends is not None:  # another core is given the mask written out
            looks = {"mask": causal_mask(n, target.device, before=start)}  # 1 1 T S
        looks |= {"memory": memory, "memory_mask": memory_mask}
        x = self.decoder(x, attends=attends, memory_attends=memory_attends, cache=cache, **looks)
        return self.scores(self.decoder_norm(x))

    def memory_mask(self, source: Int[Tensor, "B S"]) -> Bool[Tensor, "B 1 1 S"]:
        """Where a source may be looked at: not at padding."""
        return padding_mask(source, self.config.pad_id)

    def new_cache(self, batch: int, max_length: int, dtype: torch.dtype | None = None) -> TransformerCache:
        """Make an empty cache for the decoder.

        Args:
            batch: B, sentences that are written side by side.
            max_length: the longest of them, in tokens.
            dtype: of keys and values; that of the weights when None.
        """
        return TransformerCache(self.decoder.new_cache(batch, max_length, dtype).layers)

    @torch.no_grad()
    def writer(self, source: Int[Tensor, "B S"]) -> TransformerWriter:
        """Read the sources, and give what writes their translations: called like a GPT, token by token.

        Args:
            source: padded on the right.
        """
        return TransformerWriter(self, self.encode(source), self.memory_mask(source))

    def _require_length(self, n: int) -> None:
        if n > self.config.context:
            raise ValueError(
                f"the sentence has {n} tokens and this model was made for {self.config.context}: shorten it, or "
                f"build the model with context={n}"
            )


def _positions(c: TransformerConfig) -> nn.Module:
    if c.positions == "learned":
        return LearnedPositions(c.context, c.d_model)
    return SinusoidalPositions(c.d_model)


def _last_norm(c: TransformerConfig) -> nn.Module:
    """Post-norm layers end with a norm of their own; a pre-norm stack needs one."""
    return LayerNorm(c.d_model, eps=c.norm_eps) if c.wiring == "pre" else nn.Identity()


def _wirings(c: TransformerConfig, n: int) -> list[nn.Module]:
    return [WIRINGS[c.wiring](LayerNorm(c.d_model, eps=c.norm_eps), c.dropout) for _ in range(n)]


def _encoder_layer(c: TransformerConfig) -> EncoderLayer:
    feed_forward = FeedForward(c.d_model, c.d_ff, ACTIVATIONS[c.feed_forward])
    return EncoderLayer(MultiHeadAttention(c.d_model, c.n_heads), feed_forward, *_wirings(c, 2))


def _decoder_layer(c: TransformerConfig) -> DecoderLayer:
    feed_forward = FeedForward(c.d_model, c.d_ff, ACTIVATIONS[c.feed_forward])
    looks, looks_across = (MultiHeadAttention(c.d_model, c.n_heads) for _ in range(2))
    return DecoderLayer(looks, looks_across, feed_forward, *_wirings(c, 3))
