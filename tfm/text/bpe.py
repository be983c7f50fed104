"""Byte-pair encoding: text to token ids and back, with a vocabulary that was learned from text.

    text → words (a split pattern) → bytes → merges, in the order they were learned → ids

Ids 0 to 255 are the bytes, so any text can be encoded; id 256 + i is what merge i made of two older tokens;
special tokens, which stand for no text, come last. `BPE.train` learns the merges, `to_tiktoken` hands the same
merges to the library that GPT's users run.

Sources: Sennrich, Haddow & Birch, “Neural Machine Translation of Rare Words with Subword Units”, 2016; Radford
et al., “Language Models are Unsupervised Multitask Learners”, 2019, section 2.2 (on bytes). This file knows
nothing of vectors: an id is a number in a list.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Literal, SupportsIndex

import tiktoken

from tfm.text import bpe_file
from tfm.text.bpe_merging import MergeTable
from tfm.text.bpe_ranks import IN_ORDER, ByteOrder, encoding, merges_from_ranks, vocabulary
from tfm.text.bpe_training import Progress, count_words, learn_merges, merges_wanted
from tfm.text.bpe_words import WordEncoder
from tfm.text.decoding import join_bytes, read_utf8
from tfm.text.door import read_file
from tfm.text.patterns import GPT2_SPLIT, compiled, cut
from tfm.text.require import require_text
from tfm.text.special import SpecialTokens
from tfm.text.stream import stream_parts


class BPE:
    """A tokenizer: merges, and the pattern that cuts a text into words before they apply.

    Attributes:
        merges: pairs of ids; merge i makes id 256 + i.
        pattern: the split pattern.
        special_tokens: their ids, by name.
        vocab: the bytes of every id.
        n_vocab: one more than the largest id.

    Args:
        merges: pairs of ids, each older than what it makes.
        pattern: a split pattern, such as those of `patterns`.
        special_tokens: names, which get the ids after the merges; or names with ids.
        byte_order: which byte each of the ids 0 to 255 is; GPT's vocabularies have an order of their own.

    Raises:
        ValueError: a merge uses an id that is not there yet or makes a token again, the pattern does not
            compile, or a special token's name or id is taken.

    Example:
        >>> bpe = BPE.train("low lower lowest", 260)
        >>> bpe.encode(" low lower")
        [258, 259, 114]
        >>> [bpe.token_bytes(i) for i in (258, 259, 114)]
        [b' low', b' lowe', b'r']
        >>> bpe.decode([259, 114])
        ' lower'
        >>> len(bpe.first(2).encode(" low lower"))
        6
    """

    def __init__(
        self,
        merges: Sequence[tuple[int, int]],
        *,
        pattern: str = GPT2_SPLIT,
        special_tokens: Sequence[str] | Mapping[str, int] = (),
        byte_order: bytes = IN_ORDER,
    ) -> None:
        self.merges = list(merges)
        self.pattern = pattern
        self.byte_order = byte_order
        order = ByteOrder(byte_order)
        self.vocab = vocabulary(self.merges, order)
        self._special = SpecialTokens(special_tokens, first_id=len(self.vocab))
        self.special_tokens = self._special.ids
        self.vocab |= {i: name.encode() for name, i in self.special_tokens.items()}
        self.n_vocab = max(self.vocab) + 1
        self._split = compiled(pattern)
        self._words = WordEncoder(MergeTable(self.merges), order)

    @classmethod
    def train(
        cls,
        text: str | Path | Iterable[str | Path],
        vocab_size: int,
        *,
        pattern: str = GPT2_SPLIT,
        special_tokens: Sequence[str] = (),
        progress: Progress | None = None,
        most_words: int | None = None,
    ) -> "BPE":
        r"""Learn a vocabulary: merge the most frequent pair of neighbours, again and again.

        Args:
            text: what to learn from, in one piece or several; no token will reach over the end of a piece. A
                piece may be the path of a file in UTF-8, which is read a little at a time, whatever its length.
            vocab_size: how many tokens: 256 bytes, the special tokens, and as many merges as are missing.
            pattern: the split pattern.
            special_tokens: names for tokens that stand for no text; where one is written in the text, the
                text is cut there.
            progress: called after each merge with the merges made and the merges wanted.
            most_words: different words that are kept in memory, or None for all; see `count_words`.

        Returns:
            A tokenizer. It has fewer tokens than asked when every word of the text has become one.

        Raises:
            TypeError: the text is not text.
            ValueError: `vocab_size` is too small, or as for the constructor.

        Example:
            >>> BPE.train("aaabdaaabac", 259).merges
            [(97, 97), (97, 98), (256, 257)]
        """
        special = SpecialTokens(special_tokens, first_id=256)
        n_merges = merges_wanted(vocab_size, len(special.ids))
        merges = learn_merges(count_words(text, compiled(pattern), special, most_words), n_merges, progress)
        return cls(merges, pattern=pattern, special_tokens=special_tokens)

    @classmethod
    def from_ranks(
        cls,
        mergeable_ranks: Mapping[bytes, int],
        pattern: str,
        special_tokens: Mapping[str, int] | None = None,
    ) -> "BPE":
        """Take a vocabulary as tiktoken keeps it: the bytes of each token with its rank, which is its id.

        Which two tokens each was merged from is found out by encoding it with all earlier ones.

        Args:
            mergeable_ranks: tokens with ranks 0 to n − 1, all 256 bytes first.
            pattern: the split pattern.
            special_tokens: names with ids, n or more.

        Raises:
            ValueError: the ranks have a gap, a byte is missing, or a token cannot be made of two earlier ones.

        Example:
            >>> ranks = {bytes([i]): i for i in range(256)} | {b"ab": 256, b"abc": 257}
            >>> BPE.from_ranks(ranks, GPT2_SPLIT, {"<|end|>": 300}).merges
            [(97, 98), (256, 99)]
        """
        byte_order, merges = merges_from_ranks(mergeable_ranks)
        return cls(merges, pattern=pattern, special_tokens=special_tokens or {}, byte_order=byte_order)

    @classmethod
    def load(cls, path: str | Path) -> "BPE":
        """Read what `save` wrote; a damaged file raises a ValueError, a missing one an OSError."""
        return cls(**bpe_file.read(Path(path)))

    def save(self, path: str | Path, *, note: str = "") -> None:
        """Write a small JSON file with a checksum; the note may say what was learned from."""
        bpe_file.write(Path(path), self.merges, self.pattern, self.special_tokens, self.byte_order, note)

    def first(self, n_merges: int) -> "BPE":
        """Give the same tokenizer, stopped after its first merges; special tokens move down behind them.

        Raises:
            ValueError: there are fewer merges.
        """
        all_of_them = len(self.merges)
        if n_merges not in range(all_of_them + 1):
            raise ValueError(
                f"n_merges ({n_merges!r}) must be a whole number from 0 to {all_of_them}, the merges there are: "
                f"try n_merges={all_of_them}"
            )
        special = {name: i - all_of_them + n_merges for name, i in self.special_tokens.items()}
        merges = self.merges[:n_merges]
        return BPE(merges, pattern=self.pattern, special_tokens=special, byte_order=self.byte_order)

    def encode(
        self, text: str, *, allowed_special: AbstractSet[str] | Literal["all"] = frozenset()
    ) -> list[int]:
        """Turn text into ids.

        A special token written in the text is refused unless it is allowed: whoever writes the text could
        otherwise speak with the voice of the program around it. `encode_ordinary` reads it as plain text.

        Args:
            text: any text.
            allowed_special: names of special tokens that count as such, or "all".

        Returns:
            The ids, each 0 … V − 1.

        Raises:
            TypeError: `text` is not a string.
            ValueError: `text` holds a special token that is not allowed, or half a surrogate pair, or
                something that the split pattern leaves out.
        """
        if not self.special_tokens and not allowed_special:
            return self.encode_ordinary(text)
        ids: list[int] = []
        for i, part in enumerate(self._special.parts(require_text(text), allowed_special)):
            ids += [self.special_tokens[part]] if i % 2 else self.encode_ordinary(part)
        return ids

    def encode_ordinary(self, text: str) -> list[int]:
        """Turn text into ids; a special token's name is text like any other."""
        return self._words.encode(cut(require_text(text), self._split))

    def encode_iterable(
        self,
        texts: Iterable[str] | Path,
        *,
        allowed_special: AbstractSet[str] | Literal["all"] = frozenset(),
    ) -> Iterator[int]:
        r"""Turn a long text that comes in pieces into the ids that `encode` gives of the whole.

        Memory does not grow with the text: see `stream` for what is held.

        Args:
            texts: pieces of one text, cut anywhere, such as the lines of an open file; or the path of a file in
                UTF-8, read as `tfm data prepare` reads it (without `\r` and byte order mark).
            allowed_special: as for `encode`.

        Yields:
            The ids.

        Raises:
            OSError: the file cannot be read.
            TypeError: as for `encode`.
            ValueError: as for `encode`; what came before the fault was given out already.

        Example:
            >>> bpe = BPE.train("low lower lowest", 260)
            >>> list(bpe.encode_iterable([" l", "ow low", "er"])) == bpe.encode(" low lower")
            True
        """
        pieces = read_file(texts) if isinstance(texts, Path) else texts
        for kind, strings in stream_parts(pieces, self._split, self._special, allowed_special):
            if kind == "special":
                yield self.special_tokens[strings[0]]
            else:
                yield from self._words.encode(cut(strings[0], self._split) if kind == "text" else strings)

    def decode(self, ids: Iterable[SupportsIndex], errors: str = "replace") -> str:
        """Turn ids into text.

        Args:
            ids: ids, each 0 … V − 1.
            errors: as for `decoding.read_utf8`: “replace”, “ignore” or “strict”.

        Raises:
            TypeError: an id is not a whole number.
            ValueError: an id is outside the vocabulary, or the bytes are not valid UTF-8 and `errors` is
                “strict”.
        """
        return read_utf8(self.decode_bytes(ids), errors)

    def decode_bytes(self, ids: Iterable[SupportsIndex]) -> bytes:
        """Join the bytes of ids; raises as `decode` does."""
        return join_bytes(self.vocab, ids)

    def token_bytes(self, token: SupportsIndex) -> bytes:
        """Give the bytes of one id; raises as `decode` does.

        Example:
            >>> BPE([(32, 97)]).token_bytes(256)
            b' a'
        """
        return join_bytes(self.vocab, [token])

    def to_tiktoken(self, name: str) -> tiktoken.Encoding:
        """Hand the same merges to tiktoken, which encodes the same ids several times faster.

        Args:
            name: what the encoding shall be called.

        Raises:
            ValueError: a token can never be made, because other merges take its bytes first (only merges that
                were not learned can be so); or tiktoken's engine does not know the split pattern.
        """
        n_tokens = 256 + len(self.merges)
        self._words.require_reachable(self.vocab, n_tokens)
        ranks = {self.vocab[i]: i for i in range(n_tokens)}
        return encoding(name, self.pattern, ranks, self.special_tokens)

    def __repr__(self) -> str:
        return f"BPE({len(self.merges)} merges, {len(self.special_tokens)} special tokens)"
