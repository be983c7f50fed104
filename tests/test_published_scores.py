"""`tfm.metrics`: the libraries' numbers, equal to those by hand, and a sentence for what makes no sense."""

import math

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU

from tfm import metrics
from tfm.by_hand.softmax import softmax
from tfm.lessons.evaluation import bleu as by_hand
from tfm.lessons.evaluation.classes import confusion_matrix, macro_f1, micro_f1
from tfm.lessons.evaluation.metrics import bits_per_byte

CLOSE = 1e-9
PAIRS = (
    ["我是一个学生。", "她在图书馆读书。", "我们明天去上海。"],
    ["我是学生。", "她在图书馆看书。", "我们明天去北京。"],
)


def judged(n=200, k=5):
    """Return answers, shares and their report, for a model that is often right and never sure."""
    generator = np.random.default_rng(0)
    answers = generator.integers(0, k, n)
    shares = softmax(generator.normal(size=(n, k)) + 1.5 * np.eye(k)[answers])
    return answers, shares, metrics.judge_classes(answers, shares)


def test_a_report_is_what_one_counts_by_hand():
    """Accuracy, averages, loss and matrix are those of the twins."""
    answers, shares, report = judged()
    matrix = confusion_matrix(answers, shares.argmax(axis=1), 5)
    assert (report.matrix == matrix).all()
    assert report.cases == 200
    assert report.accuracy == pytest.approx(matrix.trace() / 200)
    assert report.macro_f1 == pytest.approx(macro_f1(matrix))
    assert report.micro_f1 == pytest.approx(micro_f1(matrix))
    assert report.loss == pytest.approx(-np.log(shares[np.arange(200), answers]).mean())
    np.testing.assert_allclose(report.recall, matrix.diagonal() / matrix.sum(axis=1))


def test_a_class_that_never_occurs_has_no_recall():
    """A share of nothing is NaN, not 0, and nothing warns."""
    report = metrics.judge_classes([0, 0, 1], [[0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.2, 0.7, 0.1]])
    assert np.isnan(report.recall).tolist() == [False, False, True]
    assert np.isnan(report.f1).tolist() == [False, False, True]
    assert report.macro_f1 == pytest.approx(2 / 3)


def test_shares_of_a_network_are_good_enough():
    """Rows in float32 miss 1 by a little; that is no fault, and a certain miss has a large, finite loss."""
    answers, shares, report = judged()
    short = metrics.judge_classes(answers, shares.astype(np.float32))
    assert short.loss == pytest.approx(report.loss, rel=1e-5)
    assert 30 < metrics.judge_classes([1], [[1.0, 0.0]]).loss < 40


def test_chinese_is_cut_into_characters():
    """Cut at spaces a sentence is one word; cut as Chinese the score is that of its characters."""
    outputs, references = PAIRS
    assert metrics.bleu(outputs, references).value == 0
    cut = metrics.bleu(outputs, references, "zh")
    ours = by_hand.corpus_bleu([list(o) for o in outputs], [[list(r)] for r in references])
    assert cut.value == pytest.approx(ours, abs=CLOSE)
    assert "tok:zh" in cut.signature


def test_several_references_may_differ_in_number():
    """Each output takes its own references, as sacreBLEU does with gaps in its streams."""
    outputs = ["the cat sat on the mat", "a dog barked at it"]
    references = [["the cat sat on a mat", "on the mat sat the cat"], ["a dog barked at it"]]
    streams = [["the cat sat on a mat", "a dog barked at it"], ["on the mat sat the cat", None]]
    theirs = BLEU().corpus_score(outputs, streams).score
    assert metrics.bleu(outputs, references).value == pytest.approx(theirs, abs=CLOSE)
    assert metrics.bleu(outputs, references).value > metrics.bleu(outputs, [r[0] for r in references]).value


def test_chrf_forgives_an_ending():
    """The right word in the wrong form is worth something to chrF, nothing to a comparison of words."""
    assert metrics.chrf(["walked"], ["walking"]).value > 25  # measured: 29.8
    assert metrics.bleu(["walked"], ["walking"]).value == 0
    assert metrics.chrf(["walking"], ["walking"]).value == 100


def test_bits_belong_to_the_text():
    """The same surprise over the same text is one number, however many tokens it was cut into."""
    shares, text = [0.5, 0.1, 0.03], "naïve"
    loss = -np.log(shares).mean()
    assert metrics.bits_per_byte(loss, 3, text) == pytest.approx(bits_per_byte(shares, text))
    assert metrics.bits_per_character(loss, 3, text) == pytest.approx(bits_per_byte(shares, text) * 6 / 5)
    assert metrics.perplexity(0) == 1
    assert metrics.perplexity(1e6) == math.inf


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: metrics.judge_classes([0, 1], [[0.5, 0.5]]), "must be N and N × K"),
        (lambda: metrics.judge_classes([2], [[0.5, 0.5]]), "not from 0 to 1"),
        (lambda: metrics.judge_classes([0.5], [[0.5, 0.5]]), "not from 0 to 1"),
        (lambda: metrics.judge_classes([0], [[2.0, 3.0]]), "through softmax"),
        (lambda: metrics.judge_classes([0], [[np.nan, 1.0]]), "through softmax"),
        (lambda: metrics.bleu([], []), "0 outputs and 0 references"),
        (lambda: metrics.bleu(["a"], []), "1 outputs and 0 references"),
        (lambda: metrics.chrf(["a"], [[]]), "at least one for each"),
        (lambda: metrics.perplexity(-0.1), "0 or more"),
        (lambda: metrics.bits_per_byte(math.nan, 1, "a"), "0 or more"),
        (lambda: metrics.bits_per_byte(1.0, 1, ""), "text is empty"),
    ],
)
def test_what_makes_no_sense_gets_one_sentence(call, sentence):
    """Each slip is refused with the rule and the cure."""
    with pytest.raises(ValueError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("texts", [("one text", ["one text"]), (["one text"], "one text")])
def test_a_single_text_must_stand_in_a_list(texts):
    """A string is a sequence of letters; taken as texts, it would be scored letter by letter."""
    with pytest.raises(TypeError, match="in brackets"):
        metrics.bleu(*texts)
