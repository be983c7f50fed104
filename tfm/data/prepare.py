"""From a text to a folder that training reads: `tfm data prepare` does this, and `tfm train` reads what it wrote.

    text  → train.bin · val.bin · tokenizer.json
    pairs → train.source.bin · train.target.bin · the same for val and test · tokenizer.json

A prepared text is two files of ids. Of pairs, both languages share one BPE vocabulary (Vaswani et al., 2017,
section 5.1), and each sentence in a file stands between the marks `START` and `END`. Every file of ids carries the
fingerprint of its tokenizer, so that files from two folders are never mixed by accident. This file knows nothing
of models.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import tiktoken

from tfm.data.corpora import PAIRS, Corpus, load_corpus, load_pairs, tatoeba_authors, thanks_for
from tfm.data.pairs import Marks
from tfm.data.tokens import TokenFile, write_tokens
from tfm.folder_lock import FolderLock
from tfm.names import require_known
from tfm.text.bpe import BPE
from tfm.text.byte_level import ByteVocabulary
from tfm.text.characters import CharacterVocabulary
from tfm.text.tiktoken_bridge import VOCABULARIES, get_encoding
from tfm.text.tokenizer_file import Tokenizer, fingerprint, load_tokenizer, save_tokenizer

PAD, START, END = "<|pad|>", "<|start|>", "<|end|>"
SPLITS = ("train", "val", "test")
TOKENIZERS = ("characters", "bytes", "bpe", *VOCABULARIES)
VOCAB_SIZE = {"text": 4_096, "pairs": 8_192}
TOKENIZER_FILE = "tokenizer.json"
Ids: TypeAlias = list[list[int]]


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedText:
    """A text as ids.

    Attributes:
        name: what the text is called.
        train, val: the ids, on disk.
        tokenizer: what made them.
        thanks: licence and attribution.
    """

    name: str
    train: TokenFile
    val: TokenFile
    tokenizer: Tokenizer
    thanks: str


@dataclass(frozen=True, kw_only=True, slots=True)
class PreparedPairs:
    """Sentence pairs as ids.

    Attributes:
        name: what the pairs are called.
        splits: “train”, “val”, “test” → (sources, targets), ids without marks.
        tokenizer: one for both languages.
        marks: the ids of padding, start and end.
        thanks: licence and attribution.
    """

    name: str
    splits: dict[str, tuple[Ids, Ids]]
    tokenizer: BPE
    marks: Marks
    thanks: str


def prepare(
    source: str | Path,
    folder: str | Path,
    *,
    tokenizer: str = "characters",
    vocab_size: int | None = None,
    validation: float = 0.1,
) -> "PreparedText | PreparedPairs":
    """Write a folder that training reads.

    Args:
        source: a text or set of pairs of the course by name, or the path of a text file.
        folder: where to write; it is made where it is missing.
        tokenizer: one of `TOKENIZERS`; pairs always take “bpe”.
        vocab_size: tokens of a BPE vocabulary that is trained on the training part.
        validation: the share of a text, its end, that is kept for judging.

    Returns:
        What was written, as `load_prepared` reads it.

    Raises:
        OSError: the data cannot be had, the folder cannot be written, or another process is writing there.
        ValueError: the source, the tokenizer or a number is none.
    """
    require_known("the tokenizer", tokenizer, TOKENIZERS)
    with FolderLock(folder):
        if str(source) in PAIRS:
            return _prepare_pairs(str(source), Path(folder), vocab_size or VOCAB_SIZE["pairs"])
        corpus = load_corpus(source)
        return _prepare_text(corpus, Path(folder), tokenizer, vocab_size or VOCAB_SIZE["text"], validation)


def load_prepared(folder: str | Path) -> "PreparedText | PreparedPairs":
    """Read a folder of `prepare`.

    Raises:
        OSError: a file is missing.
        ValueError: a file is damaged, or was written with another vocabulary.
    """
    folder = Path(folder)
    path = folder / TOKENIZER_FILE
    if not path.is_file():
        raise ValueError(
            f"{folder} is no prepared folder, for it has no {TOKENIZER_FILE}: run `tfm data prepare`"
        )
    tokenizer = load_tokenizer(path)
    if (folder / "train.source.bin").is_file():
        return _load_pairs(folder, tokenizer)
    train, val = (_checked(folder / f"{split}.bin", tokenizer) for split in SPLITS[:2])
    about = train.about
    return PreparedText(name=about["name"], train=train, val=val, tokenizer=tokenizer, thanks=about["thanks"])


def make_tokenizer(kind: str, text: str, training: str, vocab_size: int) -> "Tokenizer | tiktoken.Encoding":
    """Make one of `TOKENIZERS`.

    Args:
        kind: which.
        text: all of the text: a vocabulary of characters must know each.
        training: the part that a BPE vocabulary is trained on.
        vocab_size: tokens of a BPE vocabulary.
    """
    if kind == "characters":
        return CharacterVocabulary(text)
    if kind == "bytes":
        return ByteVocabulary()
    if kind == "bpe":
        return BPE.train(training, vocab_size)
    return get_encoding(kind)


def encode(tokenizer: "Tokenizer | tiktoken.Encoding", text: str) -> list[int]:
    """Encode a text of anybody's: what looks like a special token is text like any other."""
    ordinary = (
        tokenizer.encode_ordinary if isinstance(tokenizer, BPE | tiktoken.Encoding) else tokenizer.encode
    )
    return ordinary(text)


def marks_of(tokenizer: "Tokenizer | tiktoken.Encoding") -> Marks:
    """The ids of padding, start and end in a vocabulary of pairs.

    Args:
        tokenizer: as `prepare` makes it of pairs: a BPE vocabulary with `PAD`, `START` and `END`.

    Raises:
        ValueError: it has no such marks.

    Example:
        >>> marks_of(BPE.train("to be or not to be", 260, special_tokens=[PAD, START, END]))
        Marks(pad=257, start=258, end=259)
    """
    special = tokenizer.special_tokens if isinstance(tokenizer, BPE) else {}
    if not {PAD, START, END} <= set(special):
        raise ValueError(
            f"this vocabulary has no marks for pairs ({PAD}, {START}, {END}): prepare pairs anew by "
            "`tfm data prepare`, and train on them by `tfm train … --task translate`"
        )
    return Marks(pad=special[PAD], start=special[START], end=special[END])


def _prepare_text(
    corpus: Corpus, folder: Path, kind: str, vocab_size: int, validation: float
) -> PreparedText:
    parts = corpus.split(validation)
    tokenizer = make_tokenizer(kind, corpus.text, parts[0], vocab_size)
    folder.mkdir(parents=True, exist_ok=True)
    about = _about(corpus.name, corpus.thanks, tokenizer)
    for split, part in zip(SPLITS[:2], parts, strict=True):
        write_tokens(folder / f"{split}.bin", encode(tokenizer, part), about)
    save_tokenizer(tokenizer, folder / TOKENIZER_FILE)
    prepared = load_prepared(folder)
    assert isinstance(prepared, PreparedText)
    return prepared


def _prepare_pairs(name: str, folder: Path, vocab_size: int) -> PreparedPairs:
    pairs = load_pairs(name)
    sentences = (sentence for pair in pairs["train"] for sentence in pair)
    bpe = BPE.train(sentences, vocab_size, special_tokens=[PAD, START, END])
    folder.mkdir(parents=True, exist_ok=True)
    about = _about(name, thanks_for(name), bpe)
    for split in SPLITS:
        for side, part in enumerate(("source", "target")):
            ids = _between_marks(bpe, (pair[side] for pair in pairs[split]))
            write_tokens(folder / f"{split}.{part}.bin", ids, about)
    save_tokenizer(bpe, folder / TOKENIZER_FILE)
    if name == "eng-cmn":
        authors = "\n".join([thanks_for(name), "", *tatoeba_authors()])
        (folder / "ATTRIBUTION.txt").write_text(authors + "\n", encoding="utf-8")
    return _load_pairs(folder, bpe)


def _load_pairs(folder: Path, tokenizer: Tokenizer) -> PreparedPairs:
    marks = marks_of(tokenizer)
    assert isinstance(tokenizer, BPE)  # no other kind has marks
    files = {
        (split, part): _checked(folder / f"{split}.{part}.bin", tokenizer)
        for split in SPLITS
        for part in ("source", "target")
    }
    splits = {
        split: (_sentences(files[split, "source"], marks), _sentences(files[split, "target"], marks))
        for split in SPLITS
    }
    about = files["train", "source"].about
    return PreparedPairs(
        name=about["name"], splits=splits, tokenizer=tokenizer, marks=marks, thanks=about["thanks"]
    )


def _checked(path: Path, tokenizer: "Tokenizer | tiktoken.Encoding") -> TokenFile:
    tokens = TokenFile(path)
    if tokens.about.get("vocabulary") != fingerprint(tokenizer):
        raise ValueError(
            f"{path} was written with another vocabulary than {path.with_name(TOKENIZER_FILE)}: prepare the text "
            "again, both files together"
        )
    return tokens


def _about(name: str, thanks: str, tokenizer: "Tokenizer | tiktoken.Encoding") -> dict[str, str]:
    vocabulary, n_vocab = fingerprint(tokenizer), str(tokenizer.n_vocab)
    return {"name": name, "thanks": thanks, "n_vocab": n_vocab, "vocabulary": vocabulary}


def _between_marks(bpe: BPE, sentences: Iterable[str]) -> list[int]:
    marks = marks_of(bpe)
    return [i for sentence in sentences for i in (marks.start, *bpe.encode_ordinary(sentence), marks.end)]


def _sentences(tokens: TokenFile, marks: Marks) -> Ids:
    ids = np.asarray(tokens.ids)
    starts, ends = np.flatnonzero(ids == marks.start), np.flatnonzero(ids == marks.end)
    if len(starts) != len(ends) or (starts >= ends).any():
        raise ValueError(
            f"{tokens.path} is damaged, for its marks do not pair up: run `tfm data prepare` again"
        )
    rows: Sequence[np.ndarray] = [ids[s + 1 : e] for s, e in zip(starts, ends, strict=True)]
    return [row.tolist() for row in rows]
