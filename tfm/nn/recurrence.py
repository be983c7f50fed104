"""A recurrence as a mixer: one state goes through the text from left to right, and gates say what it keeps.

    r_t = σ(W_ir x_t + b_ir + W_hr h_{t−1} + b_hr)          how much of the past the candidate sees
    z_t = σ(W_iz x_t + b_iz + W_hz h_{t−1} + b_hz)          how much of the past stays
    n_t = tanh(W_in x_t + b_in + r_t · (W_hn h_{t−1} + b_hn))
    h_t = (1 − z_t) · n_t + z_t · h_{t−1}

Source: Cho et al., “Learning Phrase Representations using RNN Encoder–Decoder for Statistical Machine
Translation”, 2014, section 2.3; the place of r_t is PyTorch's. A mixer takes the place of attention in a layer
(`tfm.nn.layer`). This file knows nothing of layers.

| here | `torch.nn.GRU` |
| --- | --- |
| `input.weight`, `input.bias` | `weight_ih_l0`, `bias_ih_l0`, for r, z and n one below the other |
| `hidden.weight`, `hidden.bias` | `weight_hh_l0`, `bias_hh_l0` |
"""

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tfm.nn.cache import require_no_gradient, require_rows
from tfm.shapes import require_shape


def require_back_only(what: str, options: Mapping[str, Any]) -> None:
    """Check that a mixer that sees itself and what came before is asked for nothing else.

    Raises:
        ValueError: it is given a mask or a core of attention.
    """
    for name in options:
        if name != "causal":
            raise ValueError(
                f"{what} looks back from every position and cannot be told another {name}: leave it out"
            )


class StateCache:
    """What a recurrence keeps of a text: its last state, of one size however long the text is.

    Attributes:
        state: B × C, or B × … × C.
        length: how many positions it has read.

    Example:
        >>> cache = StateCache(torch.zeros(2, 8))
        >>> cache.keep(torch.ones(2, 8), 3)
        >>> cache.length
        3
    """

    def __init__(self, state: Tensor) -> None:
        self._first, self.state, self.length = state, state, 0

    def before(self, x: Tensor) -> Tensor:
        """The state that the next positions of these texts begin with.

        Raises:
            ValueError: there are not as many texts as it was made for.
        """
        if len(x) != len(self.state):
            raise ValueError(
                f"the state is of {len(self.state)} texts and {len(x)} come in: make one for them, by new_cache"
            )
        return self.state

    def keep(self, state: Tensor, n: int) -> None:
        """Keep the state after n more positions.

        Raises:
            ValueError: a gradient would be lost.
        """
        require_no_gradient(state)
        self.state, self.length = state, self.length + n

    def rewind(self, length: int = 0) -> None:
        """Forget everything; a state cannot go back to the middle of a text.

        Raises:
            ValueError: `length` is neither 0 nor the present one.
        """
        if length not in {0, self.length}:
            raise ValueError(
                f"the state has read {self.length} positions and what it was after {length} is gone: "
                "rewind it to 0, and read the text again"
            )
        if length == 0:
            self.state, self.length = self._first[:1].expand_as(self.state), 0

    def reorder(self, rows: Int[Tensor, "B"]) -> None:
        """Let row b go on from the state of row rows[b].

        Raises:
            ValueError: there is no such row.
        """
        require_rows(rows, len(self.state))
        self.state = self.state[rows]


class GRU(nn.Module):
    """A gated recurrent unit over a text; nobody can look ahead.

    Args:
        d_model: width C of what goes in, of the state and of what comes out.
        bias: whether the two maps add a bias.

    Example:
        >>> from tfm.nn.feedforward import FeedForward
        >>> from tfm.nn.layer import EncoderLayer, PreNorm
        >>> from tfm.nn.norm import LayerNorm
        >>> layer = EncoderLayer(GRU(8), FeedForward(8, 32), PreNorm(LayerNorm(8)), PreNorm(LayerNorm(8)))
        >>> layer(torch.randn(1, 3, 8), causal=True).shape
        torch.Size([1, 3, 8])

    Source: Cho et al., 2014, section 2.3.
    """

    def __init__(self, d_model: int, *, bias: bool = True) -> None:
        super().__init__()
        self.d_model = d_model
        self.input = nn.Linear(d_model, 3 * d_model, bias=bias)
        self.hidden = nn.Linear(d_model, 3 * d_model, bias=bias)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(d_model**-0.5), d_model**-0.5)

    def forward(
        self, x: Float[Tensor, "B T C"], *, cache: StateCache | None = None, **options: Any
    ) -> Float[Tensor, "B T C"]:
        """Read from left to right; give the state after every position.

        Args:
            cache: the state of earlier calls, by `new_cache`; `x` then holds the new positions alone.
            options: `causal`, which it is anyhow.

        Raises:
            ValueError: the width does not fit, or it is told something else.
        """
        require_back_only("a recurrence", options)
        require_shape("x", x, "B T C", C=self.d_model)
        state = x.new_zeros(len(x), self.d_model) if cache is None else cache.before(x)  # B C
        states = []
        for told in self.input(x).unbind(1):  # B 3C: what does not wait for the state is computed at once
            state = self._step(told, state)
            states.append(state)
        if cache is not None:
            cache.keep(state, x.shape[1])
        return torch.stack(states, dim=1)

    def _step(self, told: Float[Tensor, "B _"], state: Float[Tensor, "B C"]) -> Float[Tensor, "B C"]:
        (r, z, n), (past_r, past_z, past_n) = told.chunk(3, -1), self.hidden(state).chunk(3, -1)
        reset, keep = (r + past_r).sigmoid(), (z + past_z).sigmoid()
        candidate = (n + reset * past_n).tanh()
        return candidate + keep * (state - candidate)

    def new_cache(self, batch: int, max_length: int, dtype: torch.dtype | None = None) -> StateCache:
        """Make the state before a text: zeros, on this module's device.

        Args:
            batch: B, texts that are written side by side.
            max_length: any; a state has one size.
            dtype: of the state; that of the weights when None.
        """
        del max_length
        weight = self.hidden.weight
        return StateCache(torch.zeros(batch, self.d_model, dtype=dtype or weight.dtype, device=weight.device))
