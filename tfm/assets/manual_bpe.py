"""Train the course's own BPE vocabulary on the Python manual, which lies on every disk that has Python."""

import hashlib
import platform
from pathlib import Path
from pydoc_data import topics

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
    bpe.save(
        path, note=f"trained on pydoc_data.topics of Python {platform.python_version()}, {fingerprint(text)}"
    )
    print(f"{path}: {bpe.n_vocab} tokens from {len(text)} characters, {path.stat().st_size} bytes")


def manual_text() -> str:
    """Join the manual's topics in the order of their names; another version of Python has other words."""
    return "\n\n".join(topics.topics[name] for name in sorted(topics.topics))


def fingerprint(text: str) -> str:
    """Name a text by its checksum."""
    return f"SHA-256 of the text {hashlib.sha256(text.encode()).hexdigest()}"
