"""Train the course's own BPE vocabulary on the Python manual."""

from pathlib import Path

from tfm.assets.manual import SHA256, VERSION
from tfm.data.manual import manual_text
from tfm.text.bpe import BPE
from tfm.text.patterns import GPT2_SPLIT

VOCAB_SIZE = 4_096
END = "<|endoftext|>"


def build_manual_bpe(path: Path) -> None:
    """Train the vocabulary and write it.

    Args:
        path: the file to write.
    """
    text = manual_text()
    bpe = BPE.train(text, VOCAB_SIZE, pattern=GPT2_SPLIT, special_tokens=[END])
    bpe.save(path, note=f"trained on pydoc_data.topics of Python {VERSION}, SHA-256 of the text {SHA256}")
    print(f"{path}: {bpe.n_vocab} tokens from {len(text)} characters, {path.stat().st_size} bytes")
