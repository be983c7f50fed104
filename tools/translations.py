"""A lesson in a second language, held to the English one, which is the source.

    python -m tools.translations                          says what differs, and which cells are stale
    python -m tools.translations zh/09_attention m04      notes that this cell fits its English cell again

Both have the same cells, by id; code is equal but for texts (syntax trees are compared, comments are dropped), and
a text may differ only where it is in the other language. Each translated cell keeps in its metadata the SHA-256
of the English cell that it was translated from: once that cell changes, the translation is stale.
"""

import argparse
import ast
import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tfm.assets.cjk_font import is_cjk
from tools.catalogues import glossary, mentions
from tools.launch_cell import TAG as LAUNCH
from tools.lesson_files import NOTEBOOKS, editions, lessons, name_of, read, solutions, tags, text

CHOICE = "language"  # the id of the one cell that English does not have: it chooses the language
DIGITS = 16  # of the SHA-256, as many as nobody hits by chance
KEPT = ("tags", "jupyter")  # metadata that both have
HEADING = re.compile(r"^(#{1,6}) ", re.MULTILINE)
CODE = re.compile(r"`[^`]*`")
WORD = re.compile(r"[A-Za-z]{3,}")

Cell = dict[str, Any]


def translated() -> Iterator[tuple[str, Path, Path]]:
    """Every translated notebook: its language, the English file, its own."""
    for language, folder in list(editions().items())[1:]:
        for path in (*lessons(folder), *solutions(folder)):
            yield language, NOTEBOOKS / path.relative_to(folder), path


def digest(cell: Cell) -> str:
    """What a translation notes of the English cell that it was made from."""
    return hashlib.sha256(text(cell["source"]).encode()).hexdigest()[:DIGITS]


def faults(english: dict[str, Any], other: dict[str, Any], language: str, name: str) -> Iterator[str]:
    """Say of every place what is wrong with a translation, and what to do.

    Args:
        english: the source, as JSON.
        other: the translation.
        language: such as `zh`.
        name: of the translation, such as `zh/09_attention`.
    """
    choice = [cell for cell in other["cells"] if cell["id"] == CHOICE]
    if len(choice) != 1 or f'use_language("{language}")' not in text(choice[0]["source"]):
        yield f'{name} needs one cell with the id {CHOICE} that says use_language("{language}")'
    sources = {cell["id"]: cell for cell in english["cells"]}
    cells = {cell["id"]: cell for cell in other["cells"] if cell["id"] != CHOICE}
    if list(sources) != list(cells):
        missing, added = [i for i in sources if i not in cells], [i for i in cells if i not in sources]
        yield f"{name} lacks the cells {missing} and has {added} besides, or another order: keep the English one's"
    prose = "\n".join(text(cell["source"]) for cell in cells.values() if cell["cell_type"] == "markdown")
    for cell_id in [one for one in sources if one in cells]:
        pair = sources[cell_id], cells[cell_id]
        for fault in (*_stale(*pair, name), *_unlike(*pair, language, prose), *_unsaid(*pair)):
            yield f"{name}, cell {cell_id}: {fault}"


def _stale(source: Cell, cell: Cell, name: str) -> Iterator[str]:
    if LAUNCH in tags(source):  # `tools.launch_cell` writes and checks it
        return
    if cell["metadata"].get("tfm", {}).get("english") != digest(source):
        yield (
            "its English cell has changed since it was translated: translate it again, then run "
            f"`python -m tools.translations {name} {cell['id']}`"
        )


def _unlike(source: Cell, cell: Cell, language: str, prose: str) -> Iterator[str]:
    for kind in KEPT:
        if source["metadata"].get(kind) != cell["metadata"].get(kind):
            yield f"its {kind} are not the English cell's: copy them"
    said, here = text(source["source"]), text(cell["source"])
    if source["cell_type"] != cell["cell_type"]:
        yield f"it is {cell['cell_type']} and the English cell {source['cell_type']}"
    elif source["cell_type"] == "code" and LAUNCH not in tags(source):
        yield from _other_code(said, here, prose)
    elif source["cell_type"] == "markdown":
        if HEADING.findall(said) != HEADING.findall(here) or said.count("<details") != here.count("<details"):
            yield "it has other headings, or other folds, than the English cell"
        words = CODE.sub("", said)
        for term, ours in glossary(language).items():
            if mentions(words, term) and not re.search(ours, here, re.IGNORECASE):
                yield f"the English cell speaks of “{term}”, and it does not say {ours}: see glossary.toml"


def _other_code(said: str, here: str, prose: str) -> Iterator[str]:
    pairs: list[tuple[str, str]] = []
    told = set(WORD.findall(prose))
    if not _same(ast.parse(said), ast.parse(here), pairs):
        yield "its code differs from the English cell's by more than texts: copy the code, translate the texts"
        return
    for before, after in pairs:
        if before != after and not any(map(is_cjk, after)):
            yield f"“{after}” is neither the English text “{before}” nor translated"
        elif before == after and len(words := WORD.findall(before)) > 1 and not set(words) <= told:
            yield f"“{after}” is not translated: translate it, or tell in the prose what these words mean"


def _same(one: Any, other: Any, pairs: list[tuple[str, str]]) -> bool:
    """Whether two trees are equal but for their texts, which are collected; fields of an f-string may move."""
    if isinstance(one, ast.JoinedStr) and isinstance(other, ast.JoinedStr):
        texts, fields = zip(*map(_parted, (one, other)), strict=True)
        pairs.append(texts)
        return fields[0] == fields[1]
    if type(one) is not type(other):
        return False
    if isinstance(one, ast.Constant) and isinstance(one.value, str):
        pairs.append((one.value, other.value))
        return isinstance(other.value, str)
    if isinstance(one, ast.AST):
        return all(_same(getattr(one, name), getattr(other, name), pairs) for name in one._fields)
    if isinstance(one, list):
        return len(one) == len(other) and all(_same(*both, pairs) for both in zip(one, other, strict=True))
    return bool(one == other)


def _parted(joined: ast.JoinedStr) -> tuple[str, list[str]]:
    """An f-string's text, and its fields in an order that is no matter of language."""
    texts = [part.value for part in joined.values if isinstance(part, ast.Constant)]
    return " ".join(texts), sorted(ast.dump(p) for p in joined.values if not isinstance(p, ast.Constant))


def _unsaid(source: Cell, cell: Cell) -> Iterator[str]:
    """Lines that both print, with words that do not come from the cell's own code: the package said them."""
    printed = {line for output in source.get("outputs", []) for line in _lines(output)}
    known = set(WORD.findall(text(cell["source"])))
    for line in (line for output in cell.get("outputs", []) for line in _lines(output)):
        if line in printed and len(set(WORD.findall(line)) - known) > 1 and not line.startswith("<widget "):
            yield f"it still prints English, “{line}”: translate it in tfm/locale"


def _lines(output: Cell) -> list[str]:
    shown = text(output.get("text", "")) + text(output.get("data", {}).get("text/plain", ""))
    return [line.strip() for line in shown.splitlines()]


def fits_again(path: Path, english: Path, cell_id: str) -> None:
    """Note in a translated cell that it fits the English cell as that is now.

    Raises:
        ValueError: one of the notebooks has no such cell.
    """
    notebook = read(path)
    found = [[one for one in book["cells"] if one["id"] == cell_id] for book in (read(english), notebook)]
    if not all(found):
        raise ValueError(f"{path.stem} has no cell {cell_id} in both languages")
    (source,), (cell,) = found
    cell["metadata"].setdefault("tfm", {})["english"] = digest(source)
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Check all, or note that cells fit; the exit status is 1 where something is to be done."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("lesson", nargs="?", help="such as zh/09_attention")
    parser.add_argument("cells", nargs="*", help="ids of its cells that were translated again")
    asked = parser.parse_args(arguments)
    known = {name_of(path): (language, english, path) for language, english, path in translated()}
    if asked.lesson and asked.lesson not in known:
        parser.error(f"there is no translation {asked.lesson}: there are {', '.join(known)}")
    found = []
    for name, (language, english, path) in known.items():
        for cell in asked.cells if name == asked.lesson else []:
            fits_again(path, english, cell)
        found += faults(read(english), read(path), language, name)
    print("\n".join(found) or f"{len(known)} translated notebooks fit their English ones")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
