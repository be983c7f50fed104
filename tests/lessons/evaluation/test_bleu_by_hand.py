"""BLEU by hand: equal to sacreBLEU on any sentence and any corpus, and its two locks hold."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from tfm.lessons.evaluation.bleu import (
    brevity_penalty,
    clipped_matches,
    corpus_bleu,
    count_ngrams,
    sentence_bleu,
)

CLOSE = 1e-9  # of 100; measured worst: 4e-14
WORDS = "the", "cat", "sat", "on", "a", "mat"
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=12)
SEVERAL = st.lists(SENTENCES.filter(bool), min_size=1, max_size=3)
CORPORA = st.lists(st.tuples(SENTENCES, SEVERAL), min_size=1, max_size=6)


@given(SENTENCES, SEVERAL)
def test_a_sentence_is_scored_as_sacrebleu_scores_it(output, references):
    """Smoothing, short outputs, an empty one and several references: the same number."""
    metric = BLEU(tokenize="none", effective_order=True)
    theirs = metric.sentence_score(" ".join(output), [" ".join(r) for r in references])
    assert sentence_bleu(output, references) == pytest.approx(theirs.score, abs=CLOSE)


@given(CORPORA)
def test_a_corpus_is_scored_as_sacrebleu_scores_it(corpus):
    """Counts are added before they are divided; an order that never occurs makes the whole 0."""
    outputs, references = zip(*corpus, strict=True)
    most = max(map(len, references))
    streams = [[" ".join(r[i]) if i < len(r) else None for r in references] for i in range(most)]
    theirs = BLEU(tokenize="none").corpus_score([" ".join(o) for o in outputs], streams)
    ours = corpus_bleu(outputs, references)
    if all(count_totals(outputs)):
        assert ours == pytest.approx(theirs.score, abs=CLOSE)
    else:
        assert ours == 0


def count_totals(outputs):
    """Return how many n-grams of each length the outputs hold together."""
    return [sum(max(len(o) - n, 0) for o in outputs) for n in range(4)]


def test_a_repeated_word_earns_nothing():
    """A match counts at most as often as one reference has it; references are not added up."""
    assert clipped_matches(["the"] * 7, [["the", "cat", "on", "the", "mat"]], 1) == (2, 7)
    assert clipped_matches(["the"] * 7, [["the"], ["the", "the"], ["the"]], 1) == (2, 7)


def test_brevity_is_punished_and_length_is_not():
    """Shorter than the nearest reference costs exp(1 − r / c); of two equally near ones the shorter counts."""
    assert brevity_penalty(9, 6) == 1
    assert brevity_penalty(3, 6) == math.exp(-1)
    assert brevity_penalty(0, 6) == 0
    assert count_ngrams(list("abcd"), [list("abc"), list("abcde")]).reference_length == 3


@pytest.mark.parametrize("outputs", [[], [["a"], ["b"]]])
def test_a_corpus_needs_references_for_each_output(outputs):
    """Another number of outputs than of references is one sentence."""
    with pytest.raises(ValueError, match="give one list for each"):
        corpus_bleu(outputs, [[["a"]]])


def test_no_reference_is_a_sentence():
    """An output without any reference cannot be scored."""
    with pytest.raises(ValueError, match="give at least one"):
        sentence_bleu(["a"], [])
