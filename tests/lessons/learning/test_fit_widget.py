"""The curve fitter without a browser: its losses are those of the fit, and its sweep is drawn to scale."""

import re
from html import unescape

import numpy as np
import pytest

from tfm.lessons.learning import fit_widget
from tfm.lessons.learning.fit_widget import PolynomialFit
from tfm.lessons.learning.polynomial import fit_polynomial, noisy_wave, polynomial_loss

TRAIN, VALIDATION = noisy_wave(12, 0.3, seed=2), noisy_wave(40, 0.3, seed=1002)


@pytest.fixture(autouse=True)
def _as_a_reader(as_a_reader_calls_it):
    """Call the widget with lists and whole numbers too, as lessons do."""


@pytest.fixture
def widget():
    """The lesson's setting."""
    return PolynomialFit(TRAIN, VALIDATION, degree=11, rate=1e-8)


def said(widget):
    """Return the readout as people read it."""
    return unescape(re.sub("<[^>]*>", " ", widget.view.readout))


def losses(widget):
    """Return train and validation loss as the readout writes them."""
    return tuple(map(float, re.findall(r"(?:train|validation) loss ([\d.]+\d)", said(widget))))


def test_the_readout_is_the_fit(widget):
    """Both losses and the largest weight are those of the fit by hand."""
    for rate in (1e-8, 1e-3, 1.0):
        widget.controls["λ"].value = rate
        weights = fit_polynomial(*TRAIN, 11, rate)
        mine, theirs = (round(polynomial_loss(*points, weights), 3) for points in (TRAIN, VALIDATION))
        assert losses(widget) == (mine, theirs)
        assert f"11 priced weights, the largest {abs(weights[1:]).max():,.2f}" in said(widget)


def test_validation_loss_falls_and_rises_while_train_loss_only_rises(widget):
    """The U of the lesson, read off the widget from the left end of λ to the right."""
    seen = []
    for power in range(-8, 2):
        widget.controls["λ"].value = 10.0**power
        seen.append(losses(widget))
    train, validation = zip(*seen, strict=True)
    assert list(train) == sorted(train)
    best = int(np.argmin(validation))
    assert 0 < best < 9
    assert validation[0] > 2 * validation[best] < validation[-1]


@pytest.mark.parametrize(("control", "value"), [("degree", 3), ("degree", 0), ("degree", 15), ("λ", 0.1)])
def test_a_control_changes_pictures_and_readout_and_reset_brings_them_back(widget, control, value):
    """Curve, losses and numbers follow each slider; reset restores them to the letter."""
    first, words = {n: p.svg for n, p in widget.pictures.items()}, said(widget)
    widget.controls[control].value = value
    assert all(widget.pictures[name].svg != svg for name, svg in first.items())
    assert said(widget) != words
    widget.reset()
    assert ({n: p.svg for n, p in widget.pictures.items()}, said(widget)) == (first, words)


def test_every_point_is_drawn_with_its_sign(widget):
    """Twelve discs, forty rings, and one of each in the legend."""
    svg = widget.pictures["curve"].svg
    rings = svg.count('fill="#fff" stroke=')
    assert rings == len(VALIDATION[0]) + 1
    assert svg.count("<circle") - rings == len(TRAIN[0]) + 1


def test_the_sweep_is_computed_once_for_each_degree(widget, monkeypatch):
    """A move of λ fits once more; back at a degree that was there, so does a move of the degree."""
    fits = []
    fitting = fit_widget.fit_polynomial
    monkeypatch.setattr(fit_widget, "fit_polynomial", lambda *given: fits.append(1) or fitting(*given))
    widget.controls["λ"].value = 0.1
    assert len(fits) == 1
    widget.controls["degree"].value = 3
    assert len(fits) == 2 + len(fit_widget.RATES)
    widget.controls["degree"].value = 11
    assert len(fits) == 3 + len(fit_widget.RATES)


def test_points_at_one_height_are_drawn():
    """No spread is no reason to divide by it."""
    widget = PolynomialFit(([0], [1]), ([0], [1]), degree=0)
    assert not widget.message
    assert "train loss 0.000" in said(widget)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"train": ([], [])}, "train has x of shape"),
        ({"train": ([0.0, 1.0], [1.0])}, "give each point one number in both"),
        ({"train": ([0.0], [1.0], [2.0])}, "train has 3 parts: give a pair"),
        ({"validation": ([0.0], [np.nan])}, "validation must be finite numbers"),
        ({"validation": ([3.0], [1.0])}, "validation has an x of 3: scale x"),
        ({"degree": 16}, r"degree \(16\) must be a whole number from 0 to 15"),
        ({"degree": 2.5}, r"degree \(2.5\)"),
        ({"rate": 0}, r"rate \(0\) must be from 1e-8 to 10"),
        ({"rate": float("nan")}, r"rate \(nan\)"),
    ],
)
def test_bad_input_gets_one_sentence(settings, sentence):
    """The rule, the value, the fix, before anything is drawn."""
    with pytest.raises(ValueError, match=sentence) as caught:
        PolynomialFit(**({"train": TRAIN, "validation": VALIDATION} | settings))
    assert "\n" not in str(caught.value)


def test_it_leaves_a_picture_for_a_page_without_a_kernel(widget):
    """A PNG and one constant text."""
    bundle, _ = widget._repr_mimebundle_()
    assert bundle["text/plain"] == "<widget PolynomialFit>"
    assert bundle["image/png"]
