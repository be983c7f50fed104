"""Exercise verdicts: `check.NAME(your_function)` answers not started, right, or wrong *because*."""

from tfm.check.attention import attention, scores, softmax
from tfm.check.exercise import Exercise, Mistake, Verdict
from tfm.check.perceptron import decide, learn_step, xor
from tfm.check.real_attention import head_spread, previous_token_share, without_head

__all__ = [
    "Exercise",
    "Mistake",
    "Verdict",
    "attention",
    "decide",
    "head_spread",
    "learn_step",
    "previous_token_share",
    "scores",
    "softmax",
    "without_head",
    "xor",
]
