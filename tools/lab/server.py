"""A JupyterLab of one's own for the browser tests: private folders, a random token, a free port, no way out.

The server sees copies of the notebooks in a temporary folder, so a test never changes the tree, and it is
given fresh settings, workspaces, runtime and data folders, so a test never meets the habits of the person who
runs it. Whatever the server or a kernel tries to fetch from elsewhere is refused: its proxy settings point at
a closed port.

This file knows nothing of the browser; `lab.py` does.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tfm.cli.lab_settings import lab_options
from tfm.kernel import JUPYTER
from tools.alone import NOWHERE

HANG_SECONDS = 600  # what has been at work for so long, and brings nothing forward, hangs
STOP_SECONDS = 10

# The notebook's own news and update checks would ask the internet, and their toast would cover a picture.
NOTIFICATIONS = {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}
# The debugger asks a kernel that ends, and complains that it hears nothing; no lesson uses it.
PAGE_CONFIG = {"disabledExtensions": {"@jupyterlab/debugger-extension": True}}


class LabServer:
    """JupyterLab on a free port of this machine; a context manager.

    Args:
        folder: an empty folder for everything the server writes.
        python: the interpreter that runs the server and its kernels; this one by default.
        env: more environment variables for the server and its kernels.

    Example:
        >>> with LabServer(tmp_path) as server:                     # doctest: +SKIP
        ...     server.copy(Path("notebooks/01_perceptron.ipynb"))
        '1/01_perceptron.ipynb'
    """

    def __init__(
        self, folder: Path, *, python: str | Path = sys.executable, env: Mapping[str, str] | None = None
    ) -> None:
        self.folder, self.python = Path(folder), str(python)
        self.root = self.folder / "notebooks"
        self.log = self.folder / "server.log"
        self.token = secrets.token_hex(16)
        self.url = ""
        self._env = {**_private_environment(self.folder), **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None
        self._copies = 0

    def __enter__(self) -> Self:
        """Start the server and wait until it answers."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the server and its kernels."""
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            RuntimeError: it ended or hangs; the end of its log is in the message.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        settings = self.folder / "settings" / "@jupyterlab" / "apputils-extension"
        settings.mkdir(parents=True, exist_ok=True)
        (settings / "notification.jupyterlab-settings").write_text(json.dumps(NOTIFICATIONS))
        config = self.folder / "config" / "labconfig"
        config.mkdir(parents=True, exist_ok=True)
        (config / "page_config.json").write_text(json.dumps(PAGE_CONFIG))
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command(),
                env=self._env,
                cwd=self.root,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        deadline = time.monotonic() + HANG_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"JupyterLab did not start; the end of its log:\n{self.log_tail()}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Ask the server to shut down with its kernels, then end the process group that `start` made."""
        if self._process is None:
            return
        if self.url and self._process.poll() is None:
            try:
                self.request("POST", "api/shutdown")
                self._process.wait(STOP_SECONDS)
            except (OSError, subprocess.TimeoutExpired):
                pass
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if self._process.poll() is not None:
                break
            os.killpg(self._process.pid, sign)  # the group has the number of its first process
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue
        self._process = None

    def copy(self, notebook: Path) -> str:
        """Copy a notebook into a fresh folder of the server, where it is untrusted as after a download.

        Returns:
            The copy's path below the server's root, for `address`.
        """
        self._copies += 1
        home = self.root / str(self._copies)
        home.mkdir()
        shutil.copy(notebook, home)
        return f"{self._copies}/{notebook.name}"

    def address(self, path: str) -> str:
        """Return the address that opens one file in a workspace of its own: no earlier tab comes back."""
        workspace = secrets.token_hex(4)
        return f"{self.url}lab/workspaces/{workspace}/tree/{urllib.parse.quote(path)}?token={self.token}"

    def request(self, method: str, path: str) -> Any:
        """Call the server's REST interface and return the decoded answer, None when it is empty."""
        call = urllib.request.Request(
            self.url + path, method=method, headers={"Authorization": f"token {self.token}"}
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(call, timeout=HANG_SECONDS) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def end_kernel(self, path: str) -> None:
        """End the kernels of one notebook, so that they do not pile up over a session."""
        for session in self.request("GET", "api/sessions"):
            if session["path"] == path:
                self.request("DELETE", f"api/sessions/{session['id']}")

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines the server wrote."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def _command(self) -> list[str]:
        options = {
            "ServerApp.ip": "127.0.0.1",
            "ServerApp.port": 0,
            "ServerApp.root_dir": self.root,
            "IdentityProvider.token": self.token,
            "LabApp.expose_app_in_browser": True,
            "LabApp.user_settings_dir": self.folder / "settings",
            "LabApp.workspaces_dir": self.folder / "workspaces",
        }
        flags = [f"--{name}={value}" for name, value in options.items()]
        return [self.python, "-m", "jupyterlab", "--no-browser", "--allow-root", *lab_options(), *flags]

    def _answers(self) -> bool:
        """Find the port in the server's own note, and try it."""
        for note in (self.folder / "runtime").glob("jpserver-*.json"):
            try:
                self.url = f"http://127.0.0.1:{json.loads(note.read_text())['port']}/"
                self.request("GET", "api/status")
            except (ValueError, OSError, urllib.error.URLError):
                self.url = ""
            else:
                return True
        return False


def _private_environment(folder: Path) -> dict[str, str]:
    """Return this process's environment with Jupyter's folders moved into `folder` and the way out closed."""
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    names = ("CONFIG_DIR", "DATA_DIR", "RUNTIME_DIR")
    env |= {f"JUPYTER_{name}": str(folder / name.split("_")[0].lower()) for name in names}
    env |= {"JUPYTER_PATH": str(JUPYTER), "TFM_PROGRESS": "off"}  # kernels as `tfm lab` starts them
    env |= {"IPYTHONDIR": str(folder / "ipython"), "JUPYTER_PREFER_ENV_PATH": "1", "OMP_NUM_THREADS": "1"}
    for scheme in ("http_proxy", "https_proxy", "all_proxy"):
        env |= {scheme: NOWHERE, scheme.upper(): NOWHERE}
    return env | {"no_proxy": "127.0.0.1,localhost", "NO_PROXY": "127.0.0.1,localhost"}
