"""Translated lessons fit the English ones, and what does not fit is found and named."""

import copy
import json

import pytest

from tools import translations
from tools.lesson_files import name_of, read
from tools.translations import digest, faults, fits_again, main, translated

FOUND = list(translated())
LANGUAGE, ENGLISH, CHINESE = next(one for one in FOUND if name_of(one[2]) == "zh/09_attention")


@pytest.mark.parametrize(("language", "english", "path"), FOUND, ids=[name_of(path) for *_, path in FOUND])
def test_translation_fits(language, english, path):
    """Same cells, same code but for texts, no stale cell, nothing left in English, the glossary's terms."""
    found = list(faults(read(english), read(path), language, name_of(path)))
    assert not found, "\n".join(found)


def test_lesson_09_is_there_in_chinese():
    """The lesson and its solutions."""
    assert {name_of(path) for *_, path in FOUND} >= {"zh/09_attention", "zh/solutions/09_attention"}


@pytest.fixture
def pair():
    """Both notebooks, to be spoiled."""
    return copy.deepcopy(read(ENGLISH)), copy.deepcopy(read(CHINESE))


def cell(notebook, cell_id):
    """A cell by its id."""
    return next(one for one in notebook["cells"] if one["id"] == cell_id)


def replace(notebook, cell_id, before, after):
    """Replace a text in a cell's source, which must have it."""
    one = cell(notebook, cell_id)
    source = "".join(one["source"])
    assert before in source
    one["source"] = source.replace(before, after)


def only(pair):
    """The one fault of a spoiled pair."""
    (found,) = faults(*pair, LANGUAGE, "zh/09_attention")
    return found


def test_a_changed_english_cell_marks_its_translation_stale(pair):
    """A word more in English prose, and a comment in English code: the sentence names the cell and the cure."""
    replace(pair[0], "m08", "here 2", "here it is 2")
    assert only(pair) == (
        "zh/09_attention, cell m08: its English cell has changed since it was translated: translate it again, "
        "then run `python -m tools.translations zh/09_attention m08`"
    )
    replace(pair[0], "m08", "here it is 2", "here 2")
    replace(pair[0], "c09", "D = ", "# the width\nD = ")
    assert "cell c09: its English cell has changed" in only(pair)


@pytest.mark.parametrize(
    ("cell_id", "before", "after", "sentence"),
    [
        ("c11", "0.2, 0.5", "0.2, 0.6", "its code differs"),
        ("c11", "{tau:4}", "{tau:5}", "its code differs"),
        ("c13", 'ax.set_xscale("log")', "ax.grid()", "its code differs"),
        ("c13", '"log"', '"symlog"', "“symlog” is neither the English text “log” nor translated"),
        ("c15", "谁看谁", "who sees whom", "is neither the English text “who looks at whom” nor translated"),
        ("c15", "谁看谁", "who looks at whom", "“who looks at whom” is not translated"),
        ("m08", "## 第二步", "### 第二步", "it has other headings"),
        ("m23", "<details>", "<b>", "it has other headings, or other folds"),
        ("m44", "查询", "询问", "the English cell speaks of “query”, and it does not say 查询"),
        ("language", '"zh"', '"en"', "needs one cell with the id language"),
    ],
)
def test_what_does_not_fit_is_found(pair, cell_id, before, after, sentence):
    """Each way to drift apart gets one sentence that says where."""
    replace(pair[1], cell_id, before, after)
    assert sentence in only(pair)


def test_a_text_may_move_its_fields(pair):
    """A translation says things in its own order."""
    replace(pair[1], "c17", "水 {water:.2f}，钱 {money:.2f}", "钱 {money:.2f}，水 {water:.2f}")
    assert not list(faults(*pair, LANGUAGE, "zh/09_attention"))


def test_cells_and_tags_are_the_same(pair):
    """A cell that is missing, and a claim's tag that is lost."""
    cell(pair[1], "c05")["metadata"].pop("tags")
    assert "cell c05: its tags are not the English cell's" in only(pair)
    pair[1]["cells"] = [one for one in pair[1]["cells"] if one["id"] != "c05"]
    assert "lacks the cells ['c05']" in only(pair)


def test_a_sentence_that_the_package_says_in_english_is_found(pair):
    """The same line of words in both outputs, which do not come from the cell's own code."""
    said = cell(pair[0], "c39")["outputs"]
    cell(pair[1], "c39")["outputs"] = said
    assert "cell c39: it still prints English, “○ not started: return the T × S scores" in only(pair)


def test_a_translation_that_was_read_again_is_no_longer_stale(pair, tmp_path, monkeypatch, capsys):
    """The command notes the English cell as it is now, and nothing else."""
    english, path = tmp_path / "09_attention.ipynb", tmp_path / "zh" / "09_attention.ipynb"
    path.parent.mkdir()
    replace(pair[0], "m08", "here 2", "here it is 2")
    for file, notebook in zip((english, path), pair, strict=True):
        file.write_text(json.dumps(notebook), encoding="utf-8")
    monkeypatch.setattr(translations, "translated", lambda: [("zh", english, path)])
    assert main([]) == 1
    assert "cell m08" in capsys.readouterr().out
    assert main(["zh/09_attention", "m08"]) == 0
    assert "1 translated notebooks fit" in capsys.readouterr().out
    assert cell(read(path), "m08")["metadata"]["tfm"]["english"] == digest(cell(pair[0], "m08"))
    with pytest.raises(ValueError, match="no cell x99 in both"):
        fits_again(path, english, "x99")
