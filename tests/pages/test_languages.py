"""A lesson in a second language has its own pages, in a frame of that language, and each leads to the other."""

import json
import re

import pytest

PAGES = ("09_attention.html", "solutions/09_attention.html")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def chinese(pages):
    """The page of lesson 09 in Chinese."""
    return pages["zh/09_attention.html"]


@pytest.mark.parametrize("name", PAGES)
def test_the_language_is_switched_both_ways(pages, name):
    """Each page says its language, and leads to the same page in the other one, which it names in itself."""
    here, there = pages[name], pages[f"zh/{name}"]
    assert here.find("html")["lang"] == "en"
    assert there.find("html")["lang"] == "zh-Hans"
    (to_chinese,), (to_english,) = here.select("a.tongue"), there.select("a.tongue")
    up = "../" * name.count("/")
    assert (to_chinese["href"], to_chinese["lang"], to_chinese.get_text()) == (
        f"{up}zh/{name}",
        "zh-Hans",
        "中文",
    )
    assert (to_english["href"], to_english["lang"], to_english.get_text()) == (
        f"../{up}{name}",
        "en",
        "English",
    )


def test_a_lesson_in_one_language_has_no_switch(pages):
    """There is nothing to switch to."""
    assert not pages["08_positions.html"].select("a.tongue")


@pytest.mark.parametrize("name", ["09_attention.html", "zh/09_attention.html"])
def test_the_notebook_s_own_switch_is_not_said_twice(pages, name):
    """What leads to the other language in a notebook is left to the frame on a page."""
    body = pages[name].find("article")
    assert not [link for link in body.find_all("a") if link.get_text() in {"中文", "English"}]


def test_the_frame_is_chinese(chinese):
    """Every word around the text is Chinese, or of a lesson that is there in English alone, and says so."""
    for frame in chinese.select("header, nav, footer, p.run, p.take"):
        for text in frame.find_all(string=re.compile(r"[A-Za-z]{3,}")):
            english = text.find_parent(lang="en")
            assert english or CHINESE.search(text) or text in NAMES, text
    assert chinese.select_one("nav.course [aria-current]").get_text() == "09 注意力"
    assert chinese.select_one("nav.course .under").get_text() == "解答"


NAMES = {"tfm", "KaTeX", "MiniSearch", "Inter", "Noto Sans CJK", "4 · Transformer"}


def test_scripts_speak_the_page_s_language(pages, chinese):
    """What a script says on a Chinese page comes with it; an English page needs nothing."""
    said = json.loads(chinese.select_one("script[data-said]")["data-said"])
    assert said["Copied"] == "已复制"
    assert said["No place has “{word}”: try a shorter word."].count("{word}") == 1
    assert not pages["09_attention.html"].select("script[data-said]")


def test_exercises_claims_captions_and_lessons_are_found_in_chinese(chinese):
    """What a page makes of a notebook's words, it makes of Chinese ones too."""
    solved = [link["href"] for link in chinese.select('a[href*="#exercise-"]')]
    assert solved == [f"solutions/09_attention.html#exercise-{n}" for n in (1, 2, 3)]
    assert chinese.select_one("p.claim").get_text().startswith("说法 22：Q、K、V 由三个学出来的矩阵")
    assert all("在 JupyterLab 里它可以操作" in tag.get_text() for tag in chinese.select("figcaption .quiet"))
    captions = [tag.get_text() for tag in chinese.select("figcaption p:not(.quiet)")]
    assert len(captions) == 5
    assert captions[0].startswith("请看左端")
    links = {link.get_text(): link["href"] for link in chinese.select("article a")}
    assert links["第 12 课"] == "../12_real_attention.html"
    assert links["10 · 谁可以看谁？"] == "../10_masks.html"


def test_pictures_are_told_in_chinese(chinese):
    """The words in place of a picture."""
    words = [image["alt"] for image in chinese.select("article img")]
    assert words[0].startswith("含 1 个子图的图。请看左端")
    assert "控件 Attention Explorer 最初的样子，在“自己动手”一节。" in words
    assert all(CHINESE.search(alt) for alt in words)
