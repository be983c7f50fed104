"""Close the network of a Python process for real: Python imports this file by itself, found on PYTHONPATH.

A hook of the interpreter's own (PEP 578) sees every name that is looked up and every connection, below all
libraries. What stays on this machine passes. Anything else, and a proxy too, is written down in the file that
BAD_DAY_LOG names, and refused at once. Packages named in BAD_DAY_HIDDEN are as if they were not installed.
A second file of this name, further down PYTHONPATH, is run as well.
"""

import importlib.machinery
import importlib.metadata
import importlib.util
import os
import socket
import sys

LOCAL = {"", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::"}
PROXY = ("127.0.0.1", 9)  # what the proxies are set to: on the way out
WATCHED = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"}
UNREACHABLE = 101


def _refuse(event, arguments):
    """Raise OSError for what would leave this machine."""
    if event not in WATCHED:
        return
    place = arguments[0] if event in {"socket.getaddrinfo", "socket.gethostbyname"} else arguments[1]
    host = place[0] if isinstance(place, tuple) else place
    host = host.decode() if isinstance(host, bytes) else host
    path = str(host).startswith("/")  # a socket of this machine
    by_proxy = place == PROXY and arguments[0].type == socket.SOCK_STREAM  # no proxy listens to a datagram
    if host is None or path or (host in LOCAL and not by_proxy):
        return
    if log := os.environ.get("BAD_DAY_LOG"):
        with open(log, "a", encoding="utf-8") as file:  # noqa: PTH123 (pathlib is not loaded yet)
            file.write(f"{event} {host}\n")
    raise OSError(UNREACHABLE, "Network is unreachable")


def _hide(names):
    """Let `importlib.metadata` know nothing of some packages."""
    real = importlib.metadata.distribution

    def distribution(name):
        if name in names:
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    importlib.metadata.distribution = distribution


def _run_the_next():
    """Run the next file of this name: Python itself imports only the first."""
    here = os.path.dirname(__file__)  # noqa: PTH120 (pathlib is not loaded yet)
    spec = importlib.machinery.PathFinder.find_spec(__name__, [place for place in sys.path if place != here])
    if spec and spec.loader:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


sys.addaudithook(_refuse)
_hide(os.environ.get("BAD_DAY_HIDDEN", "").split())
_run_the_next()
