"""Which exercise belongs to which lesson, and which lesson to which part: the course's table of contents.

A test holds it equal to the notebooks. This file knows nothing of what an exercise asks.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

PARTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "A neuron learns": {
        "01_perceptron": ("decide", "learn_step", "xor"),
        "02_learning": ("neuron_gradient", "descent_step", "backprop"),
        "03_playground": ("neuron_map", "network_size", "built_difference", "layer_gradients"),
        "04_vectors": ("projection_length", "product_shape", "cosine_order", "product_by_loops"),
    },
    "Text becomes vectors": {
        "05_next_token": ("next_shares", "perplexity", "add_k", "next_place"),
        "06_tokens": ("frequent_pair", "merge_pair", "encode_merges", "shown_characters"),
        "07_embeddings": ("lookup", "neighbours", "document_vector", "same_output"),
        "08_positions": ("sinusoidal_code", "mix_in_order", "rotate_pair", "distance_bias"),
    },
    "Attention": {
        "09_attention": ("scores", "softmax", "attention"),
        "10_masks": ("causal", "mask_softmax", "padding", "leaks"),
        "11_heads": ("split_heads", "merge_heads", "multi_head"),
        "12_real_attention": ("previous_token_share", "head_spread", "without_head"),
    },
    "The Transformer": {
        "13_normalization": ("layer_norm", "rms_norm", "pre_norm"),
        "14_feed_forward": ("feed_forward", "gated_feed_forward", "layer_parameters"),
        "15_layers": ("pre_norm_layer", "decoder_order", "decoder_parameters"),
        "16_transformer": ("shift_right", "padded_loss", "greedy_loop"),
    },
    "Train it and use it": {
        "17_training": ("adamw_step", "warmup_factor", "clip_gradients", "early_stop"),
        "18_gpt": ("training_windows", "accumulated_gradient", "training_hours"),
        "19_generation": ("sharpen", "nucleus", "beam_step"),
        "20_evaluation": ("precision_recall", "clipped_precision", "bits_per_byte"),
        "21_two_files": ("tensor_from_file", "model_gigabytes", "rounded_matrix"),
    },
}


class Lesson(NamedTuple):
    """A lesson and its exercises.

    Attributes:
        part: the part's number and name, such as `1 · A neuron learns`.
        name: the notebook's, such as `01_perceptron`.
        exercises: in the lesson's order.
    """

    part: str
    name: str
    exercises: tuple[str, ...]

    @property
    def title(self) -> str:
        """The number and the name as people write it.

        Example:
            >>> Lesson("3 · Attention", "12_real_attention", ()).title
            '12 real attention'
        """
        return self.name.replace("_", " ")


def lessons() -> Iterator[Lesson]:
    """All lessons, in order."""
    for number, (part, members) in enumerate(PARTS.items(), start=1):
        for name, exercises in members.items():
            yield Lesson(f"{number} · {part}", name, exercises)


def lessons_called(word: str) -> list[Lesson]:
    """The lessons that a reader means by a word.

    Args:
        word: `all`, a number such as `9` or `09`, or a name such as `09_attention`.

    Raises:
        ValueError: there is no such lesson.

    Example:
        >>> [lesson.name for lesson in lessons_called("9")]
        ['09_attention']
    """
    meant = [one for one in lessons() if word in ("all", one.name, one.name[:2], one.name[:2].lstrip("0"))]
    if not meant:
        last = [one.name[:2] for one in lessons()][-1]
        raise ValueError(f"there is no lesson {word!r}: give a number from 1 to {int(last)}, or all")
    return meant
