"""From the model's scores to the ones that are drawn from: each filter is a function of logits, and gives logits.

    temperature: z / t        top-k: the k highest        top-p: the highest that together reach p
    min-p: those at least p times as likely as the likeliest        penalty: lower what was already written

A token that is struck out gets −∞. Sources: Ackley, Hinton and Sejnowski, “A Learning Algorithm for Boltzmann
Machines”, 1985 (temperature); Fan, Lewis and Dauphin, “Hierarchical Neural Story Generation”, 2018 (top-k);
Holtzman et al., “The Curious Case of Neural Text Degeneration”, 2020 (top-p); Nguyen et al., “Turning Up the Heat:
Min-p Sampling for Creative and Coherent LLM Outputs”, 2024; Keskar et al., “CTRL”, 2019, section 4.1 (penalty).
This file knows nothing of models.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor


def with_temperature(logits: Float[Tensor, "*B V"], temperature: float) -> Float[Tensor, "*B V"]:
    """Divide by a temperature: below 1 the likely gets likelier, above 1 all come closer.

    Args:
        logits: … × V.
        temperature: above 0.

    Returns:
        … × V.

    Raises:
        ValueError: the temperature is not above 0.

    Example:
        >>> with_temperature(torch.tensor([2.0, 0.0]), 0.5).tolist()
        [4.0, 0.0]
    """
    if not 0 < temperature < float("inf"):
        raise ValueError(f"temperature ({temperature}) must be above 0 and finite: 0.8 is usual")
    return logits / temperature


def top_k(logits: Float[Tensor, "*B V"], k: int) -> Float[Tensor, "*B V"]:
    """Strike out all but the k highest; what ties with the k-th stays.

    Args:
        logits: … × V.
        k: at least 1; V or more changes nothing.

    Returns:
        … × V.

    Raises:
        ValueError: k is below 1.

    Example:
        >>> top_k(torch.tensor([1.0, 3.0, 2.0]), 2).tolist()
        [-inf, 3.0, 2.0]
    """
    if k < 1:
        raise ValueError(f"top_k ({k}) is how many tokens stay, at least 1: try 40, or None for all")
    lowest = logits.topk(min(k, logits.shape[-1]))[0][..., -1:]
    return logits.masked_fill(logits < lowest, -torch.inf)


def top_p(logits: Float[Tensor, "*B V"], p: float) -> Float[Tensor, "*B V"]:
    """Keep the likeliest tokens until together they reach the probability p, and strike out the rest.

    Args:
        logits: … × V.
        p: above 0, at most 1; the likeliest token always stays.

    Returns:
        … × V.

    Raises:
        ValueError: p is out of range.

    Example:
        >>> top_p(torch.tensor([0.5, 0.3, 0.15, 0.05]).log(), 0.7).isinf().tolist()
        [False, False, True, True]
    """
    _require_probability("top_p", p, "0.95")
    ordered, places = logits.sort(dim=-1, descending=True)
    probabilities = ordered.softmax(-1)
    above = probabilities.cumsum(-1) - probabilities  # what the likelier tokens have together
    struck = (above >= p).scatter(-1, places, above >= p)
    return logits.masked_fill(struck, -torch.inf)


def min_p(logits: Float[Tensor, "*B V"], p: float) -> Float[Tensor, "*B V"]:
    """Keep the tokens that are at least p times as likely as the likeliest.

    Args:
        logits: … × V.
        p: above 0, at most 1.

    Returns:
        … × V.

    Raises:
        ValueError: p is out of range.

    Example:
        >>> min_p(torch.tensor([0.5, 0.3, 0.15, 0.05]).log(), 0.2).exp().count_nonzero().item()
        3
    """
    _require_probability("min_p", p, "0.05")
    probabilities = logits.softmax(-1)
    return logits.masked_fill(probabilities < p * probabilities.amax(-1, keepdim=True), -torch.inf)


def repetition_penalty(
    logits: Float[Tensor, "B V"], written: Sequence[Sequence[int]], penalty: float
) -> Float[Tensor, "B V"]:
    """Lower the scores of what stands in the text already: positive ones are divided, negative ones multiplied.

    Args:
        logits: B × V.
        written: for each row the ids of its text so far.
        penalty: 1 changes nothing; above 1 repeating gets less likely, below 1 likelier.

    Returns:
        B × V.

    Raises:
        ValueError: the penalty is not above 0.

    Example:
        >>> repetition_penalty(torch.tensor([[4.0, 1.0, -1.0]]), [[0, 2, 0]], 2.0).tolist()
        [[2.0, 1.0, -2.0]]
    """
    if not 0 < penalty < float("inf"):
        raise ValueError(f"repetition_penalty ({penalty}) must be above 0 and finite: 1 changes nothing")
    logits = logits.clone()
    for row, ids in zip(logits, written, strict=True):
        if seen := sorted(set(ids)):
            scores = row[seen]
            row[seen] = torch.where(scores > 0, scores / penalty, scores * penalty)
    return logits


def _require_probability(name: str, p: float, usual: str) -> None:
    if not 0 < p <= 1:
        raise ValueError(
            f"{name} ({p}) is a probability above 0 and at most 1: try {usual}, or None to do without"
        )
