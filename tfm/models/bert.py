"""BERT's encoder: text in, one vector for each token out, every token having looked both ways.

    ids ─▶ token + position + segment ─▶ norm ─▶ layer 1 ─▶ … ─▶ layer n ─▶ hidden states

Post-norm layers, as in 2017's encoder, with GELU and learned positions. Source: Devlin et al., “BERT:
Pre-training of Deep Bidirectional Transformers for Language Understanding”, 2019, section 3. This file knows
nothing of text, of pre-training or of anybody's weight files; those are read by `tfm.pretrained`.

| here | in the paper | in Hugging Face's `BertConfig` |
| --- | --- | --- |
| `d_model`, `n_layers`, `n_heads` | H, L, A | `hidden_size`, `num_hidden_layers`, `num_attention_heads` |
| `d_ff`, `max_positions` | 4H, 512 | `intermediate_size`, `max_position_embeddings` |
| `n_segments`, `norm_eps` | 2, – | `type_vocab_size`, `layer_norm_eps` |
| `dropout`, `pad_id` | 0.1, – | `hidden_dropout_prob`, `pad_token_id` |
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tfm.names import Fields, Size
from tfm.nn.attention import Attend, MultiHeadAttention
from tfm.nn.body import Body
from tfm.nn.dropout import Dropout
from tfm.nn.embedding import TokenEmbedding, require_ids
from tfm.nn.feedforward import FeedForward
from tfm.nn.layer import EncoderLayer, PostNorm
from tfm.nn.mask import Mask
from tfm.nn.norm import LayerNorm
from tfm.nn.position import LearnedPositions
from tfm.shapes import require_heads


@dataclass(frozen=True, kw_only=True, slots=True)
class BertConfig(Fields):
    """The numbers that fix a BERT encoder's shape; checked once, when it is made.

    Attributes:
        vocab_size: V, rows of the token table.
        d_model: C, the width of every hidden state.
        n_layers: how many layers are stacked.
        n_heads: H, heads in each layer; must divide `d_model`.
        d_ff: F, the feed-forward network's hidden width.
        max_positions: the longest text, in tokens.
        n_segments: how many segments are told apart; BERT read two sentences at a time.
        norm_eps: added to the variance in every norm.
        dropout: share of each part's output, and of the embeddings, set to 0 while training; 0 to below 1.
        pad_id: the id that fills short sentences up; `padding_mask(ids, config.pad_id)` hides it.

    Raises:
        ValueError: a size is below 1, the heads do not divide the width, `norm_eps` or `dropout` is out of
            range, or `pad_id` is outside the vocabulary.

    Example:
        >>> BertConfig(vocab_size=30_522, d_model=384, n_layers=6, n_heads=12, d_ff=1_536).d_head
        32
    """

    vocab_size: Size
    d_model: Size
    n_layers: Size
    n_heads: Size
    d_ff: Size
    max_positions: Size = 512
    n_segments: Size = 2
    norm_eps: float = 1e-12
    dropout: float = 0.1
    pad_id: int = 0

    def __post_init__(self) -> None:
        self.require_ranges()
        require_heads(self.d_model, self.n_heads)
        if not self.norm_eps > 0:
            raise ValueError(f"norm_eps must be above 0, and it is {self.norm_eps}: BERT uses 1e-12")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must lie in 0 to below 1, and it is {self.dropout}: BERT uses 0.1")
        if not 0 <= self.pad_id < self.vocab_size:
            raise ValueError(
                f"pad_id ({self.pad_id}) must be one of the ids, 0 to {self.vocab_size - 1}: BERT uses 0"
            )

    @property
    def d_head(self) -> int:
        """D, the width of one head."""
        return require_heads(self.d_model, self.n_heads)


class BertEmbedding(nn.Module):
    """norm(token + position + segment): what a token is, where it stands, and which sentence it belongs to.

    Args:
        config: the model's numbers.

    Source: Devlin et al., 2019, figure 2.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.token = TokenEmbedding(config.vocab_size, config.d_model)
        self.position = LearnedPositions(config.max_positions, config.d_model)
        self.segment = nn.Embedding(config.n_segments, config.d_model)
        self.norm = LayerNorm(config.d_model, eps=config.norm_eps)
        self.dropout = Dropout(config.dropout)

    def forward(
        self, ids: Int[Tensor, "B T"], segments: Int[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B T C"]:
        """Look up three rows for each token, add them, normalise the sum.

        Args:
            ids: token ids, B × T.
            segments: segment ids, B × T; all 0 when None.

        Raises:
            ValueError: an id is out of range, or the text is longer than the learned positions.
        """
        segments = torch.zeros_like(ids) if segments is None else segments
        require_ids(segments, self.segment.num_embeddings, "segment", "table")
        summed = self.token(ids) + self.segment(segments) + self.position(ids.shape[1])  # B T C
        return self.dropout(self.norm(summed))


class BertEncoder(nn.Module):
    """BERT without a head: token ids in, hidden states out.

    Args:
        config: the model's numbers.

    Example:
        >>> tiny = BertConfig(vocab_size=100, d_model=8, n_layers=2, n_heads=2, d_ff=32)
        >>> BertEncoder(tiny)(torch.tensor([[1, 42, 7]])).shape
        torch.Size([1, 3, 8])

    Source: Devlin et al., 2019, section 3.
    """

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = BertEmbedding(config)
        self.layers = Body(_layer(config) for _ in range(config.n_layers))

    def forward(
        self,
        ids: Int[Tensor, "B T"],
        mask: Mask | None = None,
        attends: Sequence[Attend | None] | None = None,
        segments: Int[Tensor, "B T"] | None = None,
    ) -> Float[Tensor, "B T C"]:
        """Encode: the last of `hidden_states`, with the same arguments.

        Returns:
            B × T × C, one vector for each token.
        """
        return self.layers(self.embedding(ids, segments), mask=mask, attends=attends)

    def hidden_states(
        self,
        ids: Int[Tensor, "B T"],
        mask: Mask | None = None,
        attends: Sequence[Attend | None] | None = None,
        segments: Int[Tensor, "B T"] | None = None,
    ) -> list[Float[Tensor, "B T C"]]:
        """Encode, and keep what stands between the layers.

        Args:
            ids: token ids, B × T.
            mask: True where a query may look, such as `padding_mask(ids, pad_id)`; all look at all when None.
            attends: one core of attention for each layer; None in a layer's place leaves it its own.
            segments: segment ids, B × T; all 0 when None.

        Returns:
            n_layers + 1 tensors, B × T × C each: the embedding's output, then each layer's.

        Raises:
            ValueError: ids, positions, mask or the number of cores do not fit.

        Example:
            >>> from tfm.nn.attention import Recorded
            >>> tiny = BertConfig(vocab_size=100, d_model=8, n_layers=2, n_heads=2, d_ff=32)
            >>> cores = [Recorded(), Recorded()]
            >>> len(BertEncoder(tiny).hidden_states(torch.tensor([[1, 42, 7]]), attends=cores))
            3
            >>> tuple(cores[1].weights.shape)
            (1, 2, 3, 3)
        """
        states = [self.embedding(ids, segments)]  # B T C
        self.layers(states[0], mask=mask, attends=attends, hidden=states)
        return states


def _layer(config: BertConfig) -> EncoderLayer:
    def residual() -> PostNorm:
        return PostNorm(LayerNorm(config.d_model, eps=config.norm_eps), config.dropout)

    return EncoderLayer(
        attention=MultiHeadAttention(config.d_model, config.n_heads),
        feed_forward=FeedForward(config.d_model, config.d_ff),
        attention_residual=residual(),
        feed_forward_residual=residual(),
    )
