"""Our BPE against the libraries that real models use: tiktoken's vocabularies, Hugging Face's training."""

import inspect
import json
import tarfile
import typing
from functools import cache
from pathlib import Path

import needs
import pytest
import tiktoken
from tokenizers import Regex, Tokenizer, models, pre_tokenizers, trainers

from tfm.text.bpe import BPE
from tfm.text.patterns import CL100K_SPLIT, GPT2_SPLIT, O200K_SPLIT, split
from tfm.text.tiktoken_bridge import get_encoding

pytestmark = pytest.mark.usefixtures("as_a_reader_calls_it")  # checking types takes longer than encoding
MERGES = 1_500
FIRST_LETTER = 0x4E00  # bytes are written as letters from here on, in the order of the bytes


def _text(name: str) -> str:
    return needs.data(name).read_text(encoding="utf-8")


@cache
def texts() -> dict[str, str]:
    """About a megabyte: English, Chinese and code."""
    poems = [poem for name in ("tang300", "song300") for poem in json.loads(_text(name))]
    code = [
        Path(module.__file__).read_text(encoding="utf-8")
        for module in (inspect, tarfile, typing, pytest, json)
    ]
    return {
        "English": _text("shakespeare")[:500_000],
        "Chinese": "\n".join(f"{poem['author']}\n{''.join(poem['paragraphs'])}" for poem in poems),
        "code": "\n".join(code),
    }


@pytest.mark.parametrize(
    ("name", "pattern", "share"),
    [("gpt2", GPT2_SPLIT, 1.0), ("cl100k_base", CL100K_SPLIT, 0.3)],
    ids=["gpt2", "cl100k_base"],
)
def test_real_vocabularies_give_tiktokens_ids(name, pattern, share):
    """GPT-2's 50,257 tokens and GPT-4's 100,277, through our encoder: the ids are tiktoken's."""
    theirs = get_encoding(name)
    ours = BPE.from_ranks(theirs._mergeable_ranks, pattern, theirs._special_tokens)
    assert ours.n_vocab == theirs.n_vocab
    _encode_alike(ours, theirs, share)
    marked = "a<|endoftext|>b"
    assert ours.encode(marked, allowed_special="all") == theirs.encode(marked, allowed_special="all")


def test_the_first_tokens_of_gpt_4o_give_tiktokens_ids():
    """The 50,000 oldest of o200k_base's tokens are a vocabulary too, and encode alike in ours and tiktoken."""
    ranks = {
        token: rank for token, rank in get_encoding("o200k_base")._mergeable_ranks.items() if rank < 50_000
    }
    theirs = tiktoken.Encoding("oldest", pat_str=O200K_SPLIT, mergeable_ranks=ranks, special_tokens={})
    _encode_alike(BPE.from_ranks(ranks, O200K_SPLIT), theirs, 0.3)


def _encode_alike(ours: BPE, theirs: tiktoken.Encoding, share: float) -> None:
    for kind, text in texts().items():
        piece = text[: int(share * len(text))]
        ids = ours.encode(piece)
        assert ids == theirs.encode(piece), kind
        assert ours.decode(ids) == piece


def test_the_sample_is_a_megabyte():
    """The parity above is on English, Chinese and code, of about a megabyte together."""
    sizes = {kind: len(text.encode()) for kind, text in texts().items()}
    assert sum(sizes.values()) > 900_000
    assert min(sizes.values()) > 100_000


@pytest.mark.parametrize("kind", ["English", "Chinese"])
@pytest.mark.parametrize("pattern", [GPT2_SPLIT, CL100K_SPLIT], ids=["gpt2", "cl100k"])
def test_training_gives_hugging_faces_merges(kind, pattern):
    """`BpeTrainer` learns the same merges in the same order, ties included.

    The library breaks ties by its own order of the bytes; so bytes are written for it as letters in ours, one
    word a line.
    """
    text = texts()[kind][:300_000]
    ours = BPE.train(text, 256 + MERGES, pattern=pattern)
    lines = "\n".join("".join(map(_letter, word.encode())) for word in split(text, pattern))
    assert _trained(lines, pre_tokenizers.Split("\n", "removed"), [*map(_letter, range(256))]) == ours.merges


def test_training_by_the_usual_way_gives_the_same_vocabulary_but_for_ties():
    """`ByteLevel` as everybody uses it: the texts are encoded in as many tokens, to a thousandth."""
    text = texts()["English"]
    theirs = Tokenizer(models.BPE())
    cut = pre_tokenizers.Split(Regex(GPT2_SPLIT), "isolated")
    theirs.pre_tokenizer = pre_tokenizers.Sequence(
        [cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    theirs.train_from_iterator(
        [text], trainers.BpeTrainer(vocab_size=1_024, show_progress=False, initial_alphabet=alphabet)
    )
    ours = len(BPE.train(text, 1_024).encode(text))
    assert abs(ours - len(theirs.encode(text).ids)) <= ours / 1_000


def _trained(text: str, cut: pre_tokenizers.PreTokenizer, alphabet: list[str]) -> list[tuple[int, int]]:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = cut
    trainer = trainers.BpeTrainer(
        vocab_size=256 + MERGES, show_progress=False, initial_alphabet=alphabet, special_tokens=[]
    )
    tokenizer.train_from_iterator([text], trainer)
    id_of = tokenizer.get_vocab().__getitem__
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [(id_of(left), id_of(right)) for left, right in merges]


def _letter(byte: int) -> str:
    return chr(FIRST_LETTER + byte)
