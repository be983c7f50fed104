"""WordPiece: how BERT cuts text into pieces, and how the pieces become ids.

    text → clean → spaces around Chinese → no accents → lower case → words → pieces → ids

A word is cut greedily: the longest piece of the vocabulary that starts it, then the longest that goes on from
there (written with `##` in front), and so on; a word that cannot be cut that way becomes `[UNK]` as a whole.

Sources: Schuster & Nakajima, “Japanese and Korean Voice Search”, 2012 (the pieces); Devlin et al., “BERT”,
2019, and its `tokenization.py` (the cleaning). The tests hold it equal to the `tokenizers` library. This file
cuts with a vocabulary that is given: how one is learned, and what a model does with the ids, it does not
know.
"""

import re
import string
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from tfm.json_files import named
from tfm.text.require import require_text

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LARGEST_FILE = 64 * 2**20  # bytes of a vocab.txt
LONGEST_WORD = 100  # characters; BERT calls a longer word unknown without looking
# The blocks of Chinese characters, as BERT's tokenizer lists them: kana and hangul are not among them.
CHINESE = re.compile(
    "([\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\U00020000-\U0002a6df\U0002a700-\U0002b73f\U0002b740-\U0002b81f\U0002b920-\U0002ceaf\U0002f800-\U0002fa1f])"
)
NO_SPACE_BEFORE = (".", "?", "!", ",")


def clean(text: str) -> str:
    r"""Drop what is not printed, and make every kind of white space a plain space.

    Example:
        >>> clean("a\tb\x00c\u200dd\u3000e")
        'a bcd e'
    """
    return "".join(map(_cleaned, text))


def strip_accents(text: str) -> str:
    """Take letters apart from their accents, and drop the accents.

    Example:
        >>> strip_accents("naïve café")
        'naive cafe'
    """
    return "".join(c for c in unicodedata.normalize("NFD", text) if unicodedata.category(c) != "Mn")


def words(text: str, *, lowercase: bool = True) -> list[str]:
    """Normalise a text and cut it at white space and around punctuation.

    Args:
        text: any text.
        lowercase: whether to lower the case and drop accents, as BERT's “uncased” models do.

    Returns:
        The words; each punctuation mark and each Chinese character is a word of its own.

    Example:
        >>> words("Ça va?  我是student.")
        ['ca', 'va', '?', '我', '是', 'student', '.']
    """
    text = CHINESE.sub(r" \1 ", clean(text))
    if lowercase:  # one character at a time: BERT knows no final sigma
        text = "".join(c.lower() for c in strip_accents(text))
    return "".join(map(_set_apart, text)).split()


def pieces(word: str, vocab: Mapping[str, int]) -> list[str]:
    """Cut one word greedily, the longest piece first.

    Args:
        word: a word, already normalised.
        vocab: the known pieces; those that continue a word start with `##`.

    Returns:
        The pieces, or `["[UNK]"]` when the word cannot be cut to its end or is longer than 100 characters.

    Example:
        >>> pieces("unaffable", {"un": 0, "una": 1, "##aff": 2, "##ffable": 3, "##able": 4})
        ['una', '##ffable']
        >>> pieces("unable", {"un": 0, "una": 1, "##able": 2})
        ['[UNK]']
    """
    if len(word) > LONGEST_WORD:
        return ["[UNK]"]
    found: list[str] = []
    start = 0
    while start < len(word):
        prefix = "##" if start else ""
        ends = range(len(word), start, -1)
        end = next((e for e in ends if prefix + word[start:e] in vocab), None)
        if end is None:
            return ["[UNK]"]
        found.append(prefix + word[start:end])
        start = end
    return found


class WordPiece:
    """A tokenizer: a vocabulary and the rules above.

    Attributes:
        vocab: the pieces in the order of their ids.
        lowercase: whether the text is lowered and loses its accents.
        pad_id, unk_id, cls_id, sep_id, mask_id: the ids of the five special tokens.

    Args:
        vocab: the pieces in the order of their ids, or a mapping of pieces to ids 0 … V − 1.
        lowercase: as in `words`.

    Raises:
        ValueError: a piece stands twice, an id is missing, or a special token is.

    Example:
        >>> tokenizer = WordPiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "##ing", "we", "!"])
        >>> tokenizer.tokens("We playing [MASK]!")
        ['we', 'play', '##ing', '[MASK]', '!']
        >>> tokenizer.encode("We play chess")
        [2, 7, 5, 1, 3]
        >>> tokenizer.decode([2, 7, 5, 6, 8, 3])
        'we playing!'
    """

    def __init__(self, vocab: Sequence[str] | Mapping[str, int], *, lowercase: bool = True) -> None:
        self.vocab = _in_order(vocab)
        self.lowercase = lowercase
        self._ids = {piece: i for i, piece in enumerate(self.vocab)}
        if len(self._ids) < len(self.vocab):
            twice = next(p for i, p in enumerate(self.vocab) if self._ids[p] != i)
            raise ValueError(
                f"the piece {twice[:60]!r} stands twice in the vocabulary: give each piece one id"
            )
        for token in SPECIAL:
            if token not in self._ids:
                raise ValueError(f"the vocabulary has no {token}: add all of {', '.join(SPECIAL)}")
        self.pad_id, self.unk_id, self.cls_id, self.sep_id, self.mask_id = (self._ids[t] for t in SPECIAL)
        self._special = re.compile("(" + "|".join(map(re.escape, SPECIAL)) + ")")

    @classmethod
    def from_file(cls, path: str | Path, *, lowercase: bool = True) -> "WordPiece":
        """Read a `vocab.txt`: one piece a line, its id the line's number from 0.

        Raises:
            OSError: the file cannot be read.
            ValueError: the file is not a vocabulary.
        """
        with Path(path).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise ValueError(f"{path} has more than {LARGEST_FILE:,} bytes, too many for a vocabulary")
        try:
            text = data.decode().replace("\r\n", "\n").replace("\r", "\n")
        except UnicodeDecodeError as error:
            raise ValueError(
                f"{path} is no vocabulary (byte {error.start:,} is no UTF-8): get it again"
            ) from None
        with named(path):
            return cls(text.removesuffix("\n").split("\n"), lowercase=lowercase)

    def __len__(self) -> int:
        """V, the number of pieces."""
        return len(self.vocab)

    def tokens(self, text: str) -> list[str]:
        """Cut a text into pieces, without `[CLS]` and `[SEP]` around them.

        A special token written in the text, in capitals, counts as that token.

        Raises:
            TypeError: `text` is not a string.
            ValueError: `text` holds half a surrogate pair.
        """
        return list(self._tokens(require_text(text)))

    def encode(self, text: str) -> list[int]:
        """Cut a text and give the ids, `[CLS]` in front and `[SEP]` behind.

        Raises:
            TypeError: `text` is not a string.
            ValueError: `text` holds half a surrogate pair.
        """
        return [self.cls_id, *(self._ids[t] for t in self.tokens(text)), self.sep_id]

    def decode(self, ids: Sequence[int], *, special: bool = False) -> str:
        """Join pieces to text again: case, accents and exact spacing are lost for good.

        Args:
            ids: ids, each 0 … V − 1.
            special: whether to write the special tokens too.

        Raises:
            ValueError: an id is outside the vocabulary.
        """
        text = ""
        for i in ids:
            if not 0 <= i < len(self.vocab):
                raise ValueError(
                    f"the id {i} is outside the vocabulary: ids go from 0 to {len(self.vocab) - 1}"
                )
            piece = self.vocab[i]
            if piece in SPECIAL and not special:
                continue
            if not text:
                text = piece
            elif piece.startswith("##"):
                text += piece[2:]
            else:
                text += piece if piece.startswith(NO_SPACE_BEFORE) else " " + piece
        return text

    def _tokens(self, text: str) -> Iterator[str]:
        for i, part in enumerate(self._special.split(text)):
            if i % 2:  # re.split puts what the group matched, a special token, at every second place
                yield part
            else:
                for word in words(part, lowercase=self.lowercase):
                    yield from pieces(word, self._ids)


def _in_order(vocab: Sequence[str] | Mapping[str, int]) -> list[str]:
    if not isinstance(vocab, Mapping):
        return list(vocab)
    if sorted(vocab.values()) != list(range(len(vocab))):
        raise ValueError(
            f"the ids of {len(vocab)} pieces must be 0 to {len(vocab) - 1}, each once: number them so"
        )
    return sorted(vocab, key=vocab.__getitem__)


@cache
def _cleaned(char: str) -> str:
    kind = unicodedata.category(char)
    if char in "\t\n\r" or kind in {"Zs", "Zl", "Zp"}:
        return " "
    return "" if char == "\ufffd" or kind in {"Cc", "Cf", "Co", "Cs"} else char


@cache
def _set_apart(char: str) -> str:
    punctuation = char in string.punctuation or unicodedata.category(char).startswith("P")
    return f" {char} " if punctuation else char
