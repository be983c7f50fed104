"""Special tokens: ids that stand for no text, such as the end of a document, and the care they need.

The name of a special token can be written by anybody who writes text. Read as the token it would end a
document, or open a system's turn, in somebody else's voice; so a tokenizer asks which names may count.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet


class SpecialTokens:
    """Names and their ids.

    Attributes:
        ids: name → id, in the order of the ids.
        longest: characters of the longest name, 0 when there is none.

    Args:
        names: names, numbered from `first_id`; or names with ids, none of them below `first_id`.
        first_id: the first id that no other token has.

    Raises:
        ValueError: a name is empty or stands twice, or an id is taken.

    Example:
        >>> special = SpecialTokens(["<|end|>"], first_id=300)
        >>> special.ids
        {'<|end|>': 300}
        >>> special.parts("one<|end|>two", "all")
        ['one', '<|end|>', 'two']
    """

    def __init__(self, names: Sequence[str] | Mapping[str, int], *, first_id: int) -> None:
        if isinstance(names, str):
            raise TypeError(f"special_tokens must be a list of names, not one string: pass [{names!r}]")
        if not isinstance(names, Mapping):
            self._require_once(names)
            names = {name: i for i, name in enumerate(names, first_id)}
        self.ids: dict[str, int] = {}
        taken: set[int] = set()
        for name, i in sorted(names.items(), key=lambda item: item[1]):
            self._require_free(name, i, first_id, taken)
            self.ids[name] = i
            taken.add(i)
        self.longest = max(map(len, self.ids), default=0)
        firsts = "".join(map(re.escape, sorted({name[0] for name in self.ids})))
        self._first = re.compile(f"[{firsts}]") if self.ids else None
        self._lengths = sorted(set(map(len, self.ids)), reverse=True)  # the longer of two that begin alike

    def parts(self, text: str, allowed: AbstractSet[str] | str = "all") -> list[str]:
        """Cut a text at special tokens.

        Args:
            text: any text.
            allowed: names that may stand in the text, or "all".

        Returns:
            Text, a special token's name, text, and so on; it begins and ends with text, which may be empty.

        Raises:
            ValueError: a special token stands in the text that is not allowed, or something is allowed that
                is no special token.
        """
        self.require_known(allowed)
        found, end = [], 0
        for start, name in self.places(text):
            self.require_allowed(name, start, allowed)
            found += [text[end:start], name]
            end = start + len(name)
        return [*found, text[end:]]

    def places(self, text: str, start: int = 0) -> Iterator[tuple[int, str]]:
        """Find the special tokens written in a text: where each begins, and its name.

        Names are looked up and not searched for one by one, so that thousands cost no more than a few.
        """
        while self._first and (first := self._first.search(text, start)):
            start = first.start()
            ends = (start + length for length in self._lengths)
            name = next((text[start:end] for end in ends if text[start:end] in self.ids), "")
            if name:
                yield start, name
            start += len(name) or 1

    def require_known(self, allowed: AbstractSet[str] | str) -> None:
        """Make sure that what is allowed are names of special tokens, or “all”."""
        if isinstance(allowed, str) and allowed != "all":
            raise TypeError(f'allowed_special must be "all" or a set of names: pass {{{allowed!r}}}')
        if allowed != "all" and (unknown := sorted(set(allowed) - self.ids.keys())):
            known = ", ".join(map(repr, self.ids)) or "none"
            raise ValueError(f"{unknown[0]!r} is no special token of this vocabulary: it has {known}")

    def require_allowed(self, name: str, place: int, allowed: AbstractSet[str] | str) -> None:
        """Make sure that the special token that stands at `place` of a text is allowed there."""
        if allowed != "all" and name not in allowed:
            raise ValueError(
                f"the text holds the special token {name!r} at character {place}: allow it with "
                f"allowed_special={{{name!r}}}, or read it as plain text with encode_ordinary"
            )

    @staticmethod
    def _require_free(name: str, i: int, first_id: int, taken: AbstractSet[int]) -> None:
        if not name:
            raise ValueError(
                "a special token needs a name, and one is empty: call it <|endoftext|> or the like"
            )
        if i < first_id or i in taken:
            raise ValueError(
                f"the special token {name!r} cannot have the id {i}, which another token has: "
                f"take {first_id} or more, each once"
            )

    @staticmethod
    def _require_once(names: Sequence[str]) -> None:
        twice = next((name for name, count in Counter(names).items() if count > 1), None)
        if twice is not None:
            raise ValueError(f"the special token {twice!r} stands twice: give each name once")
