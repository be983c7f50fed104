"""GPT's own vocabularies by name, for tiktoken: brought along with the course, so that nothing is downloaded.

`tiktoken.get_encoding` fetches a vocabulary with no time limit, holding a lock meanwhile: behind a proxy that
never answers it hangs for ever, and a closed network has none. So the three lists are packed in
`tfm/assets/vocabularies` (`python -m tfm.assets.build vocabularies`): every token's bytes in the order of the ids,
from which tiktoken's own file is made again and compared with the SHA-256 that tiktoken asks for.
"""

import base64
import hashlib
import lzma
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import tiktoken

from tfm.text.patterns import CL100K_SPLIT, GPT2_SPLIT, O200K_SPLIT


class GPTVocabulary(NamedTuple):
    """What makes an encoding of one of GPT's lists of tokens.

    Attributes:
        file: its list in `tfm/assets/vocabularies`.
        sha256: of tiktoken's own file with that list, as in its `openai_public.py`.
        pattern: where a text may be cut before any merge.
        special_tokens: name → id.
    """

    file: str
    sha256: str
    pattern: str
    special_tokens: dict[str, int]


_GPT2 = GPTVocabulary(
    "gpt2.xz",
    "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930",
    GPT2_SPLIT,
    {"<|endoftext|>": 50256},
)
VOCABULARIES = {
    "gpt2": _GPT2,
    "r50k_base": _GPT2,  # another name of the same list
    "cl100k_base": GPTVocabulary(
        "cl100k_base.xz",
        "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7",
        CL100K_SPLIT,
        {
            "<|endoftext|>": 100257,
            "<|fim_prefix|>": 100258,
            "<|fim_middle|>": 100259,
            "<|fim_suffix|>": 100260,
            "<|endofprompt|>": 100276,
        },
    ),
    "o200k_base": GPTVocabulary(
        "o200k_base.xz",
        "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
        O200K_SPLIT,
        {"<|endoftext|>": 199999, "<|endofprompt|>": 200018},
    ),
}


@cache
def get_encoding(name: str) -> tiktoken.Encoding:
    """Give one of GPT's vocabularies, equal to what `tiktoken.get_encoding` gives; the same object each time.

    Args:
        name: gpt2, r50k_base, cl100k_base or o200k_base.

    Raises:
        ValueError: the name is unknown, or the packed list is damaged.

    Example:
        >>> get_encoding("gpt2").encode("hello world")
        [31373, 995]
        >>> get_encoding("gpt3")
        Traceback (most recent call last):
        ValueError: no vocabulary is called 'gpt3': choose one of gpt2, r50k_base, cl100k_base, o200k_base
    """
    if name not in VOCABULARIES:
        raise ValueError(f"no vocabulary is called {name!r}: choose one of {', '.join(VOCABULARIES)}")
    vocabulary = VOCABULARIES[name]
    packed = files("tfm") / "assets" / "vocabularies" / vocabulary.file
    try:
        tokens = unpack(packed.read_bytes())
    except (lzma.LZMAError, IndexError):
        tokens = []
    if hashlib.sha256(tiktoken_file(tokens)).hexdigest() != vocabulary.sha256:
        raise ValueError(
            f"{packed} is damaged: install the course anew, or take the file from its repository"
        )
    return tiktoken.Encoding(
        name,
        pat_str=vocabulary.pattern,
        mergeable_ranks={token: rank for rank, token in enumerate(tokens)},
        special_tokens=vocabulary.special_tokens,
    )


def pack(tokens: list[bytes]) -> bytes:
    """Compress a list of tokens of at most 255 bytes: how many, their lengths, then their bytes.

    Example:
        >>> unpack(pack([b"a", b"b", b"ab"]))
        [b'a', b'b', b'ab']
    """
    lengths = bytes(map(len, tokens))
    raw = len(tokens).to_bytes(4, "little") + lengths + b"".join(tokens)
    return lzma.compress(raw, preset=9 | lzma.PRESET_EXTREME)


def unpack(data: bytes) -> list[bytes]:
    """Give back the tokens that `pack` was given."""
    raw = lzma.decompress(data)
    start = 4 + int.from_bytes(raw[:4], "little")
    tokens = []
    for length in raw[4:start]:
        tokens.append(raw[start : start + length])
        start += length
    return tokens


def tiktoken_file(tokens: list[bytes]) -> bytes:
    r"""Write a list as tiktoken's files have it: a line for each token, its bytes in base64 and its id.

    Example:
        >>> tiktoken_file([b"a", b"ab"])
        b'YQ== 0\nYWI= 1\n'
    """
    return b"".join(b"%s %d\n" % (base64.b64encode(token), rank) for rank, token in enumerate(tokens))
