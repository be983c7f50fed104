"""What the search looks through: every heading and paragraph of the site, with the place where it stands.

The index itself is made in the reader's browser, from these passages, when the search is first opened; they lie in
a script, because a page that was opened from a folder may not fetch a file.
"""

import json
from collections.abc import Iterable, Sequence

from bs4 import BeautifulSoup

PASSAGES = ["h2", "h3", "p", "li", "tr"]
HEADINGS = {"h2", "h3"}
QUIET = {"quiet", "claim"}

Passage = tuple[int, str, str, str]  # number of the page, anchor, heading it stands under, text


def passages(texts: Iterable[BeautifulSoup], number: int, title: str) -> list[Passage]:
    """List a page's passages, and give each an anchor.

    Args:
        texts: the page's elements, changed in place; formulas may still be marks.
        number: the page's place in the list of pages.
        title: of the page.

    Example:
        >>> page = BeautifulSoup("<h1>Votes</h1><p>Three things vote.</p>", "html.parser")
        >>> passages([page], 0, "Votes")
        [(0, '', 'Votes', 'Votes'), (0, 'p1', 'Votes', 'Three things vote.')]
    """
    found: list[Passage] = [(number, "", title, title)]
    heading = title
    for element in (element for text in texts for element in text.find_all(PASSAGES)):
        cells = element.find_all(["td", "th"]) if element.name == "tr" else [element]
        text = " ".join(" ".join(cell.get_text() for cell in cells).split())
        if not text or QUIET & set(element.get_attribute_list("class")) or element.find_parent(["li", "tr"]):
            continue
        if element.name in HEADINGS:
            heading, anchor = text, str(element["id"])
        else:
            anchor = str(element.get("id") or f"p{len(found)}")
            element["id"] = anchor
        found.append((number, anchor, heading, text))
    return found


def script(pages: Sequence[tuple[str, str]], found: Sequence[Passage]) -> str:
    """Write passages as a script that keeps them in a variable.

    Args:
        pages: each page's address and its title.
        found: passages of all pages, with formulas as text.
    """
    known = {"pages": pages, "passages": found}
    return f"window.tfmPassages = {json.dumps(known, ensure_ascii=False, separators=(',', ':'))};\n"
