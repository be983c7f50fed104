"""Exercise verdicts: `check.NAME(your_function)` answers not started, right, or wrong *because*."""

from tfm.check.attention import attention, scores, softmax
from tfm.check.exercise import Exercise, Mistake, Verdict
from tfm.check.learning import backprop, descent_step, neuron_gradient
from tfm.check.masks import causal, leaks, mask_softmax, padding
from tfm.check.next_token import add_k, next_place, next_shares, perplexity
from tfm.check.perceptron import decide, learn_step, xor
from tfm.check.positions import distance_bias, mix_in_order, rotate_pair, sinusoidal_code
from tfm.check.real_attention import head_spread, previous_token_share, without_head
from tfm.check.tokens import encode_merges, frequent_pair, merge_pair, shown_characters
from tfm.check.vectors import cosine_order, product_by_loops, product_shape, projection_length

__all__ = [
    "Exercise",
    "Mistake",
    "Verdict",
    "add_k",
    "attention",
    "backprop",
    "causal",
    "cosine_order",
    "decide",
    "descent_step",
    "distance_bias",
    "encode_merges",
    "frequent_pair",
    "head_spread",
    "leaks",
    "learn_step",
    "mask_softmax",
    "merge_pair",
    "mix_in_order",
    "neuron_gradient",
    "next_place",
    "next_shares",
    "padding",
    "perplexity",
    "previous_token_share",
    "product_by_loops",
    "product_shape",
    "projection_length",
    "rotate_pair",
    "scores",
    "shown_characters",
    "sinusoidal_code",
    "softmax",
    "without_head",
    "xor",
]
