"""The Python manual that the course counts, cuts and trains on: one fixed text, the same in every Python.

Its pages are the help topics of Python 3.11.7 (`pydoc_data.topics`), by the Python Software Foundation, under its
licence. Every other version of Python has other pages, and whatever is counted in them differs.
"""

import json
from functools import cache

from tfm.sums import asset


@cache
def manual_topics() -> dict[str, str]:
    r"""Give the manual's pages by the names of their topics, in alphabetical order.

    Example:
        >>> topics = manual_topics()
        >>> len(topics), list(topics)[:3], sum(map(len, topics.values()))
        (79, ['assert', 'assignment', 'async'], 464970)
        >>> topics["pass"].split("\n\n")[0]
        'The "pass" statement\n********************'
    """
    return dict(json.loads(asset("manual/topics.json").read_text(encoding="utf-8")))


def manual_text() -> str:
    """Join all pages, with a blank line between two.

    Example:
        >>> len(manual_text())
        465126
    """
    return "\n\n".join(manual_topics().values())
