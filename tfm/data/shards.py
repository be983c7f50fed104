"""Stretches of a text written as shards, by several processes where there is more than one.

A shard is renamed into place when it is whole, so one that is there is not written again: a killed
`tfm data prepare` loses at most the shards that were being written. This file knows nothing of manifests.
"""

import multiprocessing
import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tqdm import tqdm

from tfm.data.stretches import Stretch
from tfm.data.token_files import write_stream
from tfm.text.bpe import BPE
from tfm.text.bpe_training import add_words, keep_frequent
from tfm.text.door import Plain
from tfm.text.patterns import GPT2_SPLIT, compiled
from tfm.text.stream import NO_SPECIAL, stream_parts
from tfm.text.tiktoken_bridge import VOCABULARIES
from tfm.text.tokenizer_file import load_tokenizer

MOST_WORDS = 300_000  # different words that a vocabulary is learned from
Work = TypeVar("Work")
Done = TypeVar("Done")


@dataclass(frozen=True, kw_only=True, slots=True)
class Shard:
    """A file that is to be written, and what of.

    Attributes:
        path: the file.
        stretch: its text.
    """

    path: Path
    stretch: Stretch


def shards_of(folder: Path, split: str, stretches: Sequence[Stretch]) -> list[Shard]:
    """Name the files of one split: `train.bin`, or `train-00000-of-00003.bin` and so on.

    Example:
        >>> one = Stretch(start=0, stop=9, length=9, skip=0, take=9)
        >>> [shard.path.name for shard in shards_of(Path("x"), "val", [one])]
        ['val.bin']
    """
    n = len(stretches)
    names = [f"{split}.bin"] if n == 1 else [f"{split}-{i:05}-of-{n:05}.bin" for i in range(n)]
    return [Shard(path=folder / name, stretch=one) for name, one in zip(names, stretches, strict=True)]


def count_all(text: Path, stretches: Sequence[Stretch], workers: int) -> Counter[str]:
    """Count the words of stretches; rare ones are forgotten where there are more than `MOST_WORDS`."""
    counts: Counter[str] = Counter()
    for some in _spread(partial(_count, text), stretches, workers, None, "counting words"):
        counts.update(some)
        if len(counts) > MOST_WORDS:
            counts = keep_frequent(counts, MOST_WORDS // 2)
    return counts


def write_shards(
    text: Path, shards: Sequence[Shard], tokenizer: Path, about: Mapping[str, str], workers: int
) -> None:
    """Encode and write every shard that is not there yet.

    Args:
        text: the text file.
        shards: all of them.
        tokenizer: the file of a tokenizer.
        about: as for `write_tokens`.
        workers: how many processes write, each a shard at a time.

    Raises:
        OSError: a file cannot be read or written, or a process was killed.
    """
    missing = [shard for shard in shards if not shard.path.exists()]
    for _ in _spread(
        partial(_write, text, tokenizer, dict(about)), missing, workers, tokenizer, "writing shards"
    ):
        pass


def encode_stream(tokenizer: Any, texts: Iterable[str], pattern: str | None) -> Iterator[list[int]]:
    """Encode a text that comes in pieces, and give the ids in lists: those of the whole text.

    Args:
        tokenizer: any.
        texts: pieces of one text, cut anywhere.
        pattern: its split pattern, one of those of `tfm.text.patterns`; None where each character is by itself.
    """
    plain = Plain(tokenizer)
    if pattern is None:
        yield from map(plain.encode, texts)
        return
    for _, strings in stream_parts(texts, compiled(pattern)):
        yield [i for string in strings for i in plain.encode(string)]


def pattern_of(tokenizer: Any) -> str | None:
    """The split pattern of a tokenizer, or None for characters and bytes."""
    if isinstance(tokenizer, BPE):
        return tokenizer.pattern
    known = VOCABULARIES.get(getattr(tokenizer, "name", ""))
    return known.pattern if known else None


def _spread(
    work: Callable[[Work], Done], things: Sequence[Work], workers: int, tokenizer: Path | None, what: str
) -> Iterator[Done]:
    """Do one thing after another, or several at once in processes of their own; outcomes keep their order."""
    bar = partial(tqdm, total=len(things), desc=what, unit="shard", leave=False, disable=len(things) < 3)
    if min(workers, len(things)) < 2:
        _start(tokenizer)
        yield from bar(map(work, things))
        return
    fresh = multiprocessing.get_context("spawn")  # a copy of this process could copy a lock that is held
    with ProcessPoolExecutor(min(workers, len(things)), fresh, _start_worker, (tokenizer,)) as pool:
        try:
            yield from bar(pool.map(work, things))
        except BrokenProcessPool:
            raise OSError(
                "a process that prepared data was killed (was the memory full?): run the same command again, "
                "with --workers 1 if it happens again; what is finished is not done twice"
            ) from None
        finally:
            pool.shutdown(cancel_futures=True)


_encoders: dict[Path, tuple[Any, str | None]] = {}  # one a process, for all its shards


def _start(tokenizer: Path | None) -> None:
    """Read the tokenizer; tiktoken encodes the same ids as a BPE vocabulary of ours, more quickly."""
    _encoders.clear()
    if tokenizer is not None:
        ours = load_tokenizer(tokenizer)
        _encoders[tokenizer] = (ours.to_tiktoken("tfm") if isinstance(ours, BPE) else ours, pattern_of(ours))


def _start_worker(tokenizer: Path | None) -> None:
    """The same, and end with the process that wants the work, though it be killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all, and one says it
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _start(tokenizer)


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _count(text: Path, stretch: Stretch) -> Counter[str]:
    return add_words(Counter(), stretch.read(text), compiled(GPT2_SPLIT), NO_SPECIAL, MOST_WORDS)


def _write(text: Path, tokenizer: Path, about: dict[str, str], shard: Shard) -> int:
    encoder, pattern = _encoders[tokenizer]
    ids = encode_stream(encoder, shard.stretch.read(text), pattern)
    return write_stream(shard.path, ids, encoder.n_vocab, about)
