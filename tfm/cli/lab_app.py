"""JupyterLab's own application on a server that stops in good order for every signal that ends a program.

Jupyter's server stops its kernels on TERM. A closed terminal (HUP) would end it at once, and Ctrl-C where there is
no terminal to ask in: the kernels would go on. A second signal on top of the first would stop it twice.
"""

from typing import Any

from jupyter_server import serverapp
from jupyterlab.labapp import LabApp

from tfm.cli.lab_server import take_care


class ServerApp(serverapp.ServerApp):
    """Jupyter's server, under its own name, which stops once."""

    def init_signal(self) -> None:
        """Listen to what ends a program; in a terminal Ctrl-C is asked about, as Jupyter does."""
        take_care(self._signal_stop)
        super().init_signal()

    def stop(self, from_signal: bool = False) -> Any:
        """Stop, unless that has begun."""
        if not self._stopping:
            super().stop(from_signal)


def launch(words: list[str]) -> None:
    """Run JupyterLab on that server until it ends.

    Args:
        words: of JupyterLab's command line.
    """
    # A subclass of LabApp would not do: Jupyter looks for the extension in its class's package.
    LabApp.serverapp_class = ServerApp
    LabApp.launch_instance(words)
