"""What `tfm lab` tells JupyterLab: kernels that help and answer at once, and folders that can be written.

The person's own Jupyter stays as it is: nothing is installed and no file of theirs is changed. Where the home
folder cannot be written (a library's computer, a locked account) JupyterLab would not even start; it then gets a
temporary place for what it has to write.
"""

import os
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from tfm.kernel import JUPYTER

# What Jupyter, IPython and matplotlib write, each below the home folder unless its variable says otherwise.
WRITTEN = (
    "JUPYTER_RUNTIME_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
    "IPYTHONDIR",
    "MPLCONFIGDIR",
)

CONNECTION = "jupyter_server.services.kernels.connection.channels"  # what `tfm.cli.lab_socket` builds upon

# Where Node.js is installed, each page that opens starts it for a second, to ask whether JupyterLab is to be built
# anew with extensions from source. The course has none.
NO_BUILDER = {"page_config_data": {"buildAvailable": False}}

# A thread that waits for its fellows sleeps instead of spinning: with two lessons open, spinning takes the
# processor from the very thread that it waits for. Whoever sets the variable decides.
PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}


def lab_environment(spare: Path) -> dict[str, str]:
    """Return the environment for JupyterLab and its kernels.

    Args:
        spare: an empty folder for what would be written into the home folder, used only where that cannot be.

    Example:
        >>> lab_environment(Path("spare"))["JUPYTER_PATH"].split(os.pathsep)[0] == str(JUPYTER)
        True
    """
    folders = [str(JUPYTER), os.environ.get("JUPYTER_PATH", "")]
    env = PATIENT | os.environ | {"JUPYTER_PATH": os.pathsep.join(filter(None, folders))}
    if home_can_be_written():
        return env
    return {name: str(spare / name.lower()) for name in WRITTEN} | env


def lab_options() -> list[str]:
    """Return the options for JupyterLab: no builder, and kernels whose small messages leave at once.

    A server that hands its kernels to a gateway has a connection of its own and keeps it, as does one whose
    version lays its connection elsewhere.
    """
    options = [f"--ServerApp.tornado_settings={NO_BUILDER}"]
    with suppress(ModuleNotFoundError):
        if find_spec(CONNECTION) and not os.environ.get("JUPYTER_GATEWAY_URL"):
            options.append(
                "--ServerApp.kernel_websocket_connection_class=tfm.cli.lab_socket.PromptConnection"
            )
    return options


def home_can_be_written() -> bool:
    """Whether a file can be made in the home folder; tried, since rights alone do not tell."""
    with suppress(OSError, RuntimeError), tempfile.TemporaryFile(dir=Path.home()):
        return True
    return False
