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
from numbers import Integral, Real
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

LEAST, MOST = (
    1e-6,
    1e6,
)  # temperatures and penalties: beyond, a score can become too large or too small for a float


def with_temperature(logits: Float[Tensor, "*B V"], temperature: float) -> Float[Tensor, "*B V"]:
    """Divide by a temperature: below 1 the likely gets likelier, above 1 all come closer.

    Args:
        temperature: above 0, from 0.000001 to 1,000,000.

    Returns:
        … × V, in float32 at least, and so with every filter.

    Raises:
        ValueError: the temperature is out of range.

    Example:
        >>> with_temperature(torch.tensor([2.0, 0.0]), 0.5).tolist()
        [4.0, 0.0]
    """
    require_number("temperature", temperature, LEAST, MOST, "0.8 is usual, and greedy decoding needs none")
    return wide(logits) / temperature


def top_k(logits: Float[Tensor, "*B V"], k: int) -> Float[Tensor, "*B V"]:
    """Strike out all but the k highest; what ties with the k-th stays.

    Args:
        k: at least 1; V or more changes nothing.

    Raises:
        ValueError: k is below 1.

    Example:
        >>> top_k(torch.tensor([1.0, 3.0, 2.0]), 2).tolist()
        [-inf, 3.0, 2.0]
    """
    require_whole("top_k", k, 1, "is how many tokens stay, at least 1: try 40, or None for all")
    logits = wide(logits)
    lowest = logits.topk(min(k, logits.shape[-1]))[0][..., -1:]
    return logits.masked_fill(logits < lowest, -torch.inf)


def top_p(logits: Float[Tensor, "*B V"], p: float) -> Float[Tensor, "*B V"]:
    """Keep the likeliest tokens until together they reach the probability p, and strike out the rest.

    Args:
        p: above 0, at most 1; the likeliest token always stays.

    Raises:
        ValueError: p is out of range.

    Example:
        >>> top_p(torch.tensor([0.5, 0.3, 0.15, 0.05]).log(), 0.7).isinf().tolist()
        [False, False, True, True]
    """
    _require_probability("top_p", p, "0.95")
    logits = wide(logits)
    if p == 1:
        return logits  # sums of rounded numbers may reach 1 before the last one
    ordered, places = logits.sort(dim=-1, descending=True)
    probabilities = ordered.softmax(-1)
    above = probabilities.cumsum(-1) - probabilities  # what the likelier tokens have together
    beyond = above >= p
    beyond[..., 0] = False  # p may be too small for a float32
    struck = beyond.scatter(-1, places, beyond)
    return logits.masked_fill(struck, -torch.inf)


def min_p(logits: Float[Tensor, "*B V"], p: float) -> Float[Tensor, "*B V"]:
    """Keep the tokens that are at least p times as likely as the likeliest.

    Args:
        p: above 0, at most 1.

    Raises:
        ValueError: p is out of range.

    Example:
        >>> min_p(torch.tensor([0.5, 0.3, 0.15, 0.05]).log(), 0.2).exp().count_nonzero().item()
        3
    """
    _require_probability("min_p", p, "0.05")
    logits = wide(logits)
    probabilities = logits.softmax(-1)
    return logits.masked_fill(probabilities < p * probabilities.amax(-1, keepdim=True), -torch.inf)


def repetition_penalty(
    logits: Float[Tensor, "B V"], written: Sequence[Sequence[int]], penalty: float
) -> Float[Tensor, "B V"]:
    """Lower the scores of what stands in the text already: positive ones are divided, negative ones multiplied.

    Args:
        written: for each row the ids of its text so far.
        penalty: 1 changes nothing; above 1 repeating gets less likely, below 1 likelier; 0.000001 to 1,000,000.

    Raises:
        ValueError: the penalty is out of range.

    Example:
        >>> repetition_penalty(torch.tensor([[4.0, 1.0, -1.0]]), [[0, 2, 0]], 2.0).tolist()
        [[2.0, 1.0, -2.0]]
    """
    require_number("repetition_penalty", penalty, LEAST, MOST, "1 changes nothing")
    logits = wide(logits).clone()
    for row, ids in zip(logits, written, strict=True):
        if seen := sorted(set(ids)):
            scores = row[seen]
            row[seen] = torch.where(scores > 0, scores / penalty, scores * penalty)
    return logits


def wide(logits: Tensor) -> Tensor:
    """Give scores in float32 at least: what is divided and added up in half precision is soon no number."""
    return logits.to(torch.promote_types(logits.dtype, torch.float32))


def require_number(name: str, number: Any, least: float, most: float, advice: str, else_: str = "") -> None:
    """Check that a setting is a number within its range; `else_` names what it may be besides.

    Raises:
        ValueError: it is none, or out of range; NaN is neither.

    Example:
        >>> require_number("temperature", 1e-38, LEAST, MOST, "0.8 is usual")
        Traceback (most recent call last):
        ValueError: temperature (1e-38) must be a number from 1e-06 to 1e+06: 0.8 is usual
    """
    if not _is_number(number) or not least <= number <= most:
        raise ValueError(f"{name} ({number!r}) must be {else_}a number from {least:g} to {most:g}: {advice}")


def require_whole(name: str, number: Any, least: int, rule: str) -> None:
    """Check that a setting is a whole number, and not too small.

    Raises:
        ValueError: it is none, or below `least`.

    Example:
        >>> require_whole("top_k", 2.5, 1, "is how many tokens stay: try 40")
        Traceback (most recent call last):
        ValueError: top_k (2.5) is how many tokens stay: try 40
    """
    if isinstance(number, bool) or not isinstance(number, Integral) or number < least:
        raise ValueError(f"{name} ({number!r}) {rule}")


def _require_probability(name: str, p: Any, usual: str) -> None:
    if not _is_number(p) or not 0 < p <= 1:
        raise ValueError(
            f"{name} ({p!r}) is a probability above 0 and at most 1: try {usual}, or None to do without"
        )


def _is_number(thing: Any) -> bool:
    return isinstance(thing, Real) and not isinstance(thing, bool)
