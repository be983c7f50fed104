"""Keep matplotlib's two paragraphs about a home that cannot be written out of a lesson.

On a machine whose home folder is read-only matplotlib goes on well with a temporary folder, and says so at length
on standard error, in red, above the reader's first picture. There is nothing for the reader to do. Nothing else
that matplotlib has to say is touched. This file must be imported before matplotlib.
"""

import logging

NEEDLESS = (
    "mkdir -p failed for path",
    "%s is not a writable directory",
    "Matplotlib created a temporary cache directory",
)


def _is_needed(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(NEEDLESS)


logging.getLogger("matplotlib").addFilter(_is_needed)
