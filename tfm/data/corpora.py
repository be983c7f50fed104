"""The course's texts and sentence pairs by name, and any text file of the reader's own.

    texts: manual (the course brings it along) · shakespeare · tang300 · song300 · a path
    pairs: eng-cmn (Tatoeba, English to Mandarin) · multi30k (English to German)

A text's last tenth is kept for validation, so its pieces come in an order in which the end is of no other kind
than the beginning: poems and the manual's topics stand in the order of a checksum of their words, which means
nothing and is the same everywhere. This file knows nothing of tokens.
"""

import gzip
import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tfm.data.cache import fetch
from tfm.data.manual import manual_topics
from tfm.data.registry import FILES
from tfm.names import nearest
from tfm.text.door import read_file

Splits: TypeAlias = dict[str, list[tuple[str, str]]]
OWN = "your own text"  # whom to thank for a file of the reader's
EXAMINED = 1_000  # English sentences of Tatoeba kept for validation, and as many for the test


@dataclass(frozen=True, kw_only=True, slots=True)
class Corpus:
    """A text and whom to thank for it.

    Attributes:
        name: what it is called.
        text: all of it.
        thanks: licence and attribution, one line to show.
    """

    name: str
    text: str
    thanks: str

    def split(self, validation: float = 0.1) -> tuple[str, str]:
        """Cut the text into the part that is learned from and the part that is judged on, its end.

        Args:
            validation: the end's share of the characters, above 0 and below 1.

        Raises:
            ValueError: the share is none, or the text is too short to be cut.

        Example:
            >>> Corpus(name="x", text="0123456789", thanks="").split(0.2)
            ('01234567', '89')
        """
        place = first_judged(self.name, len(self.text), validation)
        return self.text[:place], self.text[place:]


def first_judged(name: str, length: int, validation: float) -> int:
    """The character with which the part of a text begins that is kept for judging.

    Args:
        name: what the text is called.
        length: its characters.
        validation: as for `Corpus.split`.

    Raises:
        ValueError: as for `Corpus.split`.
    """
    if not 0 < validation < 1:
        raise ValueError(f"validation ({validation}) is a share above 0 and below 1: try 0.1")
    place = int(length * (1 - validation))
    if not 0 < place < length:
        raise ValueError(f"{name} has {length} characters, too few to cut in two: take more text")
    return place


def load_corpus(source: str | Path) -> Corpus:
    """Give a text of the course by its name, or read a file.

    Args:
        source: a name of `TEXTS`, or the path of a text file in UTF-8.

    Raises:
        OSError: a named text cannot be had here and now, or the file cannot be read.
        ValueError: nothing has that name or lies there, or the file is empty or not UTF-8.

    Example:
        >>> load_corpus("shakespear")
        Traceback (most recent call last):
        ValueError: no text is called 'shakespear' and no file lies there: did you mean 'shakespeare'? ...
    """
    if str(source) in TEXTS:
        return TEXTS[str(source)]()
    path = text_file(source)
    return Corpus(name=path.name, text=read_utf8_file(path), thanks=OWN)


def text_file(source: str | Path) -> Path:
    """The path of a text file of the reader's own.

    Raises:
        ValueError: no file lies there; the nearest name of a text is suggested.
    """
    path = Path(source)
    if not path.is_file():
        meant = nearest(str(source), TEXTS)
        raise ValueError(
            f"no text is called {str(source)!r} and no file lies there: {meant}, or the path of a text file"
        )
    return path


def load_pairs(name: str) -> Splits:
    """Give sentence pairs of the course, in three splits.

    Args:
        name: a name of `PAIRS`.

    Returns:
        (source, target) pairs under “train”, “val” and “test”. Multi30k has splits of its own; of Tatoeba no
        English sentence is in two of them.

    Raises:
        OSError: the files cannot be had here and now.
        ValueError: nothing has that name.
    """
    if name not in PAIRS:
        raise ValueError(f"no set of pairs is called {name!r}: {nearest(name, PAIRS)}")
    return PAIRS[name]()


def thanks_for(name: str) -> str:
    """Licence and attribution of a named text or set of pairs, one line to show.

    Example:
        >>> thanks_for("eng-cmn").split(";")[0]
        'CC-BY 2.0 FR'
    """
    if name == "manual":
        return "Python Software Foundation Licence; the Python documentation's authors"
    return FILES["multi30k-train-en" if name == "multi30k" else name].licence


def tatoeba_authors() -> list[str]:
    """Everyone who wrote a sentence of eng-cmn, as its licence asks, in alphabetical order."""
    lines = fetch("eng-cmn").read_text(encoding="utf-8-sig").split("\n")
    thanks = [line.split("\t")[2] for line in lines if line.count("\t") == 2]
    return sorted({name for line in thanks for name in re.findall(r"#\d+ \((.+?)\)(?= &|$)", line)})


def read_utf8_file(path: Path) -> str:
    """Read a text file, or say at which byte it stops being one; line ends become those of Unix.

    Raises:
        OSError: the file cannot be read.
        ValueError: the file is empty or not UTF-8.
    """
    text = "".join(read_file(path))
    if not text.strip():
        raise empty(path)
    return text


def empty(path: Path) -> ValueError:
    """The sentence for a file that has no text in it."""
    return ValueError(f"{path} is empty: put some text into it, or give another file")


def _manual() -> Corpus:
    """The manual's paragraphs, each once: about a fifth of them repeat others."""
    seen: dict[str, None] = {}
    kept = []
    for page in _in_no_order(list(manual_topics().values())):
        paragraphs = dict.fromkeys(paragraph.strip("\n") for paragraph in page.split("\n\n"))
        new = [paragraph for paragraph in paragraphs if paragraph.strip() and paragraph not in seen]
        seen |= dict.fromkeys(new)
        kept.append("\n\n".join(new))
    text = "\n\n".join(page for page in kept if page) + "\n"
    return Corpus(name="manual", text=text, thanks=thanks_for("manual"))


def _shakespeare() -> Corpus:
    text = fetch("shakespeare").read_text(encoding="utf-8")
    return Corpus(name="shakespeare", text=text, thanks=thanks_for("shakespeare"))


def _poems(name: str) -> Corpus:
    poems = json.loads(fetch(name).read_text(encoding="utf-8"))
    whole = ["\n".join([poem.get("title") or poem["rhythmic"], *poem["paragraphs"]]) for poem in poems]
    return Corpus(name=name, text="\n\n".join(_in_no_order(whole)) + "\n", thanks=thanks_for(name))


def _tatoeba() -> Splits:
    """English–Mandarin: a sentence with several translations stays together, in one split."""
    lines = fetch("eng-cmn").read_text(encoding="utf-8-sig").split("\n")
    pairs = [tuple(line.split("\t")[:2]) for line in lines if line.count("\t") == 2]
    order = _in_no_order(sorted({english for english, _ in pairs}))
    split_of = dict.fromkeys(order, "train")
    split_of |= dict.fromkeys(order[:EXAMINED], "val") | dict.fromkeys(order[EXAMINED : 2 * EXAMINED], "test")
    splits: Splits = {"train": [], "val": [], "test": []}
    for english, mandarin in pairs:
        splits[split_of[english]].append((english, mandarin))
    return splits


def _multi30k() -> Splits:
    def lines(part: str, language: str) -> list[str]:
        path = fetch(f"multi30k-{part}-{language}")
        text = gzip.decompress(path.read_bytes()).decode("utf-8")
        return [line.strip() for line in text.removesuffix("\n").split("\n")]

    return {
        part: list(zip(lines(part, "en"), lines(part, "de"), strict=True))
        for part in ("train", "val", "test")
    }


TEXTS: dict[str, Callable[[], Corpus]] = {
    "manual": _manual,
    "shakespeare": _shakespeare,
    "tang300": lambda: _poems("tang300"),
    "song300": lambda: _poems("song300"),
}
PAIRS: dict[str, Callable[[], Splits]] = {"eng-cmn": _tatoeba, "multi30k": _multi30k}


def _in_no_order(pieces: Sequence[str]) -> list[str]:
    return sorted(pieces, key=lambda piece: hashlib.sha256(piece.encode()).digest())
