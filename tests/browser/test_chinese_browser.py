"""The widgets of lesson 09 in Chinese in a real JupyterLab, moved by their Chinese names."""

import re

import pytest

from tools.lesson_files import NOTEBOOKS, read, text

NEEDED = [
    "language",
    "c03",
    "c05",
    "c17",
    "c20",
    "c24",
    "c26",
]  # the language, then what both widgets stand on
SOURCES = {
    cell["id"]: text(cell["source"]) for cell in read(NOTEBOOKS / "zh" / "09_attention.ipynb")["cells"]
}
CELLS = [SOURCES[cell_id] for cell_id in NEEDED]
ENGLISH = re.compile(r"[A-Za-z]{3,}")
DICTIONARY = ["river", "floods", "fish", "muddy", "money", "loan", "pays", "rich", "bank", "the", "a", "old"]


@pytest.fixture(params=[0, 1], ids=["ours", "the reader's own function"])
def explorer(lesson, request):
    """Each of the two explorers, as it was first."""
    return lesson.fresh("AttentionExplorer", request.param, reset="重置")


def test_a_widget_is_moved_by_its_chinese_names(explorer):
    """Menus, sliders and boxes answer to their Chinese labels; numbers, refusals and titles are Chinese."""
    assert re.match(
        r"bank 看 (river|money)：分数 4.00 → 缩放后 2.83 → 权重 0.673，对方的值是 \[", explorer.readout
    )
    explorer.dropdown("掩码").choose("因果")
    explorer.press("ArrowRight")
    explorer.press("ArrowRight")
    explorer.settle()
    assert "被掩码置为 −∞ → 权重 0.000" in explorer.readout
    with explorer.redraw():
        explorer.dropdown("显示").choose("分数")
    assert "softmax 之前的分数" in explorer.svg()
    with explorer.redraw():
        explorer.slider("追加的 [PAD]").press("ArrowRight")
    left = set(ENGLISH.findall(explorer.text)) - {*DICTIONARY, "PAD", "softmax"}
    assert not left, f"still English: {left}"


def test_a_slip_gets_a_chinese_sentence(explorer):
    """A word that the dictionary lacks; what is known stands in the language's own commas."""
    refusal = f"手写的词典里没有 'fisch'：可以用 {'、'.join(DICTIONARY)}"
    explorer.answers("句子", "river fisch", f"{refusal} 变淡的部分仍是上一次能画出来的结果。", "river fish")
