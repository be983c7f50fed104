"""GPT's vocabularies offline: never a hang, one sentence, and the course's own vocabulary instead."""

import base64
import hashlib
import io
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import closing, redirect_stdout

import needs
import pytest
import tiktoken
from patience import HANG_SECONDS

from tfm.text import tiktoken_bridge
from tfm.text.embedded import EMBEDDED, embedded_bpe
from tfm.text.tiktoken_bridge import FILES, VocabularyError, get_encoding, load_encoding, missing_files

SLACK = 20  # seconds beyond the limit on a machine that is busy with ten other things; PATIENCE is 30
PROXIES = "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    """No file in tiktoken's cache, no vocabulary in its memory, and no download under way."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    monkeypatch.setattr(tiktoken_bridge, "_downloads", {})
    for name in (*PROXIES, "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def silent_proxy(empty_cache, monkeypatch):
    """A proxy that takes every connection and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []
        threading.Thread(target=_accept, args=(server, kept), daemon=True).start()
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        for name in PROXIES:
            monkeypatch.setenv(name, address)
        yield address
        for connection in kept:
            connection.close()
    for download in tiktoken_bridge._downloads.values():
        download.join(10)


@pytest.fixture
def refusing_proxy(empty_cache, monkeypatch):
    """A proxy at a port where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
    for name in PROXIES:
        monkeypatch.setenv(name, address)


def _accept(server, kept):
    while True:
        try:
            kept.append(server.accept()[0])
        except OSError:
            return


def _timed(call):
    started = time.monotonic()
    with redirect_stdout(io.StringIO()) as said:
        result = call()
    return result, time.monotonic() - started, said.getvalue().splitlines()


def _needs_files(*names):
    for name in names:
        if missing_files(name):
            pytest.skip(needs.VOCABULARY)


def test_a_network_that_never_answers(silent_proxy):
    """Behind a silent proxy the limit holds, one sentence is said, and the course's vocabulary is there."""
    encoding, took, said = _timed(lambda: get_encoding("gpt2", seconds=0.3))
    assert took < 0.3 + SLACK
    assert encoding.name == EMBEDDED
    (sentence,) = said
    assert sentence == (
        "tfm_manual stands in for gpt2: its file did not arrive within 0.3 s; set TIKTOKEN_CACHE_DIR to a folder "
        "with tiktoken's files, or try again with the network open."
    )
    assert encoding.encode("the def statement") == embedded_bpe().encode("the def statement")


def test_a_network_that_refuses(refusing_proxy):
    """Where nobody listens, the sentence says that the download failed, at once."""
    encoding, took, said = _timed(lambda: get_encoding("cl100k_base"))
    assert took < 1 + SLACK
    assert encoding.name == EMBEDDED
    assert len(said) == 1
    assert said[0].startswith(
        "tfm_manual stands in for cl100k_base: its file cannot be downloaded (ProxyError);"
    )


def test_one_hanging_download_does_not_block_the_others(silent_proxy, monkeypatch):
    """While one vocabulary hangs, another that is in the cache is there, which tiktoken's own lock forbids."""
    with pytest.raises(VocabularyError, match=r"did not arrive within 0\.1 s"):
        load_encoding("gpt2", seconds=0.1)
    monkeypatch.undo()  # the cache that the tests are run with
    _needs_files("cl100k_base")
    assert any(
        download.is_alive() for download in threading.enumerate() if download.name == "download of gpt2"
    )
    assert load_encoding("cl100k_base", seconds=0).name == "cl100k_base"


def test_a_hanging_download_is_waited_for_and_then_given_up(silent_proxy, monkeypatch):
    """A second call waits for the first one's download; after some patience it starts its own."""
    for _ in range(2):
        with pytest.raises(VocabularyError):
            load_encoding("gpt2", seconds=0.05)
    first = tiktoken_bridge._downloads["gpt2"]
    assert [thread.name for thread in threading.enumerate()].count("download of gpt2") == 1
    monkeypatch.setattr(tiktoken_bridge, "PATIENCE", 0)
    with pytest.raises(VocabularyError):
        load_encoding("gpt2", seconds=0.05)
    assert tiktoken_bridge._downloads["gpt2"] is not first


def test_python_ends_while_a_download_hangs(silent_proxy):
    """A thread left waiting does not keep the interpreter from ending."""
    code = (
        "from tfm.text.tiktoken_bridge import get_encoding\n"
        "print(get_encoding('o200k_base', seconds=0.1).name)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=HANG_SECONDS,
        env=dict(os.environ),
    )
    assert (done.returncode, done.stdout.splitlines()[1:], done.stderr) == (0, [EMBEDDED], "")


def test_a_file_in_the_cache_needs_no_network(monkeypatch):
    """What tiktoken's cache holds is given at once, under its own name, and nothing is said."""
    _needs_files("gpt2")
    monkeypatch.setattr(tiktoken_bridge, "read_file_cached", lambda *_: pytest.fail("the network was asked"))
    encoding, _, said = _timed(lambda: get_encoding("gpt2", seconds=0))
    assert encoding.name == "gpt2"
    assert encoding.encode("hello world") == [31373, 995]
    assert said == []


def test_a_damaged_file_in_the_cache_is_missing(refusing_proxy, empty_cache):
    """A file that is cut short does not count, and is not read."""
    address = "https://openaipublic.blob.core.windows.net/encodings/cl100k_base.tiktoken"
    (empty_cache / hashlib.sha1(address.encode()).hexdigest()).write_bytes(b"IQ== 0\n")
    assert [file.place for file in missing_files("cl100k_base")] == ["encodings/cl100k_base.tiktoken"]
    assert get_encoding_quietly("cl100k_base").name == EMBEDDED


def get_encoding_quietly(name):
    """Give the encoding without its sentence."""
    return _timed(lambda: get_encoding(name))[0]


def test_a_download_that_succeeds_is_used(empty_cache, monkeypatch):
    """What arrives in time is tiktoken's: the reader puts it into the cache, and the encoding has its name."""
    content = b"".join(b"%s %d\n" % (_base64(i), i) for i in range(256))
    file = tiktoken_bridge.VocabularyFile("encodings/r50k_base.tiktoken", hashlib.sha256(content).hexdigest())
    monkeypatch.setitem(FILES, "r50k_base", (file,))
    monkeypatch.setattr(tiktoken.load, "read_file", lambda _: content)
    made = tiktoken.Encoding("r50k_base", pat_str=".", mergeable_ranks={b"a": 0}, special_tokens={})
    monkeypatch.setattr(tiktoken, "get_encoding", lambda _: made)
    assert get_encoding("r50k_base", seconds=20) is made
    assert missing_files("r50k_base") == []


def _base64(byte):
    return base64.b64encode(bytes([byte]))


def test_a_cache_that_is_switched_off(empty_cache, monkeypatch):
    """With tiktoken's cache switched off nothing can be kept, and the sentence says so."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    monkeypatch.setattr(tiktoken_bridge, "read_file_cached", lambda *_: b"")
    with pytest.raises(
        VocabularyError, match=r"cannot be downloaded \(the cache does not keep it\); set TIKTOKEN"
    ):
        load_encoding("gpt2")


def test_an_unknown_name_is_an_error_not_a_download():
    """A misspelt name gets the list of those there are."""
    with pytest.raises(
        ValueError, match="no vocabulary is called 'gtp2': choose one of gpt2, r50k_base, cl100k"
    ):
        get_encoding("gtp2")


@pytest.mark.parametrize("name", FILES)
def test_the_files_are_those_that_tiktoken_asks_for(name, monkeypatch):
    """Addresses and checksums are tiktoken's own; with another version of it this test would say so."""
    asked = {}

    def record(address, checksum=None):
        asked[address] = checksum
        raise LookupError

    monkeypatch.setattr(tiktoken.load, "read_file_cached", record)
    from tiktoken_ext import openai_public

    with pytest.raises(LookupError):
        openai_public.ENCODING_CONSTRUCTORS[name]()
    ours = {f"{tiktoken_bridge.HOME}/{file.place}": file.sha256 for file in FILES[name]}
    assert asked.items() <= ours.items()
