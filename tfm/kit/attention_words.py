"""What the attention explorer says below its picture: the numbers of a cell, of a head, of heads that are off."""

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.attention import AttentionSteps
from tfm.by_hand.softmax import entropy
from tfm.kit.entry import heads_text
from tfm.kit.messages import key, listed, say
from tfm.kit.trace import Trace

CELL = key(
    "{asker} looks at {other}: score {score:.2f} → scaled {scaled:.2f} → weight {weight:.3f}, "
    "of a value {content}. This row sums to {total:.2f} and spreads over {bits:.2f} of {most:.2f} bits."
)
MASKED_CELL = key(
    "{asker} looks at {other}: score {score:.2f} → scaled {scaled:.2f} → masked to −∞ → weight {weight:.3f}, "
    "of a value {content}. This row sums to {total:.2f} and spreads over {bits:.2f} of {most:.2f} bits."
)
WRITTEN = 4  # numbers of a value that are written out


def cell_sentence(trace: Trace, steps: AttentionSteps, value: NDArray[Any], cell: tuple[int, int]) -> str:
    """From score to weight, for one word that looks at another.

    Args:
        trace: the sentence.
        steps: one head's, T × S each.
        value: of the word that is looked at, D numbers.
        cell: row and column.
    """
    row, column = cell
    content = (
        f"[{', '.join(f'{x:.2f}' for x in value)}]"
        if len(value) <= WRITTEN
        else say("of length {length:.2f}", length=np.linalg.norm(value))
    )
    return say(
        MASKED_CELL if np.isneginf(steps.masked[cell]) else CELL,
        asker=trace.tokens[row],
        other=trace.tokens[column],
        score=steps.scores[cell],
        scaled=steps.scaled[cell],
        weight=steps.weights[cell],
        content=content,
        total=steps.weights[row].sum(),
        bits=entropy(steps.weights[row]).item(),
        most=np.log2(len(trace.tokens)),
    )


def head_sentence(trace: Trace, layer: int, head: int) -> str:
    """How far one head's rows spread; layer and head counted from 0."""
    return say(
        "Layer {layer}, head {head}: its rows spread over {spread:.2f} bits on average "
        "(0: one token, {most:.2f}: all {n} evenly). Enter or a click opens it.",
        layer=layer + 1,
        head=head + 1,
        spread=entropy(trace.weights[layer, head]).mean(),
        most=np.log2(len(trace.tokens)),
        n=len(trace.tokens),
    )


def moved_sentence(trace: Trace, whole: Trace, off: Collection[tuple[int, int]]) -> str:
    """How far the output moves when heads are off.

    Args:
        trace: with the heads off.
        whole: the same sentence with all of them on.
        off: the heads.
    """
    before = whole.hidden[-1]
    change = np.linalg.norm(trace.hidden[-1] - before, axis=-1)
    share = change / np.maximum(np.linalg.norm(before, axis=-1), 1e-12)
    return say(
        "With {heads} off, the output moves by {mean:.1%} of its length on average; most: {most}.",
        heads=heads_text(off),
        mean=share.mean(),
        most=listed(f"{trace.tokens[i]} {share[i]:.1%}" for i in np.argsort(-share)[:5]),
    )
