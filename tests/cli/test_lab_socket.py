"""A kernel's messages leave at once: the page does not wait for TCP to collect them."""

import asyncio
import socket

import pytest
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application
from tornado.websocket import WebSocketHandler, websocket_connect

from tfm.cli.lab_settings import lab_options
from tfm.cli.lab_socket import PromptConnection


async def no_delay(connect):
    """Whether the server's end of a websocket sends at once, after a connection's `connect`."""

    class Handler(WebSocketHandler):
        async def open(self):
            await connect(self)
            option = self.ws_connection.stream.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            await self.write_message(str(bool(option)))

    listening, port = bind_unused_port()
    server = HTTPServer(Application([("/", Handler)]))
    server.add_socket(listening)
    try:
        page = await websocket_connect(f"ws://127.0.0.1:{port}/")
        said = await page.read_message()
        page.close()
        assert await page.read_message() is None
        return said
    finally:
        server.stop()
        await server.close_all_connections()


@pytest.mark.parametrize(
    ("kind", "prompt"), [(PromptConnection, "True"), (ZMQChannelsWebsocketConnection, "False")]
)
def test_the_socket_sends_at_once(monkeypatch, kind, prompt):
    """After `connect` the real socket has TCP_NODELAY, and Jupyter Server's own connection is made, too."""
    made = []

    async def usual(self):
        made.append(self)

    def connect(handler):
        monkeypatch.setattr(kind, "websocket_handler", handler, raising=False)
        return kind.__new__(kind).connect()  # without a kernel

    monkeypatch.setattr(ZMQChannelsWebsocketConnection, "connect", usual)
    assert asyncio.run(no_delay(connect)) == prompt
    assert [type(each) for each in made] == [kind]


def test_the_server_takes_it():
    """The option that `tfm lab` gives names a trait of the server, and a class that this trait accepts."""
    option = lab_options()[-1]
    name, _, value = option.removeprefix("--ServerApp.").partition("=")
    assert getattr(ServerApp(**{name: value}), name) is PromptConnection


def test_a_gateway_keeps_its_own(monkeypatch):
    """Where the kernels run behind a gateway, the server chooses."""
    monkeypatch.setenv("JUPYTER_GATEWAY_URL", "http://127.0.0.1:9999")
    assert not any("connection_class" in option for option in lab_options())


@pytest.mark.parametrize("place", ["jupyter_server.elsewhere", "no_server.at_all"])
def test_another_version_keeps_its_own(monkeypatch, place):
    """A server that is built otherwise still starts."""
    monkeypatch.setattr("tfm.cli.lab_settings.CONNECTION", place)
    assert not any("connection_class" in option for option in lab_options())
