r"""Where a text may be cut before any merge: the split patterns of GPT-2, GPT-4 and GPT-4o.

BPE never merges across a cut, so the pattern decides that no token holds “dog.” or the end of one word and the
start of the next. Each pattern is a list of alternatives; the first that fits at a place wins. `\p{L}` is any
letter of any script, `\p{N}` any digit, `++` takes all it can and gives nothing back.

Sources: Radford et al., “Language Models are Unsupervised Multitask Learners”, 2019, section 2.2, and its
`encoder.py`; the patterns of cl100k_base and o200k_base as tiktoken publishes them. This file knows nothing of
merges.
"""

from functools import lru_cache

import regex

from tfm.text.require import require_text

GPT2_SPLIT = (
    r"'(?:[sdmt]|ll|ve|re)"  # the end of “it's”, “we'll”, “they've”
    r"| ?\p{L}++"  # a word, with the space in front of it
    r"| ?\p{N}++"  # a number of any length, likewise
    r"| ?[^\s\p{L}\p{N}]++"  # punctuation, emoji, everything else that can be seen
    r"|\s++$"  # white space at the very end
    r"|\s+(?!\S)"  # white space elsewhere, but for its last character …
    r"|\s"  # … which stands alone, unless it is the space of the next word
)
CL100K_SPLIT = (  # GPT-4
    r"'(?i:[sdmt]|ll|ve|re)"  # in capitals too
    r"|[^\r\n\p{L}\p{N}]?+\p{L}++"  # a word may begin with any one sign, such as ( or _
    r"|\p{N}{1,3}+"  # at most three digits, and no space
    r"| ?[^\s\p{L}\p{N}]++[\r\n]*+"  # punctuation keeps the line's end
    r"|\s++$"
    r"|\s*[\r\n]"
    r"|\s+(?!\S)"
    r"|\s"
)
_CAPITALS, _SMALL = (
    r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]",
    r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]",
)  # scripts without: in both
_ENDING = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
O200K_SPLIT = (  # GPT-4o
    rf"[^\r\n\p{{L}}\p{{N}}]?{_CAPITALS}*{_SMALL}+{_ENDING}"  # camelCase is cut before its capital
    rf"|[^\r\n\p{{L}}\p{{N}}]?{_CAPITALS}+{_SMALL}*{_ENDING}"
    r"|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n/]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)


def split(text: str, pattern: str = GPT2_SPLIT) -> list[str]:
    """Cut a text into the words that BPE works on, one after another.

    Args:
        text: any text.
        pattern: a regular expression of the `regex` library that fits every part of the text.

    Returns:
        The words; joined, they are the text.

    Raises:
        TypeError: `text` is not a string.
        ValueError: `text` holds half a surrogate pair, the pattern does not compile, or it leaves a part of
            the text out.

    Example:
        >>> split("It's 12345 dogs.  Good!")
        ['It', "'s", ' 12345', ' dogs', '.', ' ', ' Good', '!']
        >>> split("It's 12345 dogs.  Good!", CL100K_SPLIT)
        ['It', "'s", ' ', '123', '45', ' dogs', '.', ' ', ' Good', '!']
    """
    return cut(require_text(text), compiled(pattern))


def cut(text: str, pattern: regex.Pattern[str], start: int = 0) -> list[str]:
    """Cut what begins at `start` by a compiled pattern, and make sure that nothing is lost."""
    words: list[str] = pattern.findall(text, start)
    if sum(map(len, words)) != len(text) - start:
        raise ValueError(_left_out(text, pattern, start))
    return words


@lru_cache(maxsize=64)
def compiled(pattern: str) -> regex.Pattern[str]:
    r"""Compile a split pattern.

    Raises:
        ValueError: the pattern is no regular expression, or it captures a group.

    Example:
        >>> compiled("(a")
        Traceback (most recent call last):
        ValueError: the split pattern '(a' does not compile (missing ) at position 2): mend it, or take GPT2_SPLIT
        >>> compiled(r"(\s)|\S")
        Traceback (most recent call last):
        ValueError: the split pattern '(\\s)|\\S' captures a group, and would give only that: write (?:…) for (…)
    """
    try:
        found = regex.compile(pattern)
    except regex.error as error:
        raise ValueError(
            f"the split pattern {pattern!r} does not compile ({error}): mend it, or take GPT2_SPLIT"
        ) from None
    if found.groups:
        raise ValueError(
            f"the split pattern {pattern!r} captures a group, and would give only that: write (?:…) for (…)"
        )
    return found


def _left_out(text: str, pattern: regex.Pattern[str], end: int) -> str:
    for match in pattern.finditer(text, end):
        if match.start() > end:
            break
        end = match.end()
    return (
        f"the split pattern leaves out {text[end]!r} (character {end} of the text), which would be lost: "
        r"add an alternative for it at the end, such as |\s+ or |."
    )
