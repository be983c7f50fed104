"""Pack GPT's three vocabularies from tiktoken's own files, which it downloads where it lacks them."""

import importlib.metadata
from pathlib import Path

import tiktoken

from tfm.text.tiktoken_bridge import VOCABULARIES, pack

LICENSE = "LICENSE.txt"


def build_vocabularies(folder: Path) -> None:
    """Write a packed list for each vocabulary, and tiktoken's licence beside them.

    Args:
        folder: where they go.
    """
    folder.mkdir(exist_ok=True)
    for name in {vocabulary.file: name for name, vocabulary in reversed(VOCABULARIES.items())}.values():
        ranks = tiktoken.get_encoding(name)._mergeable_ranks  # noqa: SLF001 (tiktoken shows them nowhere else)
        path = folder / VOCABULARIES[name].file
        path.write_bytes(pack(sorted(ranks, key=ranks.__getitem__)))
        print(f"{path}: {len(ranks)} tokens, {path.stat().st_size} bytes")
    package = importlib.metadata.distribution("tiktoken")
    (licence,) = (file for file in package.files or () if file.name == "LICENSE")
    (folder / LICENSE).write_text(licence.read_text(), encoding="utf-8")
