"""What may stand on a page: a list of elements, attributes and addresses, and nothing else.

Markdown may hold any HTML, and a notebook may come from anywhere. What is on the list stays; of other elements the
words stay; of what runs or draws by itself nothing does. So no page holds a script that the course did not write.
"""

import re
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString, PreformattedString

from pages.formulas import MARK

ELEMENTS = {
    *(
        "a",
        "abbr",
        "b",
        "blockquote",
        "br",
        "caption",
        "code",
        "dd",
        "del",
        "details",
        "div",
        "dl",
        "dt",
        "em",
    ),
    *(
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "i",
        "img",
        "kbd",
        "li",
        "mark",
        "ol",
        "p",
    ),
    *(
        "pre",
        "q",
        "s",
        "samp",
        "small",
        "span",
        "strong",
        "sub",
        "summary",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
    ),
    *("th", "thead", "tr", "u", "ul", "var"),
}
# Of these not even the words stay: a browser runs them, or reads what is in them by other rules.
GONE = {
    *(
        "applet",
        "base",
        "embed",
        "frame",
        "frameset",
        "iframe",
        "link",
        "math",
        "meta",
        "noembed",
        "noframes",
    ),
    *("noscript", "object", "plaintext", "script", "style", "svg", "template", "textarea", "title", "xmp"),
}
ATTRIBUTES = {
    "": {"class", "lang", "title"},
    "a": {"href"},
    "details": {"open"},
    "img": {"alt", "height", "src", "width"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan", "scope"},
}
SCHEMES = {"", "http", "https", "mailto"}
UNSEEN = re.compile(r"[\x00-\x20\x7f-\xa0\xad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")
NUMBER = re.compile(r"\d{1,5}")


def clean(page: BeautifulSoup) -> BeautifulSoup:
    """Leave only what is on the list, in place; formulas' marks stay where text is.

    Example:
        >>> clean(BeautifulSoup('<p onclick="x()">a <script>b</script><a href="y:c">d</a></p>', "html.parser"))
        <p>a <a>d</a></p>
    """
    for text in page.find_all(string=lambda text: isinstance(text, PreformattedString)):
        text.extract()  # comments, and what is written without being escaped
    for element in page.find_all(True):
        if element.decomposed:
            continue
        if element.name in GONE:
            element.decompose()
        elif element.name not in ELEMENTS:
            element.unwrap()
        elif element.name == "img" and not _is_beside(str(element.get("src", ""))):
            element.replace_with(NavigableString(_words(element, "alt")))
        else:
            _keep_attributes(element)
    return page


def _keep_attributes(element: Tag) -> None:
    allowed = ATTRIBUTES[""] | ATTRIBUTES.get(element.name, set())
    for name in list(element.attrs):
        if name not in allowed or not _may_be(name, _words(element, name)):
            del element[name]
        elif name != "class":
            element[name] = _words(element, name)


def _may_be(name: str, value: str) -> bool:
    if name == "href":
        return _scheme(value) in SCHEMES
    return name not in ("colspan", "height", "rowspan", "start", "width") or bool(NUMBER.fullmatch(value))


def _is_beside(address: str) -> bool:
    """Whether a picture lies beside the pages, since no page asks another site for anything."""
    plain = UNSEEN.sub("", address).replace("\\", "/")
    return bool(plain) and not _scheme(plain) and not plain.startswith("//")


def _scheme(address: str) -> str | None:
    """The scheme of an address as a browser reads it; None where it cannot be read."""
    try:
        return urlsplit(UNSEEN.sub("", address).replace("\\", "/")).scheme.lower()
    except ValueError:
        return None


def _words(element: Tag, name: str) -> str:
    """An attribute without marks: a formula has no place in it."""
    return MARK.sub("", " ".join(element.get_attribute_list(name)))
