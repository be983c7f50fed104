"""A server asked for bytes, with an end to everything: silence, total time, redirections, and the answer itself.

A time limit on silence is not enough: a byte each half second can last for years, in the headers already. So each
connection is shut down when its total time is over, whatever is being waited for. Only HTTP and HTTPS are spoken,
wherever a server sends us. This file knows nothing of files.
"""

import contextlib
import http.client
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tfm.names import printable

CHUNK = 1 << 16


class ServerError(Exception):
    """One server could not give what was wanted, whatever the reason; the words go on from its address."""


class RefusedError(ServerError):
    """The server answered with an error.

    Attributes:
        code: its number.
    """

    def __init__(self, code: int, words: str) -> None:
        super().__init__(words)
        self.code = code


class Deadline:
    """Total time for one server; when it is over, its connections are shut down.

    Attributes:
        seconds: the limit.
        over: whether it is over.

    Args:
        seconds: from entering the context on.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.over = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> "Deadline":  # noqa: PYI034 (the tests' type checker knows no Self)
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    @property
    def words(self) -> str:
        """What to say when it is over."""
        return f"was too slow: {self.seconds:,.0f} seconds were not enough"

    def hold(self, connection: socket.socket) -> None:
        """Shut this connection down when the time is over."""
        self._sockets.append(connection)
        if self.over:
            self._end()

    def _end(self) -> None:
        self.over = True
        for connection in self._sockets:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


@contextlib.contextmanager
def answer(
    url: str, deadline: Deadline, *, timeout: float, start: int = 0
) -> Iterator[http.client.HTTPResponse]:
    """Ask for a file, or for what is behind its first `start` bytes.

    Args:
        url: where.
        deadline: the total time.
        timeout: seconds without a byte.
        start: the byte to begin with; the server may begin with another, see the answer's status.

    Raises:
        ServerError: the server could not be reached, or answered with an error.
    """
    headers = {"User-Agent": "tfm"} | ({"Range": f"bytes={start}-"} if start else {})
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
        _HTTP(deadline),
        _HTTPS(deadline),
    ):
        opener.add_handler(handler)
    with said_in_words(deadline, "could not be reached"):
        response = opener.open(urllib.request.Request(url, headers=headers), timeout=timeout)  # noqa: S310
    with contextlib.closing(response):
        yield response


def chunks(response: http.client.HTTPResponse, deadline: Deadline) -> Iterator[bytes]:
    """The body as it comes; raises a ServerError where it breaks off."""
    with said_in_words(deadline, "broke off"):
        while chunk := response.read1(CHUNK):
            yield chunk


def read_url(url: str, *, timeout: float, limit: int, seconds: float) -> bytes:
    """Read a small answer whole.

    Args:
        url: where.
        timeout: seconds without a byte.
        limit: bytes at most.
        seconds: of total time at most.

    Raises:
        OSError: it cannot be had, or is larger, or takes longer; the words go on from its address.
    """
    try:
        with Deadline(seconds) as deadline, answer(url, deadline, timeout=timeout) as response:
            return _whole(response, deadline, limit)
    except ServerError as error:
        raise OSError(f"it {error}") from None


def _whole(response: http.client.HTTPResponse, deadline: Deadline, limit: int) -> bytes:
    data = b""
    for chunk in chunks(response, deadline):
        data += chunk
        if len(data) > limit:
            raise ServerError(f"sent more than {limit:,} bytes")
    if deadline.over:
        raise ServerError(deadline.words)
    if response.length:
        raise ServerError(f"stopped after {len(data):,} bytes")
    return data


@contextlib.contextmanager
def said_in_words(deadline: Deadline, what: str) -> Iterator[None]:
    """Turn whatever goes wrong with a server into a ServerError, without a character that moves a terminal."""
    try:
        yield
    except urllib.error.HTTPError as error:
        error.close()
        raise RefusedError(error.code, f"answered {error.code} {printable(error.reason)}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        if deadline.over:
            raise ServerError(deadline.words) from None
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        raise ServerError(f"{what} ({printable(getattr(reason, 'strerror', None) or reason)})") from None


class _HTTP(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_watched(http.client.HTTPConnection, self._deadline), req)


class _HTTPS(urllib.request.HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(_watched(http.client.HTTPSConnection, self._deadline), req)


def _watched(kind: type[http.client.HTTPConnection], deadline: Deadline) -> Callable[..., Any]:
    """The same kind of connection, known to a deadline as soon as it stands."""

    def connect(connection: http.client.HTTPConnection) -> None:
        kind.connect(connection)
        deadline.hold(connection.sock)

    def make(*args: Any, **settings: Any) -> http.client.HTTPConnection:
        connection = kind(*args, **settings)
        connection.connect = partial(connect, connection)  # type: ignore[method-assign]
        return connection

    return make
