"""Special tokens: ids that stand for no text, such as the end of a document, and the care they need.

The name of a special token can be written by anybody who writes text. Read as the token it would end a
document, or open a system's turn, in somebody else's voice; so a tokenizer asks which names may count.
"""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet


class SpecialTokens:
    """Names and their ids.

    Attributes:
        ids: name → id, in the order of the ids.

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
        for name, i in sorted(names.items(), key=lambda item: item[1]):
            self._require_free(name, i, first_id)
            self.ids[name] = i
        longest_first = sorted(self.ids, key=len, reverse=True)  # of two that begin alike the longer counts
        self._pattern = re.compile("(" + "|".join(map(re.escape, longest_first)) + ")") if self.ids else None

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
        if isinstance(allowed, str) and allowed != "all":
            raise TypeError(f'allowed_special must be "all" or a set of names: pass {{{allowed!r}}}')
        if allowed != "all" and (unknown := sorted(set(allowed) - self.ids.keys())):
            known = ", ".join(map(repr, self.ids)) or "none"
            raise ValueError(f"{unknown[0]!r} is no special token of this vocabulary: it has {known}")
        found = self._pattern.split(text) if self._pattern else [text]
        for i in range(1, len(found), 2):
            if allowed != "all" and found[i] not in allowed:
                place = sum(map(len, found[:i]))
                raise ValueError(
                    f"the text holds the special token {found[i]!r} at character {place}: allow it with "
                    f"allowed_special={{{found[i]!r}}}, or read it as plain text with encode_ordinary"
                )
        return found

    def _require_free(self, name: str, i: int, first_id: int) -> None:
        if not name:
            raise ValueError(
                "a special token needs a name, and one is empty: call it <|endoftext|> or the like"
            )
        if i < first_id or i in self.ids.values():
            raise ValueError(
                f"the special token {name!r} cannot have the id {i}, which another token has: "
                f"take {first_id} or more, each once"
            )

    @staticmethod
    def _require_once(names: Sequence[str]) -> None:
        for i, name in enumerate(names):
            if name in names[:i]:
                raise ValueError(f"the special token {name!r} stands twice: give each name once")
