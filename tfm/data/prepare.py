"""From a text to a folder that training reads: `tfm data prepare` does this, and `tfm train` reads what it wrote.

    text  → train.bin · val.bin · tokenizer.json · manifest.json          (a long text: train-00000-of-00007.bin …)
    pairs → train.source.bin · train.target.bin · the same for val and test · tokenizer.json · manifest.json

A prepared text is ids on disk, in shards where it is long, which several processes may write; memory does not
grow with it. Of pairs, both languages share one BPE vocabulary (Vaswani et al., 2017, section 5.1), and each
sentence in a file stands between the marks `START` and `END`. Every file of ids carries the fingerprint of its
tokenizer, so that files from two folders are never mixed by accident. This file knows nothing of models.
"""

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import tiktoken

from tfm.data.corpora import (
    OWN,
    PAIRS,
    TEXTS,
    first_judged,
    load_corpus,
    load_pairs,
    tatoeba_authors,
    text_file,
    thanks_for,
)
from tfm.data.manifest import begin, entries, is_whole, require_whole, seal
from tfm.data.marks import Marks
from tfm.data.prepared import Ids, Prepared, PreparedPairs, PreparedText
from tfm.data.shards import count_all, shards_of, write_shards
from tfm.data.stretches import STRETCH, Stretch, Survey, survey
from tfm.data.token_files import TokenFile, write_tokens
from tfm.folder_lock import FolderLock
from tfm.names import require_known
from tfm.text.bpe import BPE
from tfm.text.bpe_training import learn_merges, merges_wanted
from tfm.text.byte_level import ByteVocabulary
from tfm.text.characters import CharacterVocabulary
from tfm.text.tiktoken_bridge import VOCABULARIES, get_encoding
from tfm.text.tokenizer_file import Tokenizer, fingerprint, load_tokenizer, save_tokenizer

PAD, START, END = "<|pad|>", "<|start|>", "<|end|>"
SPLITS = ("train", "val", "test")
TOKENIZERS = ("characters", "bytes", "bpe", *VOCABULARIES)
VOCAB_SIZE = {"text": 4_096, "pairs": 8_192}
TOKENIZER_FILE = "tokenizer.json"


def prepare(
    source: str | Path,
    folder: str | Path,
    *,
    tokenizer: str = "characters",
    vocab_size: int | None = None,
    validation: float = 0.1,
    workers: int = 1,
) -> Prepared:
    """Write a folder that training reads; what a killed call has finished is not done again.

    Args:
        source: a text or set of pairs of the course by name, or the path of a text file.
        folder: where to write; it is made where it is missing.
        tokenizer: one of `TOKENIZERS`; pairs always take “bpe”.
        vocab_size: tokens of a BPE vocabulary that is trained on the training part.
        validation: the share of a text, its end, that is kept for judging.
        workers: how many processes encode a text of more than one shard. A script that asks for several keeps
            its own work under `if __name__ == "__main__":`, for each of them imports it.

    Returns:
        What was written, as `load_prepared` reads it.

    Raises:
        OSError: the data cannot be had, the folder cannot be written, or another process is writing there.
        ValueError: the source, the tokenizer or a number is none.
    """
    require_known("the tokenizer", tokenizer, TOKENIZERS)
    if workers < 1:
        raise ValueError(f"workers ({workers}) must be 1 or more: try workers=1")
    if str(source) in PAIRS:
        return _prepare_pairs(
            str(source), Path(folder), VOCAB_SIZE["pairs"] if vocab_size is None else vocab_size
        )
    kind: dict[str, Any] = {"tokenizer": tokenizer}
    if tokenizer == "bpe":
        kind["vocab_size"] = VOCAB_SIZE["text"] if vocab_size is None else vocab_size
        merges_wanted(kind["vocab_size"], 0)
    if str(source) not in TEXTS:
        path = text_file(source)
        return _prepare_text(path, path.name, OWN, Path(folder), kind, validation, workers)
    corpus = load_corpus(source)
    with tempfile.TemporaryDirectory() as spare:
        path = Path(spare) / corpus.name
        path.write_text(corpus.text, encoding="utf-8", newline="")
        return _prepare_text(path, corpus.name, corpus.thanks, Path(folder), kind, validation, workers)


def load_prepared(folder: str | Path) -> Prepared:
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
        pairs = _load_pairs(folder, tokenizer)
        require_whole(folder)
        return pairs
    names = [entry["name"] for entry in entries(folder)]
    train, val = (_checked(_files(folder, split, names), tokenizer) for split in SPLITS[:2])
    require_whole(folder)
    about = train.about
    return PreparedText(name=about["name"], train=train, val=val, tokenizer=tokenizer, thanks=about["thanks"])


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
    path: Path, name: str, thanks: str, folder: Path, kind: dict[str, Any], validation: float, workers: int
) -> PreparedText:
    found = survey(path)
    place = first_judged(name, found.length, validation)
    recipe = {"name": name, **kind, "sha256": found.sha256, "validation": validation, "stretch": STRETCH}
    if not is_whole(folder, recipe):
        with FolderLock(folder):
            begin(folder, recipe)
            about = {"name": name, "thanks": thanks}
            seal(folder, recipe, _write_text(path, found, place, about, folder, kind, workers))
    prepared = load_prepared(folder)
    assert isinstance(prepared, PreparedText)
    return prepared


def _write_text(
    path: Path,
    found: Survey,
    place: int,
    about: dict[str, str],
    folder: Path,
    kind: dict[str, Any],
    workers: int,
) -> list[Path]:
    """Make the tokenizer and every shard that an interrupted call has not made; give all files."""
    train, val = found.part(0, place), found.part(place, found.length)
    file = folder / TOKENIZER_FILE
    new = file.with_name(file.name + ".new")
    if not new.exists():
        half = new.with_name(new.name + ".new")
        save_tokenizer(_make_tokenizer(path, found, train, kind, workers), half)
        half.replace(new)
    about |= _about_vocabulary(load_tokenizer(new))
    shards = [*shards_of(folder, "train", train), *shards_of(folder, "val", val)]
    write_shards(path, shards, new, about, workers)
    new.replace(file)
    return [file, *(shard.path for shard in shards)]


def _make_tokenizer(
    path: Path, found: Survey, train: Sequence[Stretch], kind: dict[str, Any], workers: int
) -> Tokenizer | tiktoken.Encoding:
    """Make one of `TOKENIZERS`; a vocabulary of characters must know all, BPE learns from the training part."""
    if kind["tokenizer"] == "characters":
        return CharacterVocabulary(found.characters)
    if kind["tokenizer"] == "bytes":
        return ByteVocabulary()
    if kind["tokenizer"] == "bpe":
        counts = count_all(path, train, workers)
        return BPE(learn_merges(counts, merges_wanted(kind["vocab_size"], 0)))
    return get_encoding(kind["tokenizer"])


def _prepare_pairs(name: str, folder: Path, vocab_size: int) -> PreparedPairs:
    pairs = load_pairs(name)
    sentences = (sentence for pair in pairs["train"] for sentence in pair)
    bpe = BPE.train(sentences, vocab_size, special_tokens=[PAD, START, END])
    about = {"name": name, "thanks": thanks_for(name), **_about_vocabulary(bpe)}
    recipe = {"name": name, "vocab_size": vocab_size, "vocabulary": about["vocabulary"]}
    files = [folder / TOKENIZER_FILE]
    with FolderLock(folder):
        begin(folder, recipe)
        for split in SPLITS:
            for side, part in enumerate(("source", "target")):
                ids = _between_marks(bpe, (pair[side] for pair in pairs[split]))
                files.append(folder / f"{split}.{part}.bin")
                write_tokens(files[-1], ids, about)
        save_tokenizer(bpe, files[0])
        seal(folder, recipe, files)
    if name == "eng-cmn":
        authors = "\n".join([thanks_for(name), "", *tatoeba_authors()])
        (folder / "ATTRIBUTION.txt").write_text(authors + "\n", encoding="utf-8")
    return _load_pairs(folder, bpe)


def _load_pairs(folder: Path, tokenizer: Tokenizer) -> PreparedPairs:
    marks = marks_of(tokenizer)
    assert isinstance(tokenizer, BPE)  # no other kind has marks
    files = {
        (split, part): _checked([folder / f"{split}.{part}.bin"], tokenizer)
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


def _files(folder: Path, split: str, names: Sequence[str]) -> list[Path]:
    """The files of one split of a text: those of the manifest, or the one that was written before manifests."""
    return [folder / name for name in names if name.startswith(split)] or [folder / f"{split}.bin"]


def _checked(paths: Sequence[Path], tokenizer: "Tokenizer | tiktoken.Encoding") -> TokenFile:
    tokens, path = TokenFile(paths), paths[0]
    if tokens.about.get("vocabulary") != fingerprint(tokenizer):
        raise ValueError(
            f"{path} was written with another vocabulary than {path.with_name(TOKENIZER_FILE)}: prepare the text "
            "again, both files together"
        )
    return tokens


def _about_vocabulary(tokenizer: "Tokenizer | tiktoken.Encoding") -> dict[str, str]:
    return {"n_vocab": str(tokenizer.n_vocab), "vocabulary": fingerprint(tokenizer)}


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
