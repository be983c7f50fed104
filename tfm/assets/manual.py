"""Take the manual's pages and their licence out of the one version of Python whose manual the course reads."""

import hashlib
import json
import sysconfig
from pathlib import Path
from pydoc_data import topics

VERSION = "3.11.7"
SHA256 = (
    "71f2ff5d99bdc1f9c48c5c2353ad138201c5ca1c377e0226857ef8fa89b8bcee"  # of the pages, joined by blank lines
)


def build_manual(folder: Path) -> None:
    """Write the pages as JSON, in the order of their names.

    Args:
        folder: where they go.

    Raises:
        ValueError: this Python has another manual.
    """
    pages = {name: topics.topics[name] for name in sorted(topics.topics)}
    if hashlib.sha256("\n\n".join(pages.values()).encode()).hexdigest() != SHA256:
        raise ValueError(
            f"the course reads Python {VERSION}'s manual, and this Python has another: run {VERSION}"
        )
    folder.mkdir(exist_ok=True)
    text = json.dumps(pages, ensure_ascii=False, indent=1) + "\n"
    (folder / "topics.json").write_text(text, encoding="utf-8", newline="\n")
    licence = Path(sysconfig.get_path("stdlib")) / "LICENSE.txt"
    (folder / "LICENSE.txt").write_text(licence.read_text(encoding="utf-8"), encoding="utf-8", newline="\n")
    print(f"{folder}: {len(pages)} pages, {len(text)} characters")
