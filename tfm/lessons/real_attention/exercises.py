"""The exercises of lesson 12: a head that looks back, how spread out a head is, and a head switched off."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.softmax import entropy
from tfm.by_hand.softmax import softmax as our_softmax
from tfm.kit.exercise import Exercise, Mistake

Array = NDArray[Any]
_generator = np.random.default_rng(12)
_WEIGHTS = [
    our_softmax(2 * _generator.normal(size=(2, 3, 5, 5))),
    our_softmax(2 * _generator.normal(size=(1, 2, 4, 4))),
]
_SURE = _WEIGHTS[1].copy()
_SURE[0, 0] = np.eye(4)  # a head that looks at one token only: its weights are 0 and 1


def _step(weights: Array, offset: int) -> Array:
    rows = np.arange(max(0, -offset), weights.shape[-1] - max(0, offset))
    return np.asarray(weights[:, :, rows, rows + offset])


previous_token_share = Exercise(
    name="previous_token_share",
    asks="return an L × H table: the mean weight that a token gives to the token just before it",
    praise="one number a head, and the first token, which has none before it, is left out",
    solution=lambda w: _step(w, -1).mean(-1),
    cases=[(w,) for w in _WEIGHTS],
    mistakes=[
        Mistake(
            "looked at the token after",
            "Row t meets the token before it in column t − 1",
            lambda w: _step(w, 1).mean(-1),
        ),
        Mistake(
            "looked at the token itself",
            "Take one step to the left of the diagonal",
            lambda w: _step(w, 0).mean(-1),
        ),
        Mistake(
            "divided by all T tokens",
            "The first token has none before it: average over the T − 1 others",
            lambda w: _step(w, -1).sum(-1) / w.shape[-1],
        ),
        Mistake(
            "counted the last token as the one before the first",
            "Index −1 wraps around in Python: start with row 1",
            lambda w: np.stack([w[:, :, t, t - 1] for t in range(w.shape[-1])]).mean(0),
        ),
        Mistake("took the sum, not the mean", "Divide by the T − 1 tokens", lambda w: _step(w, -1).sum(-1)),
        Mistake("took the largest, not the mean", "Use .mean(axis=-1)", lambda w: _step(w, -1).max(-1)),
        Mistake(
            "averaged over heads as well",
            "Keep the layer and the head: average over the last axis alone",
            lambda w: _step(w, -1).mean((1, 2)),
        ),
    ],
)

head_spread = Exercise(
    name="head_spread",
    asks="return an L × H table: the entropy of a head's rows in bits, averaged over its rows",
    praise="bits, one number a head, and a row that looks at one token only has 0",
    solution=lambda w: entropy(w).mean(-1),
    cases=[(_WEIGHTS[0],), (_SURE,)],
    mistakes=[
        Mistake("natural logarithm", "Bits need np.log2", lambda w: entropy(w).mean(-1) * np.log(2)),
        Mistake(
            "0 · log 0 is not a number",
            "Replace weights of 0 by 1 before the logarithm: the term is 0 then",
            lambda w: -(w * np.log2(w)).sum(-1).mean(-1),
        ),
        Mistake("the minus is missing", "Logarithms of shares are negative", lambda w: -entropy(w).mean(-1)),
        Mistake(
            "summed the rows' entropies",
            "Average over the rows: .mean(axis=-1)",
            lambda w: entropy(w).sum(-1),
        ),
        Mistake(
            "entropy of the mean row",
            "Take each row's entropy first, then the mean",
            lambda w: entropy(w.mean(-2)),
        ),
        Mistake("one number a row", "Average over the rows as well", entropy),
    ],
)


def _join(heads: Array, W_O: Array) -> Array:
    return np.asarray(heads.transpose(1, 0, 2).reshape(heads.shape[1], -1) @ W_O)


def _silence(heads: Array, *place: Any) -> Array:
    quiet = heads.copy()
    quiet[place] = 0
    return quiet


def _output_case(H: int, T: int, D: int, head: int) -> tuple[Array, Array, int]:
    return _generator.normal(size=(H, T, D)), _generator.normal(size=(H * D, H * D)), head


without_head = Exercise(
    name="without_head",
    asks="return the T × C output with one head's D numbers replaced by zeros",
    praise="the other heads speak as before, and the silenced one adds nothing",
    solution=lambda heads, W_O, head: _join(_silence(heads, head), W_O),
    cases=[_output_case(4, 5, 2, 1), _output_case(3, 4, 3, 0)],
    mistakes=[
        Mistake("nothing is silenced", "Set heads[head] to 0 in a copy", lambda h, W, _: _join(h, W)),
        Mistake(
            "silenced a position",
            "The head is the first axis of heads, the position the second",
            lambda h, W, i: _join(_silence(h, slice(None), i), W),
        ),
        Mistake(
            "kept only that head",
            "Silence this one and keep all the others",
            lambda h, W, i: _join(h, W) - _join(_silence(h, i), W),
        ),
        Mistake(
            "made the others louder",
            "Ablation leaves the other heads as they are: do not rescale",
            lambda h, W, i: _join(_silence(h, i), W) * len(h) / (len(h) - 1),
        ),
        Mistake(
            "heads and features are interleaved",
            "Use transpose(1, 0, 2) before you reshape, so that each head's D numbers stay together",
            lambda h, W, i: _silence(h, i).transpose(1, 2, 0).reshape(h.shape[1], -1) @ W,
        ),
        Mistake(
            "reshaped without transposing",
            "Reshape alone mixes positions and heads: transpose(1, 0, 2) first",
            lambda h, W, i: _silence(h, i).reshape(h.shape[1], -1) @ W,
        ),
        Mistake(
            "counted heads from 1",
            "Head 0 is the first",
            lambda h, W, i: _join(_silence(h, i - 1), W),
        ),
    ],
)
