"""ALiBi: no positions anywhere; each head takes a fixed amount off a score for every step of distance.

    score[h, t, s] = q_t · k_s / √D − slope_h · |t − s|      slope_h = 2^(−8 (h + 1) / H)

Source: Press, Smith and Lewis, “Train Short, Test Long: Attention with Linear Biases Enables Input Length
Extrapolation”, 2022, section 3. There queries look backwards only; where a mask lets them look ahead, what lies
ahead is as far as what lies behind. The NumPy twin is `tfm.lessons.positions.twin`.

The amounts are a mask of floats like any other (`tfm.nn.mask`), made once for all layers. This file knows nothing
of attention's arithmetic.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from tfm.nn.mask import Mask, as_bias, causal_mask, fit_mask, trusted


def alibi_mask(
    n_heads: int,
    n: int,
    device: torch.device | str | None = None,
    *,
    before: int = 0,
    mask: Mask | None = None,
) -> Float[Tensor, "B H T S"]:
    """What each head takes off for distance, as a mask that also hides.

    Args:
        n_heads: H.
        n: number of positions that ask, T.
        device: where to put it; that of `mask` where there is one.
        before: positions in front of them that only answer, as a cache keeps them: S = before + T.
        mask: what else is hidden, True where a query may look; the future when None.

    Returns:
        B × H × T × S in float32, with B of the mask, or 1: −slope · distance, −∞ where a query may not look.

    Raises:
        ValueError: `n` or `n_heads` is below 1, or the mask is none.

    Example:
        >>> from tfm.nn.attention import MultiHeadAttention
        >>> alibi_mask(n_heads=1, n=2, before=1) * 256
        tensor([[[[-1.,  0., -inf],
                  [-2., -1.,  0.]]]])
        >>> MultiHeadAttention(8, 2)(torch.randn(1, 3, 8), mask=alibi_mask(n_heads=2, n=3)).shape
        torch.Size([1, 3, 8])

    Source: Press et al., 2022, section 3; BLOOM uses it.
    """
    allowed = causal_mask(n, device, before=before)
    if mask is not None:
        allowed = fit_mask(mask, (len(mask), n_heads, n, before + n))
    far = alibi_bias(n_heads, n, before + n, device=allowed.device)[None]
    return trusted(far + as_bias(allowed, far.dtype))


def alibi_slopes(n_heads: int) -> Float[Tensor, "H"]:
    """What each head takes off for one step of distance: a geometric row that starts at its own ratio.

    For H = 2ⁿ heads: 2^(−8/H), 2^(−16/H), …, 2^(−8). For another number, the slopes of the power of two below it,
    then every other slope of the power of two above it.

    Args:
        n_heads: H, 1 or more.

    Returns:
        H slopes above 0, in float64 on the CPU.

    Raises:
        ValueError: `n_heads` is below 1.

    Example:
        >>> alibi_slopes(4).tolist()
        [0.25, 0.0625, 0.015625, 0.00390625]
        >>> alibi_slopes(6)[4:].tolist()
        [0.5, 0.125]

    Source: Press et al., 2022, section 3; the rule for other numbers is that of their code.
    """
    if n_heads < 1:
        raise ValueError(f"n_heads ({n_heads}) must be at least 1: each head has one slope")
    below = 1 << (n_heads.bit_length() - 1)
    return torch.cat([_powers(below), _powers(2 * below)[::2][: n_heads - below]])


def alibi_bias(
    n_heads: int,
    n_queries: int,
    n_keys: int,
    *,
    device: torch.device | str | None = None,
    dtype: torch.dtype = torch.float32,
) -> Float[Tensor, "H T S"]:
    """What is added to every score: −slope · distance.

    Args:
        n_heads: H.
        n_queries: T; the queries are the last T of the keys' places.
        n_keys: S, T or more.
        device: where to put it.
        dtype: of the amounts.

    Returns:
        H × T × S, 0 where a place looks at itself.

    Raises:
        ValueError: there are more queries than keys, or no head.

    Example:
        >>> alibi_bias(n_heads=1, n_queries=2, n_keys=3) * 256
        tensor([[[-1.,  0., -1.],
                 [-2., -1.,  0.]]])
    """
    if n_queries > n_keys:
        raise ValueError(
            f"there are {n_queries} queries and {n_keys} keys, and ALiBi places the queries at the last keys: "
            "use it where a text looks at itself, not at another"
        )
    slopes = alibi_slopes(n_heads).to(device, dtype)[:, None, None]  # H 1 1
    places = torch.arange(n_keys, device=device, dtype=dtype)
    return (
        0.0 - slopes * (places[n_keys - n_queries :, None] - places).abs()
    )  # 0 − 0 is 0, and −0 is not pretty


def _powers(n: int) -> Float[Tensor, "H"]:
    return 2 ** (-8 * torch.arange(1, n + 1, dtype=torch.float64) / n)
