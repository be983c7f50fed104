"""Other people's byte-level BPE: a tokenizer.json of Hugging Face's library, or vocab.json with merges.txt.

    text → special tokens → (normalise) → words (split patterns) → bytes → merges → ids of any order

GPT-2, Llama 3, Qwen2 and many others are read so. Their ids stand as the file has them: special tokens in front,
between or behind, merges in any order of ids. What the file asks for and this file does not do, a normaliser, a
cutter, a kind of model, is refused by its name, since a text that is cut a little differently says something else
to a model. Special tokens that the library would add around a text are not added here.

Sources: Radford et al., 2019, and its `encoder.py` (bytes as characters); the `tokenizers` library, to whose ids
the tests hold these equal.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import regex

from tfm.json_files import named, read_json
from tfm.text.foreign_bpe import NORMALISERS, ForeignBPE, characters
from tfm.text.patterns import GPT2_SPLIT

VOCAB, MERGES = "vocab.json", "merges.txt"
WHAT = "a tokenizer"
LARGEST_ID, LARGEST_FILE = 2**24, 64 * 2**20


def read_tokenizer(path: str | Path) -> ForeignBPE:
    """Read a tokenizer.json of the `tokenizers` library.

    Args:
        path: the file.

    Raises:
        OSError: it cannot be read.
        ValueError: it is damaged, or asks for something that is not done here; the sentence names it.
    """
    values = read_json(path, WHAT)
    with named(path):
        return from_tokenizer(values)


def read_vocabulary(folder: str | Path) -> ForeignBPE:
    """Read a vocab.json with the merges.txt beside it, as GPT-2's are.

    Tokens that no merge makes, such as <|endoftext|>, are special.

    Raises:
        OSError: a file cannot be read.
        ValueError: a file is damaged, or they do not fit each other.
    """
    folder = Path(folder)
    values = read_json(folder / VOCAB, "a vocabulary")
    with named(folder):
        vocab = _vocab(values)
        with (folder / MERGES).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise ValueError(f"{MERGES} has more than {LARGEST_FILE:,} bytes: get it again")
        try:
            lines = data.decode().splitlines()
        except UnicodeDecodeError as error:
            raise ValueError(f"byte {error.start:,} of {MERGES} is no UTF-8: get it again") from None
        merges = [_pair(line) for line in lines if line and not line.startswith("#version")]
        made = {"".join(pair) for pair in merges} | set(characters())
        special = {token: i for token, i in vocab.items() if token not in made}
        return ForeignBPE(vocab, merges, early=special, special=special)


def from_about(values: Mapping[str, Any]) -> ForeignBPE:
    """Make a tokenizer of what `ForeignBPE.about` gave, and a file may have changed.

    Raises:
        ValueError: a part is missing, or of another kind.
    """
    patterns, special = _list(values, "patterns"), _list(values, "special")
    if not all(isinstance(text, str) for text in [*patterns, *special]):
        raise ValueError("“patterns” and “special” must be lists of texts: get the tokenizer again")
    whole = values.get("whole")
    _require("whole", whole, (False, True))
    return ForeignBPE(
        _vocab(_object(values, "vocab")),
        [_pair(merge) for merge in _list(values, "merges")],
        patterns=patterns,
        early=_vocab(_object(values, "early")),
        late=_vocab(_object(values, "late")),
        special=special,
        normaliser=values.get("normaliser"),
        whole=bool(whole),
    )


def from_tokenizer(values: Mapping[str, Any]) -> ForeignBPE:
    """Make a tokenizer of what a tokenizer.json holds.

    Raises:
        ValueError: it asks for something that is not done here.
    """
    model = _object(values, "model")
    kind = model.get("type", "BPE")
    if kind != "BPE":
        raise ValueError(
            f"model.type is {str(kind)[:40]!r}, and only byte-level BPE is read: take another tokenizer"
        )
    wanted: dict[str, tuple[Any, ...]] = {
        "dropout": (None, 0.0),
        "continuing_subword_prefix": (None, ""),
        "end_of_word_suffix": (None, ""),
        "byte_fallback": (None, False),
    }
    for name, known in wanted.items():
        _require(f"model.{name}", model.get(name), known)
    for name in ("truncation", "padding"):
        _require(name, values.get(name), (None,))
    decoder = values.get("decoder")
    _require(
        "decoder.type",
        None if decoder is None else _object(values, "decoder").get("type"),
        (None, "ByteLevel"),
    )
    patterns = _patterns(values.get("pre_tokenizer"))
    normaliser = values.get("normalizer")
    kind = None if normaliser is None else _object(values, "normalizer").get("type")
    _require("normalizer.type", kind, NORMALISERS)
    merges = model.get("merges")
    if not isinstance(merges, list):
        raise ValueError("model.merges must be a list: get the tokenizer again")  # noqa: TRY004 (a file)
    whole = model.get("ignore_merges") or False
    _require("model.ignore_merges", whole, (False, True))
    return ForeignBPE(
        _vocab(_object(model, "vocab")),
        [_pair(merge) for merge in merges],
        patterns=patterns,
        normaliser=kind,
        whole=whole,
        **_added(values.get("added_tokens") or []),
    )


def _patterns(cutter: Any) -> list[str]:
    """The split patterns of a pre-tokenizer that ends at bytes."""
    steps = [cutter]
    if isinstance(cutter, dict) and cutter.get("type") == "Sequence":
        steps = _list(cutter, "pretokenizers")
    patterns: list[str] = []
    for i, one in enumerate(steps):
        step: dict[str, Any] = one if isinstance(one, dict) else {"type": one}
        kind = step.get("type")
        if kind == "ByteLevel" and i == len(steps) - 1:
            _require("pre_tokenizer.add_prefix_space", step.get("add_prefix_space", True), (False,))
            use_regex = step.get("use_regex", True)
            _require("pre_tokenizer.use_regex", use_regex, (True, False))
            return patterns + [GPT2_SPLIT] * use_regex
        if kind == "Split":
            _require("pre_tokenizer.behavior", step.get("behavior"), ("Isolated",))
            _require("pre_tokenizer.invert", step.get("invert", False), (False,))
            patterns.append(_pattern(_object(step, "pattern")))
        elif kind == "Digits":
            _require("pre_tokenizer.individual_digits", step.get("individual_digits"), (True, False))
            patterns.append(r"\p{N}" if step["individual_digits"] else r"\p{N}+")
        else:
            _require("pre_tokenizer.type", kind, ("ByteLevel", "Split", "Digits", "Sequence"))
    raise ValueError(
        "pre_tokenizer does not end with ByteLevel, and only bytes are read: take another tokenizer"
    )


def _pattern(values: Mapping[str, Any]) -> str:
    kind, text = next(iter(values.items()), (None, None))
    if kind not in {"Regex", "String"} or not isinstance(text, str) or len(values) != 1:
        raise ValueError("pre_tokenizer.pattern must be a Regex or a String: get the tokenizer again")
    return text if kind == "Regex" else regex.escape(text)


def _added(tokens: Any) -> dict[str, Any]:
    """The added tokens: those looked for early and late, and which of them are special."""
    found: dict[str, Any] = {"early": {}, "late": {}, "special": []}
    token: Any
    for token in tokens if isinstance(tokens, list) else [None]:
        name = token.get("content") if isinstance(token, dict) else None
        if not isinstance(name, str) or not name:
            raise ValueError("added_tokens must be a list of objects with “content”: get the tokenizer again")
        if name in found["early"] or name in found["late"]:
            raise ValueError(f"added_tokens has {name[:40]!r} twice: get the tokenizer again")
        flags = {flag: token.get(flag, False) for flag in ("single_word", "lstrip", "rstrip", "special")}
        late = token.get("normalized", not flags["special"])
        for flag, value in flags.items():
            known = (False, True) if flag == "special" else (False,)
            _require(f"added_tokens {name[:40]!r}.{flag}", value, known)
        _require(f"added_tokens {name[:40]!r}.normalized", late, (False, True))
        found["late" if late else "early"][name] = _id(name, token.get("id"))
        found["special"] += [name] * flags["special"]
    return found


def _pair(merge: Any) -> list[str]:
    pair = merge.split(" ") if isinstance(merge, str) else merge
    if (
        not isinstance(pair, list)
        or len(pair) != 2
        or not all(isinstance(part, str) and part for part in pair)
    ):
        raise ValueError(
            f"the merge {str(merge)[:40]!r} must be two tokens with a space between: get the file again"
        )
    return pair


def _vocab(values: Mapping[str, Any]) -> dict[str, int]:
    return {token: _id(token, i) for token, i in values.items()}


def _id(token: str, i: Any) -> int:
    if not isinstance(i, int) or isinstance(i, bool) or not 0 <= i <= LARGEST_ID:
        raise ValueError(f"the token {token[:40]!r} has the id {str(i)[:40]!r}: ids are 0 to {LARGEST_ID:,}")
    return i


def _object(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = values.get(name)
    if not isinstance(found, dict):
        raise ValueError(f"“{name}” is not there, or no object: get the tokenizer again")  # noqa: TRY004 (a file)
    return found


def _list(values: Mapping[str, Any], name: str) -> list[Any]:
    found = values.get(name)
    if not isinstance(found, list):
        raise ValueError(f"“{name}” is not there, or no list: get the tokenizer again")  # noqa: TRY004 (a file)
    return found


def _require(name: str, value: Any, known: tuple[Any, ...]) -> None:
    if not any(value == one and isinstance(value, bool) == isinstance(one, bool) for one in known):
        only = " or ".join("nothing" if one is None else repr(one) for one in known)
        raise ValueError(
            f"{name} is {str(value)[:60]!r}, and only {only} is read here: take another tokenizer"
        )
