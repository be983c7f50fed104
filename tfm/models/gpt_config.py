"""What fixes a GPT: its sizes, and the names of its parts.

The names stand for classes of `tfm.nn`, so that a configuration is plain JSON and a checkpoint can say what it is.
`gpt2()` is Radford et al., “Language Models are Unsupervised Multitask Learners”, 2019, section 2.3; rotary
positions, RMSNorm, SwiGLU and grouped queries make it Llama (Touvron et al., 2023; Grattafiori et al., 2024).

| here | GPT-2's paper | `GPT2Config` | `LlamaConfig` |
| --- | --- | --- | --- |
| `d_model`, `n_layers` | d_model, Layers | `n_embd`, `n_layer` | `hidden_size`, `num_hidden_layers` |
| `n_heads`, `n_kv_heads` | – | `n_head`, – | `num_attention_heads`, `num_key_value_heads` |
| `context` | context size | `n_positions` | `max_position_embeddings` |
| `d_ff` | – | `n_inner` | `intermediate_size` |
"""

from dataclasses import dataclass
from typing import Literal

from tfm.names import Fields, Size, require_known
from tfm.nn.dropout import require_share
from tfm.nn.grouped_attention import require_groups
from tfm.nn.position import require_pairs
from tfm.nn.rotary_scaling import RotaryScaling
from tfm.shapes import require_heads

POSITIONS = ("learned", "sinusoidal", "rotary", "alibi", "none")
NORMS = ("layer", "rms")
Biased = Literal[
    "attention", "query_key_value", "feed_forward"
]  # the projections of Llama's relatives with one
FEED_FORWARDS = ("gelu", "gelu_tanh", "relu", "squared_relu", "swiglu")


@dataclass(frozen=True, kw_only=True, slots=True)
class GPTConfig(Fields):
    """Sizes and parts of a GPT; checked once, when it is made.

    Attributes:
        vocab_size: V, rows of the token table.
        context: the longest text it is trained on, in tokens.
        d_model: C, the width of the residual stream.
        n_layers: how many layers are stacked.
        n_heads: H, heads of the queries in each layer; divides `d_model`.
        n_kv_heads: G, heads of keys and values; divides `n_heads`; as many as `n_heads` when None.
        d_ff: F, the feed-forward network's hidden width; 4 · C when None.
        positions: one of `POSITIONS`.
        norm: one of `NORMS`.
        feed_forward: one of `FEED_FORWARDS`.
        qk_norm: whether each head's queries and keys are brought to one size before they meet.
        bias: whether the projections add a bias, or which alone do, by one of the names in `Biased`.
        tied: whether the table that reads tokens also scores them.
        dropout: share of each part's output, of the embeddings and of attention's weights set to 0 in training.
        norm_eps: added inside every norm's root.
        rotary_base: how much slower the slowest pair of features turns than the first.
        rotary_scaling: how rotary positions are slowed down for longer texts; not at all when None.
        head_dim: D where it is another than `d_model` / `n_heads`.
        window: how many tokens a position may look at, itself among them; all before it when None.

    Raises:
        ValueError: a size is out of range, sizes do not divide, or a part's name is unknown.

    Example:
        >>> GPTConfig(vocab_size=65, context=64, d_model=128, n_layers=4, n_heads=4).d_ff
        512
        >>> GPTConfig(vocab_size=65, context=64, d_model=128, n_layers=4, n_heads=4, positions="rotory")
        Traceback (most recent call last):
        ValueError: positions is 'rotory': did you mean 'rotary'? It is one of learned, sinusoidal, rotary, ...
        >>> GPTConfig.from_dict({"vocab_size": 65, "contxt": 64})
        Traceback (most recent call last):
        ValueError: GPTConfig has no 'contxt': did you mean 'context'?
    """

    vocab_size: Size
    context: Size
    d_model: Size
    n_layers: Size
    n_heads: Size
    n_kv_heads: Size | None = None
    d_ff: Size | None = None
    positions: str = "learned"
    norm: str = "layer"
    feed_forward: str = "gelu"
    qk_norm: bool = False
    bias: bool | Biased = True
    tied: bool = True
    dropout: float = 0.0
    norm_eps: float = 1e-5
    rotary_base: float = 10_000.0
    rotary_scaling: RotaryScaling | None = None
    head_dim: Size | None = None
    window: Size | None = None

    def __post_init__(self) -> None:
        self.require_ranges()
        object.__setattr__(self, "d_ff", 4 * self.d_model if self.d_ff is None else self.d_ff)
        groups = self.n_heads if self.n_kv_heads is None else self.n_kv_heads
        object.__setattr__(self, "n_kv_heads", groups)
        d_head = self.head_dim or require_heads(self.d_model, self.n_heads)
        require_groups(self.n_heads, groups)
        for name, known in (("positions", POSITIONS), ("norm", NORMS), ("feed_forward", FEED_FORWARDS)):
            require_known(name, getattr(self, name), known)
        if self.positions in {"rotary", "sinusoidal"}:
            width = ("d_head", d_head) if self.positions == "rotary" else ("d_model", self.d_model)
            require_pairs(*width, self.rotary_base)
        if self.rotary_scaling is not None and self.positions != "rotary":
            raise ValueError(
                f"positions are {self.positions}, and only rotary ones are scaled: leave rotary_scaling out"
            )
        require_share(self.dropout)
        if not self.norm_eps > 0:
            raise ValueError(f"norm_eps ({self.norm_eps}) must be above 0: GPT-2 uses 1e-5")

    @property
    def d_head(self) -> int:
        """D, the width of one head."""
        return self.head_dim or self.d_model // self.n_heads
