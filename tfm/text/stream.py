r"""Text that comes in pieces, cut into words as if it had come as a whole, in memory that its length leaves alone.

A word of a split pattern may depend on what follows: “dog” may go on as “dog's”, and of a run of spaces the last
belongs to the next word. So the end of a piece is held back until it is certain, in two ways:

- At a *seam* no pattern of GPT's goes on, whatever stands on both sides: a letter or digit, and behind it a space
  or sign that is no apostrophe; or anything that can be seen, and behind it a space. What lies between two seams
  may be encoded by itself, in another process too.
- Where there is no seam, or the pattern is another, a word is certain when no match that begins with it could
  reach the end of what has come so far. The `regex` library can tell: a full match that may be partial.

What is held at most: some `PIECE` characters, and twice the longest stretch that the pattern must see to know
where a word ends (for a word of a megabyte, two). A pattern may look at most `AHEAD` characters past the end of a
word, and `BEHIND` before it. This file knows nothing of merges.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import chain
from typing import Literal, NamedTuple

import regex

from tfm.text.patterns import CL100K_SPLIT, GPT2_SPLIT, O200K_SPLIT, cut
from tfm.text.require import require_text
from tfm.text.special import SpecialTokens

PIECE = 1 << 16  # characters that are looked at together
AHEAD = BEHIND = 16
WITH_SEAMS = {GPT2_SPLIT, CL100K_SPLIT, O200K_SPLIT}
SEAM = regex.compile(r"(?<=[\p{L}\p{N}])(?!')(?=[\s\p{P}\p{S}])|(?<=[\p{M}\p{P}\p{S}])(?= )")
LAST_SEAM = regex.compile(SEAM.pattern, regex.REVERSE)
NO_SPECIAL = SpecialTokens((), first_id=0)


class Part(NamedTuple):
    """What is certain of a stream: a text between seams, words, or the name of a special token.

    Attributes:
        kind: which.
        strings: one text, the words, or one name.
    """

    kind: Literal["text", "words", "special"]
    strings: list[str]


def stream_parts(
    texts: Iterable[str],
    pattern: regex.Pattern[str],
    special: SpecialTokens = NO_SPECIAL,
    allowed: AbstractSet[str] | str = "all",
) -> Iterator[Part]:
    """Cut a stream into parts, each of which can be encoded by itself.

    Args:
        texts: pieces of one text, cut anywhere.
        pattern: a compiled split pattern.
        special: names at which the text is cut, over the edge of a piece too.
        allowed: names that may stand in the text, or “all”.

    Raises:
        TypeError: a piece is no text.
        ValueError: as for `patterns.cut` and `SpecialTokens.parts`.
    """
    special.require_known(allowed)
    text, start, gone = "", 0, 0  # text[:start] was given out, and `gone` characters before it
    waiting: list[str] = []
    for block in chain(_blocks(texts), [""]):  # the empty one is the end
        waiting.append(block)
        if block and sum(map(len, waiting)) < len(text) - start:
            continue  # looking at a long word again after every block would take the square of its length
        text, fresh = text + "".join(waiting), 0
        waiting.clear()
        for place, name in special.places(text, start):
            if block and place + special.longest > len(text):
                break  # a longer name may begin here
            special.require_allowed(name, gone + place, allowed)
            yield Part("words", cut(text[fresh:place], pattern, start - fresh))
            yield Part("special", [name])
            start = fresh = place + len(name)
        known = max(fresh, len(text) - special.longest + 1) if block and special.ids else len(text)
        end, part = _certain(text[fresh:known], start - fresh, pattern, last=not block)
        yield part
        keep = max(fresh, fresh + end - BEHIND)
        text, start, gone = text[keep:], fresh + end - keep, gone + keep


def last_seam(text: str, start: int = 0) -> int:
    """Where the last seam behind `start` is, or 0.

    Example:
        >>> last_seam("two words, and so")
        14
    """
    found = LAST_SEAM.search(text, start)
    return found.start() if found and found.start() > start else 0


def _certain(text: str, start: int, pattern: regex.Pattern[str], *, last: bool) -> tuple[int, Part]:
    """How far a text is certain, and what it is until there; all of it where no more comes."""
    seam = 0
    if pattern.pattern in WITH_SEAMS:
        seam = len(text) if last else last_seam(text, start)
    if seam:
        return seam, Part("text", [text[start:seam]])
    if last:
        return len(text), Part("words", cut(text, pattern, start))
    words, end = [], start
    for match in pattern.finditer(text, start):
        reaches_the_end = pattern.fullmatch(text, end, partial=True)
        if reaches_the_end or match.end() > len(text) - AHEAD:
            break
        if match.start() > end:
            cut(text, pattern, start)  # raises, for this character is left out
        words.append(match[0])
        end = match.end()
    return end, Part("words", words)


def _blocks(texts: Iterable[str]) -> Iterator[str]:
    """The same stream in blocks of some `PIECE` characters."""
    held: list[str] = []
    size = gone = 0
    for text in (texts,) if isinstance(texts, str) else texts:
        require_text(text, gone)
        gone += len(text)
        for i in range(0, len(text), PIECE):
            held.append(text[i : i + PIECE])
            size += len(held[-1])
            if size >= PIECE:
                yield "".join(held)
                held.clear()
                size = 0
    if held:
        yield "".join(held)
