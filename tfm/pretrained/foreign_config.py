"""A config.json in Hugging Face's form, read so that nothing in it goes unnoticed.

Each field that decides what a model computes is taken once, with its kind and range judged. What is left at the
end must be known to change nothing, or say that something is not there; any other field is refused by its name,
since a model that is computed a little differently answers without a word of warning.
"""

import re
from collections.abc import Collection, Mapping
from typing import Any

from tfm.names import judged, printable, shown

CONFIG = "config.json"
# What a config.json may say without changing a logit in evaluation: names, training, generation, other heads.
FREE = frozenset({
    "_name_or_path", "_attn_implementation_autoset", "architectures", "attn_implementation", "bos_token_id",
    "cls_token_id", "chunk_size_feed_forward", "decoder_start_token_id", "directionality", "dtype",
    "eos_token_id", "finetuning_task", "forced_bos_token_id", "forced_eos_token_id", "gradient_checkpointing",
    "id2label", "initializer_range", "label2id", "mask_token_id", "max_window_layers", "n_ctx", "num_labels",
    "output_attentions", "output_hidden_states", "output_past", "pad_token_id", "pooler_fc_size",
    "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head", "pooler_type", "prefix",
    "pretraining_tp", "problem_type", "reorder_and_upcast_attn", "return_dict", "sep_token_id",
    "task_specific_params", "tf_legacy_loss", "tokenizer_class", "torch_dtype", "torchscript",
    "transformers_version", "unk_token_id", "use_bfloat16", "use_cache", "attention_dropout",
    "attention_probs_dropout_prob", "attn_pdrop", "classifier_dropout", "embd_pdrop", "hidden_dropout_prob",
    "resid_pdrop", "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
    "summary_use_proj", "bad_words_ids", "begin_suppress_tokens", "diversity_penalty", "do_sample",
    "early_stopping", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty", "length_penalty",
    "max_length", "max_new_tokens", "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams",
    "num_return_sequences", "output_scores", "remove_invalid_values", "repetition_penalty",
    "return_dict_in_generate", "suppress_tokens", "temperature", "top_k", "top_p", "typical_p",
})  # fmt: skip
NOTHING: tuple[Any, ...] = (None, False, [], {}, "")
REQUIRED = object()


class ForeignConfig:
    """What somebody's configuration says; each field is asked for by its name there.

    Args:
        values: the fields.
        where: what holds them, for sentences.

    Example:
        >>> theirs = ForeignConfig({"n_layer": 2, "is_decoder": True})
        >>> theirs.take("n_layer", int)
        2
        >>> theirs.require_nothing_else()
        Traceback (most recent call last):
        ValueError: config.json says is_decoder = True, and what that changes is not known here: take another ...
    """

    def __init__(self, values: Mapping[str, Any], where: str = CONFIG) -> None:
        self.where = where
        self._values = values
        self._unread = dict(values)

    def kind(self, known: Collection[str]) -> str:
        """Say which kind of model it is.

        Args:
            known: the kinds that the reader reads.

        Raises:
            ValueError: it is another one, or it does not say.
        """
        names = self._values.get("architectures")
        name = names[0] if isinstance(names, list) and names and isinstance(names[0], str) else ""
        found = re.match(r"(\w+?)(For|LMHead|Model)", name)  # “LlamaForCausalLM”
        kind = self.take("model_type", str, found[1].lower() if found else REQUIRED)
        if kind not in known:
            only = " or ".join(map(repr, known))
            raise ValueError(
                f"{self.where} says model_type = {shown(kind)}, and only {only} is read here: take another model"
            )
        return str(kind)

    def take(self, name: str, hint: Any, default: Any = REQUIRED) -> Any:
        """Give a field, judged by an annotation.

        Raises:
            ValueError: it is not there and has no default, or its value is of another kind or out of range.
        """
        self._unread.pop(name, None)
        if name in self._values:
            return judged(f"{name} in {self.where}", self._values[name], hint)
        if default is REQUIRED:
            raise ValueError(f"{self.where} does not say {name}: take the {CONFIG} of the model")
        return default

    def only(self, name: str, *values: Any) -> None:
        """Make sure that a field, where it is there, has one of a few values.

        Raises:
            ValueError: it has another one.
        """
        self._unread.pop(name, None)
        found = self._values.get(name, values[0])
        if not any(found == value and isinstance(found, bool) == isinstance(value, bool) for value in values):
            only = " or ".join(map(repr, values))
            raise ValueError(
                f"{self.where} says {name} = {shown(found)}, and only {only} is read here: take another model"
            )

    def require_nothing_else(self) -> None:
        """Make sure that what was not asked for changes nothing.

        Raises:
            ValueError: a field may change what the model computes.
        """
        for name, value in self._unread.items():
            if name not in FREE and value not in NOTHING:
                raise ValueError(
                    f"{self.where} says {printable(name)} = {shown(value)}, and what that changes is not known "
                    f"here: take another model, or that line out of {CONFIG} if it changes nothing"
                )
