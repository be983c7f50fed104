"""The next command as a reader can type it: paths are quoted, and a prompt comes from the model's text."""

import itertools
import os
import re
import shlex
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

LOOKED_AT = 2_000  # ids of a text, in which a prompt is looked for
WORDS = re.compile(
    r"(?<![^\W_])[^\W\d_](?:[^\W_]|[ ,.](?=[^\W_])){0,23}(?![^\W_])"
)  # letters of any script, and spaces


def command(*words: str | Path) -> str:
    """Write a command so that a shell takes its words apart as they are here.

    Example:
        >>> command("tfm", "train", "my diary.txt") in ("tfm train 'my diary.txt'", 'tfm train "my diary.txt"')
        True
    """
    told = [str(word) for word in words]
    return subprocess.list2cmdline(told) if os.name == "nt" else shlex.join(told)


def prompt_from(text: str) -> str:
    """Find a few words in a text that need no escape in any shell, or take its first character.

    Example:
        >>> prompt_from("“Well,” said the fox, and went home by the river.")
        'Well'
        >>> prompt_from("中华人民，共和国。")
        '中华人民'
    """
    found = WORDS.search(text)
    return found.group() if found else next((letter for letter in text if letter.isprintable()), text[:1])


def example(tokenizer: Any, ids: Iterable[int] | None = None) -> str:
    """Give a prompt that a tokenizer knows, between double quotes where that is enough.

    Args:
        tokenizer: of the model.
        ids: of its text; without them, its vocabulary is looked through.
    """
    known = range(tokenizer.n_vocab) if ids is None else ids
    prompt = prompt_from(tokenizer.decode([int(i) for i in itertools.islice(known, LOOKED_AT)]))
    return f'"{prompt}"' if WORDS.fullmatch(prompt) else command(prompt)
