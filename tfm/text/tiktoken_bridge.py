"""GPT's own vocabularies by name, from tiktoken, without ever waiting for a network that does not answer.

`tiktoken.get_encoding` downloads a vocabulary with no time limit, holding a lock meanwhile: behind a proxy that
never answers it hangs for ever, and so does a later call for another name. Here the files are looked for in
tiktoken's cache first; what is missing is downloaded, by tiktoken's own reader and checked by SHA-256, on a
thread that is given a second. A download that is merely slow goes on meanwhile, and a later call finds it.
The files' addresses and checksums are those of tiktoken's `openai_public.py`; a test compares them.
"""

import hashlib
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import NamedTuple

import tiktoken
from tiktoken.load import read_file_cached

from tfm.text.embedded import EMBEDDED, embedded_encoding

PATIENCE = 30  # seconds after which a download that still hangs is given up, and a new call starts another
HOME = "https://openaipublic.blob.core.windows.net"


class VocabularyFile(NamedTuple):
    """A file of tiktoken's: its address below HOME, and its SHA-256."""

    place: str
    sha256: str


_R50K = "306cd27f03c1a714eca7108e03d66b7dc042abe8c258b44c199a7ed9838dd930"
_CL100K = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
_O200K = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
_BPE = "1ce1664773c50f3e0cc8842619a93edc4624525b728b188a9e0be33b7726adc5"
_JSON = "196139668be63f3b5d6574427317ae82f612a97c5d1cdaf36ed2256dbf636783"
FILES = {
    "gpt2": (
        VocabularyFile("gpt-2/encodings/main/vocab.bpe", _BPE),
        VocabularyFile("gpt-2/encodings/main/encoder.json", _JSON),
    ),
    "r50k_base": (VocabularyFile("encodings/r50k_base.tiktoken", _R50K),),
    "cl100k_base": (VocabularyFile("encodings/cl100k_base.tiktoken", _CL100K),),
    "o200k_base": (VocabularyFile("encodings/o200k_base.tiktoken", _O200K),),
}


class VocabularyError(OSError):
    """A vocabulary cannot be had here and now; the sentence says why and what to do."""


def get_encoding(name: str, *, seconds: float = 1.0) -> tiktoken.Encoding:
    """Give a vocabulary of GPT's, or the course's own, and print a sentence that says so.

    Args:
        name: gpt2, r50k_base, cl100k_base or o200k_base.
        seconds: how long to wait for a download; a file in tiktoken's cache needs none.

    Returns:
        An encoding. Its `name` tells which: what was asked for, or `EMBEDDED`.

    Raises:
        ValueError: the name is unknown.

    Example:
        >>> get_encoding("gpt3")
        Traceback (most recent call last):
        ValueError: no vocabulary is called 'gpt3': choose one of gpt2, r50k_base, cl100k_base, o200k_base
    """
    try:
        return load_encoding(name, seconds=seconds)
    except VocabularyError as error:
        print(f"{EMBEDDED} stands in for {name}: {error}.")
        return embedded_encoding()


def load_encoding(name: str, *, seconds: float = 1.0) -> tiktoken.Encoding:
    """Give a vocabulary of GPT's, or raise.

    Args:
        name: as for `get_encoding`.
        seconds: as for `get_encoding`.

    Raises:
        ValueError: the name is unknown.
        VocabularyError: the vocabulary cannot be had in time.
    """
    if missing_files(name):
        download = _download(name)
        download.join(seconds)
        if missing_files(name):
            slow = f"its file did not arrive within {seconds:g} s"
            reason = slow if download.is_alive() else f"its file cannot be downloaded ({download.error_name})"
            raise VocabularyError(
                f"{reason}; set TIKTOKEN_CACHE_DIR to a folder with tiktoken's files, or try again with the "
                "network open"
            )
    return tiktoken.get_encoding(name)


def missing_files(name: str) -> list[VocabularyFile]:
    """List the files of a vocabulary that tiktoken's cache does not hold, or holds damaged.

    Raises:
        ValueError: the name is unknown.
    """
    if name not in FILES:
        raise ValueError(f"no vocabulary is called {name!r}: choose one of {', '.join(FILES)}")
    folder = cache_folder()
    return [file for file in FILES[name] if folder is None or not _is_right(folder, file)]


def cache_folder() -> Path | None:
    """Where tiktoken keeps its files, or None when its cache is switched off by an empty variable."""
    usual = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    chosen = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR", usual))
    return Path(chosen) if chosen else None


class _Download(threading.Thread):
    """Fetch files into tiktoken's cache; a daemon, so that Python can end while it waits."""

    def __init__(self, name: str) -> None:
        super().__init__(name=f"download of {name}", daemon=True)
        self._files = missing_files(name)
        self.error_name = "the cache does not keep it"
        self.started = time.monotonic()

    def hopeful(self) -> bool:
        """Whether it is worth waiting for."""
        return self.is_alive() and time.monotonic() - self.started < PATIENCE

    def run(self) -> None:
        try:
            for file in self._files:
                read_file_cached(f"{HOME}/{file.place}", file.sha256)
        except Exception as error:  # noqa: BLE001 (whatever it is, the caller's sentence names it)
            self.error_name = type(error).__name__


_downloads: dict[str, _Download] = {}
_lock = threading.Lock()


def _download(name: str) -> _Download:
    """Start a download, or find the one that is still under way."""
    with _lock:
        if name not in _downloads or not _downloads[name].hopeful():
            _downloads[name] = _Download(name)
            _downloads[name].start()
        return _downloads[name]


def _is_right(folder: Path, file: VocabularyFile) -> bool:
    address = f"{HOME}/{file.place}"
    path = folder / hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()  # tiktoken's own naming
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256
