"""Servers that mean harm or are broken: every download ends, in bounded time and memory, with one sentence."""

import hashlib
import io
import os
import socketserver
import subprocess
import sys
import threading
from itertools import chain, repeat

import pytest
from patience import HANG_SECONDS

from tfm import data
from tfm.data import cache, download, registry, server
from tfm.pretrained import hub

NAME = "shakespeare"
BODY = bytes(range(256)) * 100
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: %d\r\n\r\n" % len(BODY)


class Hostile(socketserver.ThreadingTCPServer):
    """Answers each request with what `script` gives for it, piece by piece."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Speaker)
        self.requests, self.script, self.gone = [], lambda _: [], threading.Event()

    @property
    def url(self):
        """The server's address."""
        return f"http://127.0.0.1:{self.server_address[1]}/input.txt"

    def slowly(self, pieces):
        """Give one piece after another, for as long as anybody listens."""
        for piece in pieces:
            yield piece
            if self.gone.wait(0.005):
                return


class Speaker(socketserver.StreamRequestHandler):
    """One connection."""

    def handle(self):
        """Read the request's lines, then speak until the other side has gone."""
        lines = list(iter(self.rfile.readline, b"\r\n"))
        self.server.requests.append(b"".join(lines))
        try:
            for piece in self.server.script(lines):
                self.wfile.write(piece)
        except OSError:
            pass


@pytest.fixture
def hostile(monkeypatch, tmp_path):
    """A hostile server as the home of a file of BODY, an empty cache folder, and patience for a busy machine."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("TFM_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("TFM_MIRROR", raising=False)
    monkeypatch.setattr(download, "PATIENCE", HANG_SECONDS)
    hostile = Hostile()
    file = registry.RemoteFile(
        name=NAME,
        place="plays/input.txt",
        url=hostile.url,
        sha256=hashlib.sha256(BODY).hexdigest(),
        size=len(BODY),
        licence="none",
    )
    monkeypatch.setitem(registry.FILES, NAME, file)
    thread = threading.Thread(target=hostile.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield hostile
    hostile.gone.set()
    hostile.shutdown()
    thread.join()
    hostile.server_close()


@pytest.fixture
def impatient(hostile, monkeypatch):
    """Have the total time of a download be over soon: for servers that would go on for ever."""
    monkeypatch.setattr(download, "PATIENCE", 0.3)
    monkeypatch.setattr(download, "SLOWEST", 1e9)


def refused(stream=None):
    """Download, and return the sentence that says why it failed."""
    with pytest.raises(data.DataError) as caught:
        data.fetch(NAME, stream=stream or io.StringIO())
    return str(caught.value)


def part_of(tmp_path, name="input.txt.part"):
    """The path of a part beside the target."""
    path = tmp_path / "cache" / "plays" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


@pytest.mark.parametrize("start", [0, 100])
def test_a_part_that_nobody_asked_for(hostile, tmp_path, start):
    """A server that answers 206 with a wrong range whatever is asked is asked a few times and given up."""
    if start:
        part_of(tmp_path).write_bytes(BODY[:start])
    hostile.script = lambda _: [b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 7-9/99\r\n", LENGTH, BODY]
    assert "sent a part of the file that nobody asked for" in refused()
    assert len(hostile.requests) <= 2


def for_ever(piece):
    """Yield a beginning, and then one piece without end."""
    return lambda begin: chain([begin], repeat(piece))


@pytest.mark.parametrize(
    ("begin", "piece"),
    [
        (b"", b"H"),
        (OK, b"X"),
        (OK + LENGTH, b"a"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"trailer: for ever\r\n"),
    ],
    ids=["status line", "headers", "body", "continue", "trailers"],
)
@pytest.mark.usefixtures("impatient")
def test_a_byte_now_and_then_is_no_download(hostile, begin, piece):
    """Whatever part of the answer never ends, it is shut down when the total time is over."""
    hostile.script = lambda _: hostile.slowly(chain([begin], repeat(piece)))
    sentence = refused()
    assert "was too slow: 0 seconds were not enough" in sentence or "stopped after" in sentence


def test_what_a_slow_server_brought_is_kept(hostile, tmp_path, monkeypatch):
    """The next call goes on where the time ran out."""

    def over_when_it_has_come(response, deadline):
        came = 0
        for chunk in server.chunks(response, deadline):
            yield chunk
            came += len(chunk)
            if came == 1000:
                deadline._end()

    hostile.script = lambda _: hostile.slowly(chain([OK + LENGTH + BODY[:1000]], repeat(b"")))
    with monkeypatch.context() as patch:
        patch.setattr(download, "chunks", over_when_it_has_come)
        assert "was too slow" in refused()
    assert part_of(tmp_path).read_bytes() == BODY[:1000]
    rest = b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 1000-%d/%d\r\n" % (len(BODY) - 1, len(BODY))
    hostile.script = lambda _: [rest, b"Content-Length: %d\r\n\r\n" % (len(BODY) - 1000), BODY[1000:]]
    assert data.fetch(NAME, stream=io.StringIO()).read_bytes() == BODY
    assert b"Range: bytes=1000-\r\n" in hostile.requests[-1]


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ([OK, b"\r\n", *[b"x" * 65_536] * 3], "sent more than the file's 25,600 bytes"),
        ([OK, b"Content-Length: 10\r\n\r\n", BODY], "stopped after 10 of 25,600 bytes"),
        ([OK, b"Content-Length: 99999999999\r\n\r\n", BODY[:99]], "stopped after 99 of 25,600 bytes"),
        ([OK, b"Content-Length: -5\r\n\r\n", BODY[:99]], "stopped after 99 of 25,600 bytes"),
        ([OK, b"Transfer-Encoding: chunked\r\n\r\nffffffffffff\r\n", BODY[:99]], "broke off"),
        ([OK, b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"], "broke off"),
        ([OK, *[b"a: b\r\n"] * 200], "could not be reached (got more than 100 headers)"),
        ([OK, b"x" * 70_000], "could not be reached"),
        ([b"nonsense\r\n\r\n"], "could not be reached (nonsense"),
        ([b""], "could not be reached"),
        ([b"HTTP/1.1 404 \x1b[31m\x07gone\x9b2J\r\n\r\n"], "answered 404 ?[31m?gone?2J"),
        ([b"HTTP/1.1 200\x1b[2J OK\r\n\r\n"], "could not be reached (HTTP/1.1 200?[2J"),
        ([b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n"], "is not allowed"),
        ([b"HTTP/1.1 302 Found\r\nLocation: ftp://127.0.0.1/x\r\n\r\n"], "unknown url type: ftp"),
        ([b"HTTP/1.1 302 Found\r\nLocation: /again\x1b[2J\r\n\r\n"], "infinite loop"),
        ([b"HTTP/1.1 301 Moved\r\nLocation: /input.txt\r\n\r\n"], "infinite loop"),
        ([b"HTTP/1.1 204 Nothing\r\n\r\n"], "stopped after 0 of 25,600 bytes"),
    ],
)
def test_broken_and_false_answers(hostile, tmp_path, pieces, reason):
    """Each is one sentence with the reason, and no character of it moves the terminal."""
    hostile.script = lambda _: pieces
    bar = io.StringIO()
    sentence = refused(bar)
    assert reason in sentence
    assert sentence.isprintable()
    assert "\x1b" not in bar.getvalue()
    assert len(hostile.requests) <= 12
    assert not part_of(tmp_path, "input.txt").exists()


def whole(_):
    """The right answer."""
    return [OK, LENGTH, BODY]


def test_what_a_killed_process_left_is_taken_over(hostile, tmp_path):
    """The longest part is resumed and the others removed; that of a living process is left alone."""
    dead = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True
    )
    machine = download._owner().partition("-")[0]
    parts = {
        f"input.txt.{machine}-{int(dead.stdout)}.aaaa.part": BODY[:900],
        f"input.txt.{machine}-{int(dead.stdout)}.bbbb.part": BODY[:500],
        f"input.txt.{machine}-{os.getpid()}.cccc.part": BODY[:2000],
        "input.txt.00000000-1.dddd.part": BODY[:3000],  # of another machine, and written a moment ago
        "input.txt.part": BODY[:10],
    }
    for name, content in parts.items():
        part_of(tmp_path, name).write_bytes(content)
    hostile.script = whole
    assert data.fetch(NAME, stream=io.StringIO()).read_bytes() == BODY
    assert b"Range: bytes=900-\r\n" in hostile.requests[0]
    left = sorted(path.name for path in part_of(tmp_path).parent.iterdir())
    assert left == sorted(["input.txt", *list(parts)[2:4]])


def test_a_part_of_long_ago_is_taken_over(hostile, tmp_path):
    """Where nobody can be asked, a part counts as left behind after a long silence; so do parts of older kinds."""
    for name in ("input.txt.00000000-1.dddd.part", "input.txt.0a1b2c3d.part"):
        part_of(tmp_path, name).write_bytes(BODY[:3000])
        os.utime(part_of(tmp_path, name), (1e9, 1e9))
    hostile.script = whole
    data.fetch(NAME, stream=io.StringIO())
    assert [path.name for path in part_of(tmp_path).parent.iterdir()] == ["input.txt"]


def test_a_small_answer_is_read_within_limits(hostile):
    """`read_url` gives a whole answer, and stops at its limits of bytes and time."""
    hostile.script = whole
    limits = {"timeout": HANG_SECONDS, "limit": len(BODY), "seconds": HANG_SECONDS}
    assert server.read_url(hostile.url, **limits) == BODY
    with pytest.raises(OSError, match="it sent more than 9 bytes"):
        server.read_url(hostile.url, **limits | {"limit": 9})
    hostile.script = lambda _: [OK + LENGTH, BODY[:99]]
    with pytest.raises(OSError, match="it stopped after 99 bytes"):
        server.read_url(hostile.url, **limits)
    hostile.script = lambda _: hostile.slowly(chain([OK + LENGTH], repeat(b"a")))
    with pytest.raises(OSError, match="it was too slow"):
        server.read_url(hostile.url, **limits | {"seconds": 0.2})


def test_the_hub_is_not_read_for_ever(hostile, monkeypatch):
    """A listing without an end, and one that takes for ever, are one sentence."""
    monkeypatch.setenv("HF_ENDPOINT", hostile.url)
    monkeypatch.setattr(hub, "LISTING", 100_000)
    hostile.script = lambda _: chain([OK, b"\r\n"], repeat(b"[" * 65_536))
    with pytest.raises(
        data.DataError, match=r"could not be looked up at .* \(it sent more than 100,000 bytes\)"
    ):
        hub.checkpoint("author/model")
    monkeypatch.setattr(hub, "PATIENCE", 0.2)
    hostile.script = lambda _: hostile.slowly(chain([OK, b"\r\n"], repeat(b"[")))
    with pytest.raises(data.DataError, match="it was too slow"):
        hub.checkpoint("author/model")


def test_a_home_that_is_not_there(monkeypatch, tmp_path):
    """TFM_DATA in the home of a user that does not exist, and a user without a home, are told what to set."""
    monkeypatch.setenv("TFM_DATA", "~nosuchuser/x")
    with pytest.raises(
        data.DataError, match=r"TFM_DATA \(~nosuchuser/x\) is in the home of a user that this"
    ):
        cache.cache_folder()
    monkeypatch.delenv("TFM_DATA")
    monkeypatch.setattr(sys, "platform", "linux")
    for unset in ("", "relative/folder", "~/x"):
        monkeypatch.setenv("XDG_CACHE_HOME", unset)
        monkeypatch.setenv("HOME", str(tmp_path))
        assert cache.cache_folder() == tmp_path / ".cache" / "tfm"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "own"))
    assert cache.cache_folder() == tmp_path / "own" / "tfm"
    monkeypatch.delenv("XDG_CACHE_HOME")

    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # as where nobody has a home
    with pytest.raises(data.DataError, match=r"the user's cache folder \(~\) is in the home of a user"):
        cache.cache_folder()
