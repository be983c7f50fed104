"""The font that figures write Chinese with: it has what the lessons use, and can be cut again."""

from pathlib import Path

import needs
import pytest
from fontTools.ttLib import TTFont

import tfm
from tfm.assets import build, cjk_font

COURSE = Path(tfm.__file__).resolve().parents[1]
FONT = build.ASSETS / "fonts" / "tfm-cjk.otf"


def test_the_font_has_every_character_of_the_course():
    """No lesson, figure or slide uses a Chinese character that would be drawn as a box."""
    lacking = cjk_font.used_characters(COURSE) - set(map(chr, TTFont(FONT).getBestCmap()))
    assert not lacking, f"tfm-cjk.otf lacks {' '.join(sorted(lacking))}: run `make assets`"


def test_the_font_is_small_and_has_its_licence_beside_it():
    """The font has at most 250 kB, a name of its own, and the Open Font License next to it."""
    assert FONT.stat().st_size <= cjk_font.LARGEST
    assert TTFont(FONT)["name"].getBestFamilyName() == "tfm CJK"
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONT.parent / "OFL.txt").read_text(encoding="utf-8")


def test_characters_are_found_in_lessons_and_code(tmp_path):
    """Characters are read from code and notebooks, escaped or not; emoji and accents are left alone."""
    (tmp_path / "tfm").mkdir()
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "tfm" / "a.py").write_text("# 我 é 😀", encoding="utf-8")
    (tmp_path / "notebooks" / "b.ipynb").write_text('{"source": "\\u82f9果"}', encoding="utf-8")
    (tmp_path / "notebooks" / "c.png").write_text("乱", encoding="utf-8")
    assert cjk_font.used_characters(tmp_path) == set("我苹果")


def test_the_font_can_be_cut_again(tmp_path, monkeypatch, capsys):
    """Where Noto Sans CJK is installed, the build gives the wanted characters, dated as the source."""
    try:
        source = cjk_font._installed()
    except (OSError, ValueError):
        pytest.skip(needs.FONT)
    monkeypatch.setattr(cjk_font, "frequent_characters", lambda: list("的一是"))
    cjk_font.build_cjk_font(tmp_path / "new.otf", COURSE, source)
    font = TTFont(tmp_path / "new.otf")
    assert set(map(ord, "的一是我")) <= set(font.getBestCmap())
    assert font["head"].modified == cjk_font._open(source)["head"].modified
    assert "characters" in capsys.readouterr().out


def test_another_font_is_refused(capsys):
    """--font with a file that does not hold Noto Sans CJK SC ends with one sentence."""
    assert build.main(["cjk-font", "--font", str(FONT)]) == 2
    err = capsys.readouterr().err
    assert "holds no Noto Sans CJK SC: pass --font" in err
    assert err.count("\n") == 1
