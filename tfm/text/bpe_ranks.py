"""Between two ways to write a BPE vocabulary: our pairs of ids, and tiktoken's bytes with a rank.

tiktoken keeps only what each token *is*, not what it was merged from. Nothing is lost: encode the bytes of
token r with the merges before r, and exactly two tokens remain, the pair that it was merged from. Where more
than two remain, the vocabulary was not learned by BPE, and merging pairs would not give what tiktoken gives.
"""

from collections.abc import Mapping, Sequence

import tiktoken

from tfm.text.bpe_merging import MergeTable

IN_ORDER = bytes(range(256))


class ByteOrder:
    """Which of the ids 0 to 255 is which byte: for us byte i, in GPT's vocabularies another order.

    Args:
        order: the byte of each id.

    Raises:
        ValueError: a byte is missing.

    Example:
        >>> ByteOrder(IN_ORDER).word("é")
        'Ã©'
    """

    def __init__(self, order: bytes) -> None:
        if sorted(order) != list(range(256)):
            raise ValueError(
                f"byte_order holds {len(set(order))} different bytes: it must hold all 256, each once"
            )
        self.order = order
        self._ids = bytes.maketrans(order, IN_ORDER)

    def word(self, text: str) -> str:
        """Write a word as `bpe_merging` wants it: one character a byte, its code point the byte's id."""
        return self.word_of_bytes(text.encode())

    def word_of_bytes(self, data: bytes) -> str:
        """Do the same from bytes."""
        return data.translate(self._ids).decode("latin-1")


def vocabulary(merges: Sequence[tuple[int, int]], byte_order: ByteOrder) -> dict[int, bytes]:
    """Spell every id out in bytes.

    Raises:
        ValueError: a merge uses an id that is not there yet, or makes a token again.

    Example:
        >>> vocabulary([(97, 98), (256, 97)], ByteOrder(IN_ORDER))[257]
        b'aba'
    """
    vocab = {i: bytes([byte]) for i, byte in enumerate(byte_order.order)}
    known = set(vocab.values())
    for i, (a, b) in enumerate(merges, start=256):
        if not (0 <= a < i and 0 <= b < i):
            raise ValueError(
                f"merge {i - 256} is ({a}, {b}), and only ids 0 to {i - 1} are there by then: mend it"
            )
        vocab[i] = token = vocab[a] + vocab[b]
        if token in known:
            raise ValueError(f"merge {i - 256} makes {token!r}, which is a token already: drop it")
        known.add(token)
    return vocab


def merges_from_ranks(ranks: Mapping[bytes, int]) -> tuple[bytes, list[tuple[int, int]]]:
    """Find the pair that each token was merged from.

    Args:
        ranks: the bytes of each token with its rank, 0 to n − 1, single bytes first.

    Returns:
        The order of the bytes, and the merges.

    Raises:
        ValueError: the ranks have a gap, a byte is missing, or a token is no merge of two earlier ones.
    """
    tokens = sorted(ranks, key=ranks.__getitem__)
    if [ranks[token] for token in tokens] != list(range(len(tokens))):
        raise ValueError(f"the ranks of {len(tokens)} tokens must be 0 to {len(tokens) - 1}: number them so")
    if set(tokens[:256]) != {bytes([i]) for i in range(256)}:
        raise ValueError("ranks 0 to 255 must be the 256 single bytes: put them first, in any order")
    order = b"".join(tokens[:256])
    spell, table = ByteOrder(order).word_of_bytes, MergeTable([])
    merges = []
    for token in tokens[256:]:
        parts = table.apply(spell(token))
        if len(parts) != 2:
            raise ValueError(
                f"the token {token!r} of rank {ranks[token]} is merged from {len(parts)} earlier ones, where BPE "
                "merges two: this vocabulary was not learned by BPE, so use tiktoken itself"
            )
        table.append(*parts)
        merges.append((ord(parts[0]), ord(parts[1])))
    return order, merges


def encoding(
    name: str, pattern: str, ranks: dict[bytes, int], special_tokens: dict[str, int]
) -> tiktoken.Encoding:
    r"""Make an encoding of tiktoken's.

    Raises:
        ValueError: tiktoken's engine does not know the pattern.

    Example:
        >>> encoding("bytes", r"\X", {bytes([i]): i for i in range(256)}, {})
        Traceback (most recent call last):
        ValueError: tiktoken's engine does not know the split pattern '\\X' (Parsing error ...): take one of ...
    """
    try:
        return tiktoken.Encoding(name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=special_tokens)
    except ValueError as error:
        raise ValueError(
            f"tiktoken's engine does not know the split pattern {pattern!r} ({error}): take one of "
            "tfm.text.patterns, or encode with BPE itself"
        ) from None
