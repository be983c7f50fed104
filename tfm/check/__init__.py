"""Exercise verdicts: `check.NAME(your_function)` answers not started, right, or wrong *because*."""

from tfm.check.attention import attention, scores, softmax
from tfm.check.embeddings import document_vector, lookup, neighbours, same_output
from tfm.check.exercise import Exercise, Mistake, Verdict
from tfm.check.feed_forward import feed_forward, gated_feed_forward, layer_parameters
from tfm.check.generation import beam_step, nucleus, sharpen
from tfm.check.gpt import accumulated_gradient, training_hours, training_windows
from tfm.check.heads import merge_heads, multi_head, split_heads
from tfm.check.layers import decoder_order, decoder_parameters, pre_norm_layer
from tfm.check.learning import backprop, descent_step, neuron_gradient
from tfm.check.masks import causal, leaks, mask_softmax, padding
from tfm.check.metrics import bits_per_byte, clipped_precision, precision_recall
from tfm.check.next_token import add_k, next_place, next_shares, perplexity
from tfm.check.normalization import layer_norm, pre_norm, rms_norm
from tfm.check.perceptron import decide, learn_step, xor
from tfm.check.playground import built_difference, layer_gradients, network_size, neuron_map
from tfm.check.positions import distance_bias, mix_in_order, rotate_pair, sinusoidal_code
from tfm.check.real_attention import head_spread, previous_token_share, without_head
from tfm.check.tokens import encode_merges, frequent_pair, merge_pair, shown_characters
from tfm.check.training import adamw_step, clip_gradients, early_stop, warmup_factor
from tfm.check.transformer import greedy_loop, padded_loss, shift_right
from tfm.check.two_files import model_gigabytes, rounded_matrix, tensor_from_file
from tfm.check.vectors import cosine_order, product_by_loops, product_shape, projection_length

__all__ = [
    "Exercise",
    "Mistake",
    "Verdict",
    "accumulated_gradient",
    "adamw_step",
    "add_k",
    "attention",
    "backprop",
    "beam_step",
    "bits_per_byte",
    "built_difference",
    "causal",
    "clip_gradients",
    "clipped_precision",
    "cosine_order",
    "decide",
    "decoder_order",
    "decoder_parameters",
    "descent_step",
    "distance_bias",
    "document_vector",
    "early_stop",
    "encode_merges",
    "feed_forward",
    "frequent_pair",
    "gated_feed_forward",
    "greedy_loop",
    "head_spread",
    "layer_gradients",
    "layer_norm",
    "layer_parameters",
    "leaks",
    "learn_step",
    "lookup",
    "mask_softmax",
    "merge_heads",
    "merge_pair",
    "mix_in_order",
    "model_gigabytes",
    "multi_head",
    "neighbours",
    "network_size",
    "neuron_gradient",
    "neuron_map",
    "next_place",
    "next_shares",
    "nucleus",
    "padded_loss",
    "padding",
    "perplexity",
    "pre_norm",
    "pre_norm_layer",
    "precision_recall",
    "previous_token_share",
    "product_by_loops",
    "product_shape",
    "projection_length",
    "rms_norm",
    "rotate_pair",
    "rounded_matrix",
    "same_output",
    "scores",
    "sharpen",
    "shift_right",
    "shown_characters",
    "sinusoidal_code",
    "softmax",
    "split_heads",
    "tensor_from_file",
    "training_hours",
    "training_windows",
    "warmup_factor",
    "without_head",
    "xor",
]
