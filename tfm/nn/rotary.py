"""Rotary positions: queries and keys are turned by their position, so that scores know only the distance.

    rotate(x, p)[2i]     = x[2i] · cos(p ω_i) − x[2i + 1] · sin(p ω_i)
    rotate(x, p)[2i + 1] = x[2i] · sin(p ω_i) + x[2i + 1] · cos(p ω_i)      ω_i = base^(−2i / D)

    rotate(q, t) · rotate(k, s) = rotate(q, t − s) · k

Source: Su et al., “RoFormer: Enhanced Transformer with Rotary Position Embedding”, 2021, section 3.4.2. The
NumPy twin is `tfm.lessons.positions.twin`.

Two layouts are in use. Here, as in the paper, features 2i and 2i + 1 make a pair; GPT-J does the same. Hugging
Face's Llama and GPT-NeoX pair feature i with feature i + D / 2. One is the other with its features in another
order, so weights move between the two by `pairs_from_halves`.

`Rotary` is a transform of `tfm.nn.attention.MultiHeadAttention`: it turns the new queries and keys before a cache
keeps them, and knows nothing of what is then done with them.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from tfm.nn.position import GrowingTable, angles, require_pairs, require_start
from tfm.nn.rotary_scaling import RotaryScaling
from tfm.shapes import require_shape


class Rotary(nn.Module):
    """A transform that turns queries and keys by their positions.

    A number that is added to all positions changes nothing: padding on the left does no harm.

    Args:
        d_head: width D of a query, even.
        base: how much slower the slowest pair is than the first.
        scaling: how the turns are slowed down for texts that are longer than in training; not at all when None.
            With one that grows with the text, keys stay turned as they were when they came, as in Hugging Face's
            cache.

    Raises:
        ValueError: `d_head` is odd, `base` is not above 1, or the scaling does not fit.

    Example:
        >>> from tfm.nn.attention import MultiHeadAttention
        >>> attention = MultiHeadAttention(d_model=8, n_heads=2, transform=Rotary(d_head=4))
        >>> attention(torch.randn(1, 3, 8)).shape
        torch.Size([1, 3, 8])

    Source: Su et al., 2021, equation 16; Llama uses it.
    """

    def __init__(self, d_head: int, *, base: float = 10_000.0, scaling: RotaryScaling | None = None) -> None:
        super().__init__()
        require_pairs("d_head", d_head, base)
        self.d_head, self.base, self.scaling = d_head, base, scaling
        self._turns(1)  # says what does not fit
        self._table = GrowingTable(self._turns)

    def forward(self, query: Tensor, key: Tensor, start: int = 0) -> tuple[Tensor, Tensor]:
        """Turn both.

        Args:
            query: … × T × D; row t stands at position start + t.
            key: … × T × D, of the same T positions.
            start: how many tokens came before.

        Returns:
            The two, turned.

        Raises:
            ValueError: a width is not D, there are not as many keys as queries, or `start` is negative.
        """
        for name, x in (("query", query), ("key", key)):
            require_shape(name, x, "... T D", D=self.d_head)
        require_start(start)
        n = query.shape[-2]
        if n != key.shape[-2]:
            raise ValueError(
                f"there are {n} queries and {key.shape[-2]} keys, and rotary turns those of the same positions: "
                "use it where a text looks at itself, not at another"
            )
        turns = self._rows(start + n, like=_wide(key))[start:]  # T D/2 2
        return _turn(query, turns), _turn(key, turns)

    def _rows(self, n: int, like: Tensor) -> Tensor:
        """The turns of n positions; those of a scaling that grows with the text cannot be kept for another one."""
        if self.scaling is not None and self.scaling.grows and n > self.scaling.context:
            return self._turns(n, n).to(like.device, like.dtype)
        return self._table.rows(n, like)

    def _turns(self, n: int, length: int = 1) -> Tensor:
        if self.scaling is None:
            return _cos_sin(angles(0, n, self.d_head, self.base))
        places = torch.arange(n, dtype=torch.float64, device="cpu")[:, None]
        turned = places * self.scaling.speeds(self.d_head, self.base, length)  # T D/2
        return _cos_sin(turned) * self.scaling.size

    def extra_repr(self) -> str:
        """Say width and base when the module is printed."""
        return f"{self.d_head}, base={self.base:g}"


def rotate(
    x: Float[Tensor, "*leading T D"], start: int = 0, base: float = 10_000.0
) -> Float[Tensor, "*leading T D"]:
    """Turn each pair of features by its position times the pair's speed.

    Args:
        x: D even; row t stands at position start + t.
        start: position of the first row.
        base: above 1.

    Returns:
        … × T × D; no row changes its length.

    Raises:
        ValueError: D is odd, `base` is not above 1, or `start` is negative.

    Example:
        >>> rotate(torch.tensor([[1.0, 0.0], [1.0, 0.0]]))
        tensor([[1.0000, 0.0000],
                [0.5403, 0.8415]])

    Source: Su et al., 2021, equation 34.
    """
    require_pairs("the width", x.shape[-1], base)
    require_start(start)
    turned = angles(start, x.shape[-2], x.shape[-1], base)  # T D/2
    return _turn(x, _cos_sin(turned).to(x.device, _wide(x).dtype))


def pairs_from_halves(d_head: int) -> Int[Tensor, "D"]:
    """The order in which Hugging Face's features stand here: [0, D/2, 1, D/2 + 1, …].

    `x_here = x_there[..., pairs_from_halves(D)]`; the rows of one head's W_Q and W_K move in the same way.

    Args:
        d_head: D, even.

    Returns:
        D indices.

    Raises:
        ValueError: D is odd.

    Example:
        >>> pairs_from_halves(6).tolist()
        [0, 3, 1, 4, 2, 5]
    """
    require_pairs("d_head", d_head, 10_000.0)
    return torch.arange(d_head).view(2, d_head // 2).T.flatten()


def _wide(x: Tensor) -> Tensor:
    """A tensor in which turning loses nothing: float32 at least, on the same device."""
    return x if x.dtype in (torch.float32, torch.float64) else torch.empty(0, device=x.device)


def _cos_sin(turned: Float[Tensor, "T half"]) -> Float[Tensor, "T half 2"]:
    return torch.stack([turned.cos(), turned.sin()], dim=-1)


def _turn(x: Tensor, turns: Tensor) -> Tensor:
    """Turn x (… × T × D) by the cosines and sines in `turns` (T × D/2 × 2)."""
    pairs = x.to(turns.dtype).reshape(*x.shape[:-1], -1, 2)  # … T D/2 2
    if torch.compiler.is_compiling():  # the compiler writes no code for complex numbers
        (a, b), (cos, sin) = pairs.unbind(-1), turns.unbind(-1)
        turned = torch.stack([a * cos - b * sin, a * sin + b * cos], dim=-1)
    else:  # a turn is a product of complex numbers: one pass over memory, 4 to 20 times as fast
        product = torch.view_as_complex(pairs.contiguous()) * torch.view_as_complex(turns)
        turned = torch.view_as_real(product)
    return turned.flatten(-2).to(x.dtype)  # … T D
