"""The door of every sentence: it is said in the language that the notebook chose, and else in English."""

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from babel.messages.pofile import read_po

import tfm
from tfm import check
from tfm.kit import messages
from tfm.kit.attention_explorer import AttentionExplorer
from tfm.kit.messages import LOCALE, languages, listed, read_catalogue, say, speaking, use_language
from tfm.lessons.attention.hand_made import HandMadeAttention

EYE = np.eye(2)
CATALOGUES = sorted(LOCALE.rglob("*.po"))
# Code, numbers and names that a Chinese sentence may hold: all other Latin words would be English.
NAMES = re.compile(
    r"softmax|np\.|sqrt|exp|axis|keepdims|True|query|key|value|\w*Error|return|\bstr\b", re.IGNORECASE
)


@pytest.fixture
def chinese():
    """A kernel in which a Chinese lesson runs."""
    with speaking("zh"):
        yield


@pytest.fixture
def translated(monkeypatch):
    """A language of two sentences, one of which puts its fields in another order."""
    known = {"{a} looks at {b:.1f}": "{b:.1f} ← {a}", "no fields {here}": "nichts {hier}"}
    monkeypatch.setattr(messages, "_said", known)


def test_a_translation_may_put_fields_in_another_order(translated):
    """Fields are found by name, with their formats; a sentence without fields keeps its braces."""
    assert say("{a} looks at {b:.1f}", a="x", b=2) == "2.0 ← x"
    assert say("no fields {here}") == "nichts {hier}"
    assert say("{n} is not translated", n=3) == "3 is not translated"


def test_a_sentence_is_looked_up_when_it_is_said():
    """What was imported before the language was chosen speaks it; afterwards all is as it was."""
    exercise = check.scores
    assert exercise(lambda *_: None).sentence == exercise.asks
    with speaking("zh"):
        assert exercise(lambda *_: None).sentence.startswith("返回 T × S 的分数")
        assert listed(["a", "b"]) == "a、b"
    assert exercise(lambda *_: None).sentence == exercise.asks
    assert messages.language() == "en"


def test_an_unknown_language_gets_one_sentence():
    """The sentence names the languages there are, and the one that is spoken stays."""
    with speaking("zh"):
        with pytest.raises(ValueError, match="does not speak 'xx': choose en or zh"):
            use_language("xx")
        assert messages.language() == "zh"


@pytest.mark.parametrize("file", CATALOGUES, ids=lambda file: file.stem)
def test_catalogues_are_read_as_babel_reads_them(file):
    """Our few lines of reading give what gettext's own format means."""
    with file.open("rb") as stream:
        theirs = {m.id: m.string for m in read_po(stream) if m.id and m.string}
    assert read_catalogue(file) == theirs
    assert theirs


def test_the_reader_knows_what_poedit_writes(tmp_path):
    """Escapes, lines that go on, comments, and what is obsolete or not translated."""
    file = tmp_path / "a.po"
    file.write_text(
        'msgid ""\nmsgstr ""\n"Language: zh\\n"\n\n#: a.py\n#, python-brace-format\nmsgid ""\n"say “{a}”\\n"\n'
        '"and \\"b\\""\nmsgstr "说“{a}”\\n和\\\\\\"b\\""\n\nmsgid "later"\nmsgstr ""\n\n'
        '#~ msgid "gone"\n#~ msgstr "没了"',
        encoding="utf-8",
    )
    with file.open("rb") as stream:
        theirs = {m.id: m.string for m in read_po(stream) if m.id and m.string}
    assert read_catalogue(file) == theirs == {'say “{a}”\nand "b"': '说“{a}”\n和\\"b"'}


def test_an_installed_package_carries_its_catalogues():
    """What pyproject.toml gives to a wheel has every file of `tfm/locale`."""
    home = Path(tfm.__file__).resolve().parent
    project = tomllib.loads((home.parent / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["tfm"]
    carried = {path for pattern in patterns for path in home.glob(pattern)}
    assert set(CATALOGUES) <= carried
    assert languages() == ["zh"]


@pytest.mark.parametrize("name", ["scores", "softmax", "attention"])
def test_an_exercise_of_a_chinese_lesson_answers_in_chinese(chinese, name):
    """Not started, right, each known mistake, an unknown one, an error: no English word is left."""

    def broken(*_):
        raise ZeroDivisionError("0")

    exercise = getattr(check, name)
    tried = [lambda *_: None, exercise.solution, broken, lambda *_: 0.5, lambda *_: "x", 3.0]
    for fn in (*tried, *(mistake.wrong for mistake in exercise.mistakes)):
        verdict = repr(exercise(fn))
        assert re.search(r"[\u4e00-\u9fff]", verdict)
        assert not re.findall(r"[a-z]{3,}", re.sub(NAMES, "", verdict)), verdict


def test_a_widget_of_a_chinese_lesson_is_chinese(chinese):
    """Labels, menus, titles, numbers and refusals are Chinese, and a menu's values are as in English."""
    source = HandMadeAttention(
        vectors={"sun": [1, 0], "moon": [0, 1], "sky": [1, 1]}, W_Q=EYE, W_K=2 * EYE, W_V=EYE
    )
    widget = AttentionExplorer(source, "sun moon sky", cell=(1, 2), attend=lambda *_: None)
    assert "moon 看 sky：分数 2.00 → 缩放后 1.41 → 权重" in widget.view.readout
    assert "你的函数：它还没有返回任何东西。" in widget.view.readout
    assert "权重（每行之和为 1）" in widget.view.pictures["map"]
    assert widget.controls["mask"].options == (
        ("无", "none"), ("因果", "causal"), ("填充", "padding"), ("两者", "both"),
    )  # fmt: skip
    widget.controls["mask"].value = "causal"
    assert "被掩码置为 −∞" in widget.view.readout
    widget.controls["hold"].value = True
    widget.controls["temperature"].value = 2.0
    assert "已固定 · 权重（每行之和为 1） · τ = 1" in widget.view.pictures["map"]
    assert "τ = 1、掩码：因果" in widget.view.pictures["map"]
    widget.controls["W_Q"].value = "1 two"
    assert widget.message == "W_Q 的第 1 行有 'two'，它不是数：请写数字，例如 0.5"
    widget.reset()
    widget.controls["sentence"].value = "fish"
    assert widget.message == "手写的词典里没有 'fish'：可以用 sun、moon、sky"
    labels = [getattr(control, "description", "") for control in widget.controls.values()]
    words = {word for label in labels for word in re.findall(r"[A-Za-z]{2,}", label)}
    assert words <= {"PAD", "W_Q", "W_K", "W_V"}
