"""The command line, run in this process and, where it matters, in one of its own."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import needs
import pytest
from patience import HANG_SECONDS, until

import tfm
from tfm import cli
from tfm.cli import doctor, lab

EMPTY_NOTEBOOK = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with a first lesson, as the working directory."""
    lesson = tmp_path / lab.FIRST_LESSON
    lesson.parent.mkdir()
    lesson.write_text(json.dumps(EMPTY_NOTEBOOK))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def taken():
    """A port that somebody listens at."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def started(monkeypatch):
    """The commands that would have been started, instead of starting them."""
    calls = []

    class Started:
        def __init__(self, command, cwd, env):
            calls.append((command, Path(cwd), env))

        def wait(self):
            return 0

    monkeypatch.setattr(subprocess, "Popen", Started)
    return calls


def test_version(capsys):
    """`tfm --version` prints the package's version."""
    with pytest.raises(SystemExit) as end:
        cli.main(["--version"])
    assert end.value.code == 0
    assert capsys.readouterr().out == f"tfm {tfm.__version__}\n"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        ([], "tfm: the following arguments are required: COMMAND"),
        (["dance"], "tfm: argument COMMAND: invalid choice: 'dance'"),
        (["lab", "--port", "x"], "tfm lab: argument --port: invalid int value: 'x'"),
        (["data"], "tfm data: the following arguments are required: COMMAND"),
        (["data", "fetch"], "tfm data fetch: the following arguments are required: NAME"),
        (
            ["train", "shakespeare", "--steps", "300", "weight-decay=0.1"],
            (
                "tfm: unrecognized arguments: --steps 300 weight-decay=0.1; a setting follows --set, as in "
                "--set steps=300 weight_decay=0.1: see `tfm --help`"
            ),
        ),
    ],
)
def test_wrong_words_get_one_sentence(argv, sentence, capsys):
    """A wrong command line ends with exit code 2 and one line on standard error."""
    with pytest.raises(SystemExit) as end:
        cli.main(argv)
    out, err = capsys.readouterr()
    assert end.value.code == 2
    assert out == ""
    assert err.startswith(sentence)
    assert err.count("\n") == 1


def test_data_list_names_every_file(capsys):
    """`tfm data list` gives each file a line with its licence, and the folder last."""
    assert cli.main(["data", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    from tfm.data import FILES, cache_folder

    assert [line.split()[0] for line in lines[1:-1]] == sorted(FILES)
    assert str(cache_folder()) in lines[-1]
    assert "CC-BY 2.0 FR" in next(line for line in lines if line.startswith("eng-cmn"))


def test_data_fetch_prints_the_path_and_whom_to_thank(capsys):
    """`tfm data fetch NAME` prints where the file is and its licence."""
    needs.minilm()
    assert cli.main(["data", "fetch", "minilm-config"]) == 0
    path, thanks = capsys.readouterr().out.splitlines()
    assert Path(path).is_file()
    assert "Apache-2.0" in thanks


@pytest.mark.parametrize("home", ["unknown", "refused"])
def test_data_fetch_errors_are_one_sentence(home, capsys, monkeypatch, tmp_path):
    """An unknown name, or a server out of reach, ends with exit code 2 and one line."""
    from tfm.data import cache as cache_module

    monkeypatch.setenv("TFM_DATA", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.delenv("TFM_MIRROR", raising=False)
    monkeypatch.setattr(cache_module, "packaged", lambda file: None)
    name = "minilm-config" if home == "refused" else "nothing-of-that-name"
    assert cli.main(["data", "fetch", name]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("tfm: ")
    assert err.count("\n") == 1
    assert ("could not be reached" if home == "refused" else "choose one of") in err


def test_a_missing_package_is_one_sentence(capsys, monkeypatch):
    """A command whose package is missing says which and what to run."""
    for name in [m for m in sys.modules if m.startswith("tfm.data")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delattr(tfm, "data", raising=False)
    monkeypatch.setitem(sys.modules, "tqdm", None)
    assert cli.main(["data", "list"]) == 2
    assert capsys.readouterr().err.startswith("tfm: the package tqdm is missing: run `make lab`")


def test_lab_opens_the_first_lesson(course, started, capsys):
    """`tfm lab` starts JupyterLab of this Python on the first lesson, in the course's folder."""
    port = lab.free_port(8888)
    assert cli.main(["lab", "--port", str(port)]) == 0
    command, folder, _ = started[0]
    assert command[:4] == [sys.executable, "-m", "tfm.cli.lab_server", str(lab.FIRST_LESSON)]
    assert f"--port={port}" in command
    assert "--no-browser" not in command
    assert folder == course
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("own", ["", "/somewhere/else"])
def test_lab_gives_its_kernels_the_help_with_names(course, started, own, monkeypatch):
    """JupyterLab finds the course's kernel first, and whatever the person has set up after it."""
    monkeypatch.setenv("JUPYTER_PATH", own)
    assert cli.main(["lab"]) == 0
    first, *rest = started[0][2]["JUPYTER_PATH"].split(os.pathsep)
    assert rest == [own] * bool(own)
    spec = json.loads((Path(first) / "kernels" / "python3" / "kernel.json").read_text())
    assert spec["argv"][-1].endswith("extra_extensions=tfm.kernel")


def test_lab_says_that_the_port_is_in_use(course, started, taken, capsys):
    """When the port is taken, one sentence says so and the next free one is used."""
    assert cli.main(["lab", "--port", str(taken), "--no-browser"]) == 0
    command, *_ = started[0]
    port = next(int(word.split("=")[1]) for word in command if word.startswith("--port="))
    assert port > taken
    assert "--no-browser" in command
    out = capsys.readouterr().out
    assert out == f"port {taken} is in use by another program: JupyterLab opens on {port} instead\n"


@pytest.mark.parametrize("port", ["0", "70000", "-1"])
def test_lab_refuses_ports_that_are_none(course, started, port, capsys):
    """A number that is no port gets a sentence."""
    assert cli.main(["lab", f"--port={port}"]) == 2
    assert "a port is a number from 1 to 65535" in capsys.readouterr().err
    assert started == []


def test_lab_without_the_course_is_one_sentence(tmp_path, monkeypatch, capsys):
    """Outside the course's folder, with a package that came without lessons, `tfm lab` says so."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tfm, "__file__", str(tmp_path / "lib" / "tfm" / "__init__.py"))
    assert cli.main(["lab"]) == 2
    err = capsys.readouterr().err
    assert "carries no lessons" in err
    assert err.count("\n") == 1


def test_lab_of_a_wheel_hands_the_lessons_out(tmp_path, monkeypatch, started, capsys):
    """With a wheel and no lessons in sight they are copied below this folder, once, and opened there."""
    wheel = tmp_path / "lib" / "tfm"
    (wheel / "lessons").mkdir(parents=True)
    (wheel / "lessons" / "01_perceptron.ipynb").write_text(json.dumps(EMPTY_NOTEBOOK))
    monkeypatch.setattr(tfm, "__file__", str(wheel / "__init__.py"))
    (tmp_path / "home").mkdir()
    monkeypatch.chdir(tmp_path / "home")
    assert cli.main(["lab"]) == 0
    assert (
        capsys.readouterr().out == "1 files of the course copied to tfm-lessons: they are yours to change\n"
    )
    assert cli.main(["lab"]) == 0
    for command, folder, _ in started:
        assert Path(command[3]) == Path("tfm-lessons") / "01_perceptron.ipynb"
        assert folder == tmp_path / "home"


def test_lab_inside_a_copy_opens_that_copy(tmp_path, monkeypatch, started):
    """In a folder that `tfm lessons` has filled, that folder's own first lesson is opened."""
    (tmp_path / "01_perceptron.ipynb").write_text(json.dumps(EMPTY_NOTEBOOK))
    monkeypatch.chdir(tmp_path)
    assert cli.main(["lab"]) == 0
    assert started[0][0][3] == "01_perceptron.ipynb"


def test_lab_really_answers_on_the_next_port(course, taken):
    """A real JupyterLab answers on the port that `tfm lab` announced."""
    private = {name: str(course / name.lower()) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    process = subprocess.Popen(
        [sys.executable, "-m", "tfm.cli", "lab", "--no-browser", "--port", str(taken)],
        cwd=course,
        env=os.environ | private | {"JUPYTER_TOKEN": "known"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        sentence = process.stdout.readline()
        port = int(sentence.split()[-2])
        base = f"http://127.0.0.1:{port}"
        assert f"port {taken} is in use" in sentence
        answer = _ask(f"{base}/api/contents/notebooks/01_perceptron.ipynb?content=0&token=known")
        assert json.loads(answer)["type"] == "notebook"
        request = urllib.request.Request(f"{base}/api/shutdown?token=known", method="POST")
        urllib.request.urlopen(request, timeout=HANG_SECONDS).close()
        assert process.wait(timeout=HANG_SECONDS) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 9)
            process.wait()
        process.stdout.close()


def _ask(url):
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def answer():
        try:
            with opener.open(url, timeout=HANG_SECONDS) as response:
                return response.read()
        except (urllib.error.URLError, ConnectionError):
            return None

    return until(answer, f"nobody answers at {url}")


def test_doctor_in_a_process_of_its_own():
    """`tfm doctor` prints nine lines, one a subject, and ends with 0 where nothing is missing."""
    done = subprocess.run(
        [sys.executable, "-m", "tfm.cli", "doctor"], capture_output=True, text=True, check=False
    )
    names = [line.split()[0] for line in done.stdout.splitlines()]
    assert " ".join(names) == "Python tfm torch device memory browser data weights missing"
    assert "not found out" not in done.stdout
    assert done.stdout.splitlines()[-1].split() == ["missing", "nothing"]
    assert done.returncode == 0
    assert done.stderr == ""


def test_doctor_works_where_packages_are_missing():
    """Without torch, tqdm and tiktoken the nine lines stand, name all three, and say what to run."""
    code = (
        "import sys; sys.modules.update(torch=None, tqdm=None, tiktoken=None)\n"
        "from tfm import cli; sys.exit(cli.main(['doctor']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert done.stderr == ""
    assert len(lines) == 9
    assert lines[-1].startswith("missing   tiktoken, torch, tqdm: run `make lab`")
    assert "not found out (import of torch halted" in done.stdout


def test_doctor_without_an_installed_tfm(monkeypatch):
    """A checkout that was never installed is told so."""

    def absent(name):
        raise doctor.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.importlib.metadata, "requires", absent)
    assert doctor.missing_packages() == ["tfm itself (it is not installed)"]
