"""The one door of every sentence that a reader of a lesson sees: it is said in the lesson's language.

As in gettext, the English sentence is the key, and its fields have names, so that a translation may put them in
another order. A sentence is looked up when it is said, never at import: a notebook chooses its language by
`use_language`. Sentences are whole; where one and several differ, each is a sentence of its own.

A language is a folder of `tfm/locale` with gettext's .po files: one for the kit, one a lesson, one for the pages.
They are read as they are, so that no compiled file can be older than its source; `python -m tools.catalogues`
writes and checks them. This file knows no language by name but English, and no sentence.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LOCALE = Path(__file__).parent.parent / "locale"
ENGLISH = "en"
_LINES = r'((?:".*"\n)+)'
_ENTRY = re.compile(rf"^msgid {_LINES}msgstr {_LINES}", re.MULTILINE)

_language: str = ENGLISH
_said: dict[str, str] = {}


def say(sentence: str, /, **fields: Any) -> str:
    """Say a sentence in the language that is spoken now.

    Args:
        sentence: in English, with its fields in braces; without fields, braces are braces.
        **fields: what stands in the braces.

    Returns:
        The translation with its fields filled in; the English sentence where there is none.

    Example:
        >>> say("head {head} of {n_heads}", head=2, n_heads=4)
        'head 2 of 4'
    """
    said = _said.get(sentence, sentence)
    return said.format(**fields) if fields else said


def key(sentence: str, /) -> str:
    """Mark a sentence that is said later, such as a constant of a module, so that it is translated.

    Example:
        >>> key("what is dimmed is old")
        'what is dimmed is old'
    """
    return sentence


def listed(items: Iterable[Any]) -> str:
    """Write several things in a row, with the language's comma between them.

    Example:
        >>> listed([1, "b"])
        '1, b'
    """
    return say(", ").join(map(str, items))


def use_language(name: str) -> None:
    """Speak another language from now on: figures, widgets and checks that follow are in it.

    Args:
        name: a folder of `tfm/locale`, such as `zh`, or `en`.

    Raises:
        ValueError: the course does not speak it.

    Example:
        >>> use_language("tlh")
        Traceback (most recent call last):
        ValueError: the course does not speak 'tlh': choose en or zh
    """
    global _language, _said  # noqa: PLW0603 (a kernel speaks one language, on every thread)
    known = (ENGLISH, *languages())
    if name not in known:
        raise ValueError(f"the course does not speak {name!r}: choose {' or '.join(known)}")
    files = sorted((LOCALE / name).glob("*.po"))
    _said = {said: translated for file in files for said, translated in read_catalogue(file).items()}
    _language = name


def language() -> str:
    """The language that is spoken now."""
    return _language


def languages() -> list[str]:
    """The languages that lessons are translated into."""
    return sorted(folder.name for folder in LOCALE.iterdir() if any(folder.glob("*.po")))


@contextmanager
def speaking(name: str) -> Iterator[None]:
    """Context in which another language is spoken."""
    before = language()
    use_language(name)
    try:
        yield
    finally:
        use_language(before)


def read_catalogue(file: Path) -> dict[str, str]:
    """Read the sentences of a .po file and their translations; what is not translated is left out.

    Of gettext's format it reads what our files have: plain entries, without contexts and plural forms.
    """
    text = file.read_text(encoding="utf-8") + "\n"
    pairs = ((_joined(said), _joined(translated)) for said, translated in _ENTRY.findall(text))
    return {said: translated for said, translated in pairs if said and translated}


def _joined(lines: str) -> str:
    return "".join(json.loads(line) for line in lines.splitlines())
