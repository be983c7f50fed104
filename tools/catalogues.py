"""The catalogues of translations, `tfm/locale/LANGUAGE/*.po`: written from the sources, and checked.

    python -m tools.catalogues            adds what is new, marks what changed, drops what is gone
    python -m tools.catalogues --check    changes nothing, and says what a translator has to do

Babel reads and writes them. There is one for the kit, one for each lesson that is translated, and one for the
pages; a sentence of the kit stands in the kit's alone. A term of `tfm/locale/LANGUAGE/glossary.toml` must be kept.
"""

import argparse
import ast
import re
import string
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from tfm import course
from tfm.kit.messages import LOCALE, languages
from tools.lesson_files import NOTEBOOKS, lessons

ROOT = NOTEBOOKS.parent
PAGES = "pages"
# By function: which of its arguments are sentences, by place or by name.
SPOKEN: dict[str, tuple[int | str, ...]] = {
    "say": (0,),
    "key": (0,),
    "Mistake": (0, 1, "name", "cure"),
    "Exercise": ("asks", "praise", "parts"),
}
KEYWORDS: dict[str, Any] = {"say": None}
HEADER = """\
msgid ""
msgstr ""
"Language: {}\\n"
"Content-Type: text/plain; charset=utf-8\\n"

"""
TO_DO = "run `python -m tools.catalogues`, then translate"


def spoken(file: BinaryIO, *_: Any, **__: Any) -> Iterator[tuple[int, str, str, list[str]]]:
    """Extract the sentences of a Python file, in the manner of Babel's own extractors.

    Raises:
        ValueError: a sentence is put together by an f-string, which no catalogue can hold.
    """
    found = []
    for node in ast.walk(ast.parse(file.read())):
        name = getattr(getattr(node, "func", None), "id", None)
        for part in (part for place in SPOKEN.get(name or "", ()) for part in _sentences(node, place)):
            if isinstance(part, ast.JoinedStr):
                raise ValueError(  # noqa: TRY004 (it is of the wrong make, not of the wrong type)
                    f"line {part.lineno}: a sentence has its fields by name, not by an f-string"
                )
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                found.append((part.lineno, "say", part.value, []))
    return iter(sorted(found))


def _sentences(call: Any, place: int | str) -> list[ast.expr]:
    if isinstance(place, int):
        found = call.args[place : place + 1]
    else:
        found = [keyword.value for keyword in call.keywords if keyword.arg == place]
    return [part for one in found for part in (one.elts if isinstance(one, ast.Tuple | ast.List) else [one])]


def sources(language: str) -> dict[str, list[Path]]:
    """Which files each catalogue of a language is written from, by the catalogue's name."""
    translated = [path.stem[3:] for path in lessons(NOTEBOOKS / language)]
    folder = ROOT / "pages"
    return {
        "kit": sorted((ROOT / "tfm" / "kit").rglob("*.py")),
        **{name: sorted((ROOT / "tfm" / "lessons" / name).rglob("*.py")) for name in translated},
        PAGES: sorted(file for ending in ("py", "html", "js") for file in folder.rglob(f"*.{ending}")),
    }


def templates(language: str) -> dict[str, Catalog]:
    """The catalogues of a language as the sources ask for them, without translations."""
    made: dict[str, Catalog] = {}
    for name, files in sources(language).items():
        made[name] = Catalog(locale=language, domain=name)
        for file in files:
            place = [(file.relative_to(ROOT).as_posix(), 0)]
            for sentence in _extracted(file):
                if not any(sentence in made[other] for other in made if other != name):
                    made[name].add(sentence, locations=place)
    for sentence in _titles(language):
        if sentence not in made["kit"]:
            made[PAGES].add(sentence, locations=[("tfm/course.toml", 0)])
    return made


def _extracted(file: Path) -> Iterator[str]:
    method: Any = {".py": spoken, ".html": babel_extract, ".js": "javascript"}[file.suffix]
    for _, message, _, _ in extract_from_file(method, file, keywords=KEYWORDS):
        yield message[0] if isinstance(message, tuple) else message


def _titles(language: str) -> Iterator[str]:
    """What the pages say of the lessons that are translated."""
    translated = {path.stem for path in lessons(NOTEBOOKS / language)}
    yield from (part.title for part in course.parts())
    for lesson in course.lessons():
        if lesson.name in translated:
            yield from (lesson.title, lesson.question)
            yield from (claim.text for claim in course.claims() if lesson.number in claim.lessons)
    yield from course.VERDICTS


def read(file: Path, language: str) -> Catalog:
    """Read a catalogue; one that is not there is empty."""
    if not file.is_file():
        return Catalog(locale=language, domain=file.stem, charset="utf-8")
    with file.open("rb") as stream:
        return read_po(stream, locale=language, domain=file.stem)


def faults(catalogue: Catalog, template: Catalog, terms: dict[str, str]) -> Iterator[str]:
    """Say of each sentence what is wrong with its translation."""
    for message in template:
        if message.id and not getattr(catalogue.get(message.id), "string", ""):
            yield f"no translation of “{message.id}”: {TO_DO}"
    for message in catalogue:
        if not message.id:
            continue
        said, translated = str(message.id), str(message.string or "")
        if message.id not in template:
            yield f"nothing says “{said}” any more: run `python -m tools.catalogues`"
        elif message.fuzzy:
            yield f"“{said}” was translated from another sentence: read it, then remove `fuzzy`"
        elif translated:
            yield from _unlike(said, translated, terms)
    for message in catalogue.obsolete.values():
        yield f"“{message.id}” is obsolete: remove it"


def _unlike(said: str, translated: str, terms: dict[str, str]) -> Iterator[str]:
    if _fields(said) != _fields(translated):
        fields = ", ".join(sorted(_fields(said))) or "no fields"
        yield f"“{translated}” has other fields than “{said}”: keep {fields}"
    for term, ours in terms.items():
        if mentions(said, term) and not re.search(ours, translated):
            yield f"“{translated}” does not say {ours} for the {term} of “{said}”: see glossary.toml"


def mentions(text: str, term: str) -> bool:
    """Whether an English text has a term, as a word or several, in singular or plural.

    Example:
        >>> mentions("the keys are swapped", "key"), mentions("keyboard", "key")
        (True, False)
    """
    return re.search(rf"(?<![\w{{`]){re.escape(term)}(?:e?s)?(?![\w}}`=])", text, re.IGNORECASE) is not None


def glossary(language: str) -> dict[str, str]:
    """The terms of a language: English, and how it is said, several ways divided by `|`."""
    text = (LOCALE / language / "glossary.toml").read_text(encoding="utf-8")
    return {term: ours for part in tomllib.loads(text).values() for term, ours in part.items()}


def _fields(sentence: str) -> Counter[str]:
    """The fields of a sentence, with their formats."""
    try:
        parsed = list(string.Formatter().parse(sentence))
    except ValueError:
        return Counter([sentence])
    return Counter(f"{{{name}!{turn}:{form}}}" for _, name, form, turn in parsed if name is not None)


def main(arguments: list[str] | None = None) -> int:
    """Write or check; the exit status is 1 where a translator has something to do."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args(arguments).check
    found = 0
    for language in languages():
        made, terms = templates(language), glossary(language)
        strays = {file.stem for file in (LOCALE / language).glob("*.po")} - made.keys()
        for stray in sorted(strays):
            found += 1
            print(f"{language}/{stray}.po belongs to nothing: remove it")
        for name, template in made.items():
            file = LOCALE / language / f"{name}.po"
            catalogue = read(file, language)
            if not check:
                _update(catalogue, template, file)
            for fault in faults(catalogue, template, terms):
                found += 1
                print(f"{language}/{name}.po: {fault}")
    return int(bool(found))


def _update(catalogue: Catalog, template: Catalog, file: Path) -> None:
    catalogue.update(template)
    catalogue.obsolete.clear()
    with file.open("wb") as stream:
        stream.write(HEADER.format(catalogue.locale_identifier).encode())
        write_po(stream, catalogue, width=110, include_lineno=False, omit_header=True, sort_by_file=True)


if __name__ == "__main__":
    sys.exit(main())
