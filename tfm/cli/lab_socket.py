"""The line on which kernels speak to the page, without the wait that TCP puts between small messages.

A widget answers one move with several small messages. By default (Nagle, “Congestion Control in IP/TCP
Internetworks”, RFC 896, 1984) a system keeps the second back until the first has been acknowledged, and the other
side waits up to 40 milliseconds before it acknowledges. JupyterLab's server leaves it so; here each message leaves
at once. `tfm.cli.lab_settings` tells the server of it.
"""

from typing import Any

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Jupyter Server's own connection to a kernel, on a socket that sends at once."""

    def connect(self) -> Any:
        """Connect as Jupyter Server does."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
