"""The loop that writes: one pass through the model, one token, append, and again.

    p = softmax(filters(model(text)))      token ~ p      text ← text + token

Source: Radford et al., 2019, for the loop; `tfm.generate.sampling` for the choice. A text ends at a stop id, or
when `max_new` tokens are written. This file knows nothing of words: ids come in and go out.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn

from tfm.generate.protocol import module_of
from tfm.generate.rows import Rows, require_scores
from tfm.generate.sampling import GREEDY, Dice, Sampling


class Step(NamedTuple):
    """One column of the texts.

    Attributes:
        tokens: what each row wrote; None for a row that had ended before.
        probabilities: what they were drawn from, B × V; after greedy decoding's filters, softmax of the scores.
        ended: for each row whether it has ended now.
    """

    tokens: list[int | None]
    probabilities: Float[Tensor, "B V"]
    ended: list[bool]


def stream(
    model: Any,
    prompts: Sequence[Sequence[int]],
    settings: Sampling = GREEDY,
    *,
    cached: bool = True,
    stride: int | None = None,
) -> Iterator[Step]:
    """Write several texts side by side, and give every column as it is written.

    Args:
        model: a `Writer`, such as a GPT; dropout is off while it writes.
        prompts: ids, one list a text; they need not be equally long.
        settings: how tokens are chosen.
        cached: whether keys and values are kept; the tokens are the same without, and come more slowly.
        stride: how many tokens a full window drops, see `tfm.generate.rows`.

    Yields:
        A step for each column, until all rows have ended.

    Raises:
        ValueError: a prompt is empty, an id is unknown to the model, a number is out of range, or the model's
            scores are no numbers.
    """
    rows = Rows(model, prompts, cached=cached, stride=stride, max_new=settings.max_new)
    dice = Dice(settings, len(prompts), rows.ids.device)
    ended = [False] * len(prompts)
    for _ in range(settings.max_new):
        with evaluating(model):
            logits = rows.logits()  # B V
        probabilities = settings.filtered(logits, rows.texts()).softmax(-1)
        chosen = dice.draw(probabilities)
        rows.append(chosen)
        tokens = [None if over else token for over, token in zip(ended, chosen.tolist(), strict=True)]
        ended = [over or token in settings.stop for over, token in zip(ended, tokens, strict=True)]
        yield Step(tokens, probabilities, ended)
        if all(ended):
            return


def generate(
    model: Any,
    prompts: Sequence[Sequence[int]],
    settings: Sampling = GREEDY,
    *,
    cached: bool = True,
    stride: int | None = None,
) -> list[list[int]]:
    """Write several texts side by side.

    Args:
        model: as for `stream`.
        prompts: as for `stream`.
        settings: as for `stream`.
        cached: as for `stream`.
        stride: as for `stream`.

    Returns:
        For each prompt the ids that were written after it, a stop id included.

    Example:
        >>> class Next:  # a model that always expects the id that follows
        ...     context, new_cache = 8, staticmethod(lambda batch, max_length: None)
        ...     def __call__(self, ids, padding=None, cache=None):
        ...         return torch.nn.functional.one_hot((ids + 1) % 5, 5).float()
        >>> generate(Next(), [[0], [2, 3]], Sampling(max_new=4, temperature=0, stop=(1,)), cached=False)
        [[1], [4, 0, 1]]
    """
    written: list[list[int]] = [[] for _ in prompts]
    for step in stream(model, prompts, settings, cached=cached, stride=stride):
        for row, token in zip(written, step.tokens, strict=True):
            if token is not None:
                row.append(token)
    return written


@contextmanager
def evaluating(model: Any) -> Iterator[None]:
    """Context in which a model's dropout is off; afterwards it is as it was."""
    inner = module_of(model)
    training = isinstance(inner, nn.Module) and inner.training
    if training:
        inner.eval()
    try:
        yield
    finally:
        if training:
            inner.train()


def log_probability(model: Any, prompt: Sequence[int], written: Sequence[int]) -> float:
    """How likely a model finds a continuation: the sum of ln p of its tokens.

    Args:
        model: a `Writer`.
        prompt: ids, at least one.
        written: the ids after it.

    Returns:
        At most 0.

    Raises:
        ValueError: both together are longer than the model's context, or its scores are no numbers.
    """
    text = [*prompt, *written]
    if len(text) - 1 > model.context:
        raise ValueError(
            f"the text has {len(text)} tokens and the model looks at {model.context}: shorten it"
        )
    ids = torch.tensor([text[:-1]], device=Rows(model, [prompt], cached=False).ids.device)
    with torch.no_grad(), evaluating(model):
        scores = model(ids)[0].float()[len(prompt) - 1 :]  # written V
        require_scores(scores)
        logs = scores.log_softmax(-1)
    return float(logs.gather(1, torch.tensor(list(written), device=logs.device)[:, None]).sum())
