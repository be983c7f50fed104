"""The threshold explorer without a browser: what is read out is what scikit-learn counts."""

import re
from html import unescape

import numpy as np
import pytest
from sklearn import metrics as oracle

from tfm.lessons.evaluation import widget as widget_module
from tfm.lessons.evaluation.widget import Threshold

ANSWERS = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0])
SCORES = np.array([0.9, 0.8, 0.6, 0.3, 0.7, 0.55, 0.4, 0.2, 0.1, 0.1])
NAMES = ("another digit", "an eight")


@pytest.fixture
def ten():
    """Return the explorer over the ten digits of lesson 20."""
    return Threshold(ANSWERS, SCORES, NAMES)


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def shown(widget):
    """Return every picture as it is now."""
    return {name: picture.svg for name, picture in widget.pictures.items()}


def test_the_paper_sum_is_read_out(ten):
    """Five marked, three of them eights: precision 0.6, recall 0.75, accuracy 0.7."""
    assert "Marked from 0.50 upwards: 5 of 10." in said(ten)
    assert "precision 3 / 5 = 0.600 · recall 3 / 4 = 0.750 · F1 0.667 · accuracy 0.700" in said(ten)


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.3, 0.55, 0.56, 0.9])
def test_every_threshold_reads_what_scikit_learn_counts(ten, threshold):
    """A score on the threshold is marked, at any setting of the slider."""
    ten.controls["threshold"].value = threshold
    marked = threshold <= SCORES
    precision, recall = oracle.precision_score(ANSWERS, marked), oracle.recall_score(ANSWERS, marked)
    assert f"= {precision:.3f} · recall" in said(ten)
    assert f"= {recall:.3f} · F1 {oracle.f1_score(ANSWERS, marked):.3f}" in said(ten)


def test_a_step_of_the_slider_is_not_a_rounding_error(ten):
    """0.1 + 0.2 is a little more than 0.3; the case of exactly 0.3 is marked all the same."""
    ten.controls["threshold"].value = 0.1 + 0.2
    assert "Marked from 0.30 upwards: 7 of 10." in said(ten)


def test_nothing_marked_has_no_precision(ten):
    """At 1 nothing is marked: a sentence, a ring on one curve only, and no message."""
    ten.controls["threshold"].value = 1.0
    assert "precision nothing is marked · recall 0 / 4 = 0.000" in said(ten)
    assert not ten.message
    assert ten.pictures["curves"].svg.count('r="4.5"') == 3  # two in the legends, one on the ROC curve


def test_costs_are_added_up_and_the_least_is_told(ten):
    """One bill a line; where no threshold is cheaper it says so."""
    ten.controls["a miss costs"].value = 5
    assert "Cost: 2 × 1 + 1 × 5 = 7; the cheapest costs 3." in said(ten)
    ten.controls["threshold"].value = 0.3
    assert "Cost: 3 × 1 + 0 × 5 = 3; no threshold is cheaper." in said(ten)


def test_areas_are_scikit_learns(ten):
    """They belong to the scores, not to the threshold."""
    area = oracle.roc_auc_score(ANSWERS, SCORES)
    average = oracle.average_precision_score(ANSWERS, SCORES)
    for threshold in (0.2, 0.8):
        ten.controls["threshold"].value = threshold
        assert f"area under ROC {area:.3f}, average precision {average:.3f}" in said(ten)


def test_the_slider_moves_both_pictures_and_reset_brings_them_back(ten):
    """Scores, square and both rings follow; costs move no picture."""
    first, text = shown(ten), said(ten)
    ten.controls["threshold"].value = 0.72
    assert all(ten.pictures[name].svg != svg for name, svg in first.items())
    ten.reset()
    assert (shown(ten), said(ten)) == (first, text)
    ten.controls["a false alarm costs"].value = 3
    assert shown(ten) == first
    assert said(ten) != text
    ten.reset()
    assert said(ten) == text


def test_a_price_typed_too_high_is_cut(ten):
    """The boxes keep costs from 0 to 1,000."""
    ten.controls["a miss costs"].value = 1e9
    assert ten.controls["a miss costs"].value == 1000
    ten.controls["a miss costs"].value = -4
    assert ten.controls["a miss costs"].value == 0


def test_the_counting_is_done_once(monkeypatch):
    """Every threshold of ten thousand scores is counted at the start; a move looks it up."""
    counted = []
    counting = widget_module.curve
    monkeypatch.setattr(widget_module, "curve", lambda *given: counted.append(1) or counting(*given))
    generator = np.random.default_rng(0)
    answers = generator.random(10_000) < 0.3
    widget = Threshold(answers, np.clip(generator.random(10_000) * 0.7 + 0.3 * answers, 0, 1))
    for value in (0.2, 0.9):
        widget.controls["threshold"].value = value
    assert not widget.message
    assert len(counted) == 1


def test_names_are_escaped():
    """A name that looks like HTML is text."""
    widget = Threshold(ANSWERS, SCORES, ("<b>no</b>", "yes"))
    assert "<b>" not in widget.view.readout + "".join(shown(widget).values())
    assert not widget.message


def test_stored_notebook_keeps_a_picture_and_one_text(ten):
    """Without a kernel there is a PNG, and the text never changes."""
    bundle, _ = ten._repr_mimebundle_()
    assert bundle["image/png"].startswith("iVBOR")
    assert bundle["text/plain"] == "<widget Threshold>"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"scores": [0.5] * 9}, r"shape \(10,\) and what stands beside it \(9,\)"),
        ({"scores": [1.5] * 10}, "not from 0 to 1"),
        ({"scores": [np.nan] * 10}, "not from 0 to 1"),
        ({"answers": [1] * 10}, "at least one yes and one no"),
        ({"answers": [], "scores": []}, "at least one case"),
        ({"threshold": 1.2}, r"threshold \(1.2\)"),
        ({"threshold": np.nan}, r"threshold \(nan\)"),
        ({"costs": (1,)}, "two numbers"),
        ({"costs": (1, np.nan)}, "from 0 to 1,000"),
    ],
)
def test_bad_input_is_answered_in_one_sentence(arguments, sentence):
    """What the explorer cannot show is refused with the rule and the cure."""
    with pytest.raises(ValueError, match=sentence) as caught:
        Threshold(**{"answers": ANSWERS, "scores": SCORES, "names": NAMES, **arguments})
    assert "\n" not in str(caught.value)
