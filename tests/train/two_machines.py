"""Two machines in one: network namespaces with an address each, joined by a cable, and gone again afterwards."""

import os
import signal
import subprocess
import sys
from itertools import count

import pytest
from patience import until

NUMBERS = count()  # no two pairs of one process collide, and the process's number tells apart those of two


class Machines:
    """The first and the second machine, 10.77.0.1 and 10.77.0.2.

    Attributes:
        started: what runs or ran, in the order of starting.
    """

    def __init__(self, folder):
        self.folder, self.started = folder, []
        self._names = [f"tfm{os.getpid()}-{next(NUMBERS)}" for _ in range(2)]
        self._cable = [f"v{name[3:]}"[:15] for name in self._names]
        try:
            for name in self._names:
                _ip("netns", "add", name)
            first, second = self._names
            end, other = self._cable
            cable = [
                "link",
                "add",
                end,
                "netns",
                first,
                "type",
                "veth",
                "peer",
                "name",
                other,
                "netns",
                second,
            ]
            _ip(*cable)
            for number, (name, end) in enumerate(zip(self._names, self._cable, strict=True), start=1):
                _ip("-n", name, "address", "add", f"10.77.0.{number}/24", "dev", end)
                _ip("-n", name, "link", "set", end, "up")
                _ip("-n", name, "link", "set", "lo", "up")
        except BaseException:
            self.close()
            raise

    def start(self, number, *words, **variables):
        """Start a command of this Python on a machine; what it says goes to a file."""
        command = ["ip", "netns", "exec", self._names[number - 1], sys.executable, *words]
        said = (self.folder / f"said-{len(self.started)}.txt").open("w+b")
        environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""} | variables
        environment.pop("GLOO_SOCKET_IFNAME", None)
        process = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, cwd=self.folder, env=environment
        )
        process.said = said
        self.started.append(process)
        return process

    def kill(self, number):
        """Kill everything on a machine at once, as a lost machine does."""
        for pid in _ip("netns", "pids", self._names[number - 1]).split():
            os.kill(int(pid), signal.SIGKILL)

    def close(self):
        """End everything, and take the machines away."""
        for number, name in enumerate(self._names, start=1):
            if name in _ip("netns", "list").split():
                self.kill(number)
                _ip("netns", "delete", name)
        for process in self.started:
            process.wait()
            process.said.close()


def said(process):
    """What a command has said so far."""
    process.said.seek(0)
    return process.said.read().decode("utf-8", "replace")


def wait_for(happened, *processes):
    """Wait until something has happened, while none of the processes has failed."""

    def look():
        for process in processes:
            assert process.poll() in (None, 0), said(process)
        return happened()

    until(look, "the machines came to nothing")


def require_namespaces():
    """Skip where no network namespace can be made."""
    name = f"tfm{os.getpid()}-try"
    try:
        _ip("netns", "add", name)
        _ip("netns", "delete", name)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("two machines in one need Linux, root and the command ip (Debian: apt install iproute2)")


def _ip(*words):
    done = subprocess.run(["ip", *words], check=True, capture_output=True, text=True)
    return done.stdout
