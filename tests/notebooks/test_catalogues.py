"""The catalogues have every sentence, with its fields and the glossary's terms; what they lack is named."""

import io

import pytest
from babel.messages.catalog import Catalog

from tools import catalogues
from tools.catalogues import faults, main, mentions, spoken, templates

TERMS = {"query": "查询", "key": "键"}


def said(code):
    """The sentences that a piece of Python says."""
    return [message for _, _, message, _ in spoken(io.BytesIO(code.encode()))]


def test_every_sentence_is_translated():
    """Nothing is missing, obsolete, uncertain, or has other fields or terms."""
    assert main(["--check"]) == 0


def test_sentences_are_found_in_python():
    """Of the door, of a mark, of exercises and mistakes; what is no literal is looked up elsewhere."""
    code = """
raise ValueError(say("{n} heads "
                     "are too many", n=3))
LATER = key("later")
Exercise(name="x", asks="do", praise="done", parts=("a", "b"), mistakes=[Mistake("slip", "Cure", f)])
self.say("no"); say(name); say(LATER)
"""
    assert said(code) == ["{n} heads are too many", "later", "Cure", "a", "b", "do", "done", "slip"]


def test_a_sentence_is_no_f_string():
    """A catalogue cannot hold what is put together while the code runs."""
    with pytest.raises(ValueError, match="line 1: a sentence has its fields by name"):
        said('say(f"{n} heads")')


def test_sentences_of_pages_are_found():
    """In templates, in scripts, in the course's table; the kit's are not asked for twice."""
    made = templates("zh")
    assert {"On this page", "Copied", "Close", "Attention", "half right"} <= {
        m.id for m in made["pages"] if m.id
    }
    assert "right" in made["kit"]
    assert "right" not in made["pages"]
    assert "not scaled" in made["attention"]


@pytest.mark.parametrize(
    ("sentence", "translation", "sign"),
    [
        ("two {n}", "", "no translation of “two {n}”"),
        ("two {n:.2f}", "两个 {n:.1f}", "has other fields than “two {n:.2f}”: keep {n!None:.2f}"),
        ("two {n}", "两个", "has other fields"),
        ("two {n}", "两个 {n", "has other fields"),
        ("no field", "没有 {n}", "keep no fields"),
        ("queries", "问题", None),
        ("the query", "问题", "does not say 查询 for the query"),
        ("the keys", "标签", "does not say 键 for the key"),
        ("the keys of {n}", "{n} 的键", None),
    ],
)
def test_a_translation_that_does_not_fit_is_named(sentence, translation, sign):
    """Missing, with other fields, with another term than the glossary's; what fits passes."""
    template, catalogue = Catalog(), Catalog()
    template.add(sentence)
    catalogue.add(sentence, translation)
    found = list(faults(catalogue, template, TERMS))
    assert [sign] == [None] if sign is None and not found else sign in found[0]


def test_obsolete_and_uncertain_sentences_are_named():
    """Nothing says a sentence any more; a translation was taken over from another sentence."""
    template, catalogue = Catalog(), Catalog()
    template.add("here")
    catalogue.add("here", "在这里", flags=["fuzzy"])
    catalogue.add("gone", "没了")
    found = sorted(faults(catalogue, template, {}))
    assert found[0].startswith("nothing says “gone” any more")
    assert "was translated from another sentence" in found[1]


def test_a_catalogue_is_written_from_the_sources(tmp_path, monkeypatch):
    """A new sentence is added without a translation, an old one keeps its own, and what is gone goes."""
    file = tmp_path / "kit.po"
    template, catalogue = Catalog(locale="zh"), Catalog(locale="zh")
    catalogue.add("old", "旧")
    catalogue.add("gone", "没了")
    template.add("old")
    template.add("entirely new")
    catalogues._update(catalogue, template, file)
    text = file.read_text(encoding="utf-8")
    assert 'msgid "old"\nmsgstr "旧"' in text
    assert 'msgid "entirely new"\nmsgstr ""' in text
    assert "gone" not in text
    assert text.startswith('msgid ""\nmsgstr ""\n"Language: zh\\n"')


def test_terms_are_words():
    """In singular and plural; code is none."""
    assert mentions("Queries and keys", "key")
    assert not mentions("`key` and {key} and key=3", "key")
    assert not mentions("monkeys", "key")
