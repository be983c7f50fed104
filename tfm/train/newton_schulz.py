"""Newton–Schulz: the singular values of a matrix are brought to 1 by products alone, for many matrices at once.

    X_0 = G / ‖G‖      X_{k+1} = a X_k + b (X_k X_kᵀ) X_k + c (X_k X_kᵀ)² X_k

With X = A Σ Bᵀ every step gives A p(Σ) Bᵀ, where p(σ) = a σ + b σ³ + c σ⁵ acts on each singular value alone: the
directions A and B stay, and a p that is chosen well brings all of 0 < σ ≤ 1 near 1. Sources: Jordan et al., “Muon:
An optimizer for hidden layers in neural networks”, 2024, with one p for all steps; Amsel, Persson, Musco and
Gower, “The Polar Express”, 2025, with the best p for each step. This file knows nothing of optimisers.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

Coefficients = tuple[float, float, float]
# What has a hundredth of the norm or more lies between 0.68 and 1.14 after these five steps (Jordan, 2024).
JORDAN: tuple[Coefficients, ...] = ((3.4445, -4.7750, 2.0315),) * 5
SMALLEST = 1e-7  # is added to the norm, so that a matrix of zeros stays one


def newton_schulz(
    matrices: Float[Tensor, "N R K"], coefficients: Sequence[Coefficients] = JORDAN
) -> Float[Tensor, "N R K"]:
    """Make matrices nearly orthogonal: A p(Σ) Bᵀ for A Σ Bᵀ, with all singular values near 1.

    Args:
        matrices: N × R × K; quickest where R ≤ K. Products are computed in their dtype.
        coefficients: (a, b, c) of each step.

    Returns:
        N × R × K.

    Raises:
        ValueError: there is no step.

    Example:
        >>> near = newton_schulz(torch.diag(torch.tensor([300.0, 20.0]))[None])
        >>> bool(((near[0].diagonal() - 1).abs() < 0.35).all())
        True

    Source: Jordan et al., 2024; Amsel et al., 2025, algorithm 1.
    """
    if not coefficients:
        raise ValueError("coefficients are empty: give (a, b, c) for each step, such as JORDAN")
    x = matrices / (matrices.float().norm(dim=(1, 2), keepdim=True) + SMALLEST).to(matrices.dtype)
    for a, b, c in coefficients:
        gram = torch.bmm(x, x.mT)  # N R R
        polynomial = torch.baddbmm(gram, gram, gram, beta=b, alpha=c)  # N R R
        x = torch.baddbmm(x, polynomial, x, beta=a)  # N R K
    return x
