"""n-gram models: true distributions, equal to a second implementation straight from the formulas, and quick."""

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.data.manual import manual_topics
from tfm.models.ngram import NGram
from tfm.models.ngram_counts import UNKNOWN, NGramCounts
from tfm.models.smoothing import AddK, KneserNey, MaximumLikelihood, ModifiedKneserNey

CLOSE = 1e-12  # float64 sums of at most a few thousand terms; measured worst case 2e-16
TORCH_CLOSE = 1e-9  # cross-entropy in float64 goes through a logarithm and a softmax; measured 4e-16


def words(sentence):
    """Cut a sentence at its spaces."""
    return sentence.split()


THREE = words("the cat sat on the mat . the cat saw the dog . the dog sat on the cat .")
SMOOTHINGS = [AddK(1), AddK(0.01), KneserNey(), KneserNey(0.5), KneserNey(1.0), ModifiedKneserNey()]
texts = st.lists(st.sampled_from("abcde"), min_size=1, max_size=60)


# The second opinion: slow, by definition, over the list of tokens itself -------------------------------------


def grams(text, m):
    """Return every m-gram of a text, repetitions included."""
    return [tuple(text[i : i + m]) for i in range(len(text) - m + 1)]


def brute_count(text, n, gram):
    """Return Chen and Goodman's c: occurrences at order n, different left neighbours below."""
    if len(gram) == n:
        return grams(text, n).count(gram)
    return len({longer[0] for longer in grams(text, len(gram) + 1) if longer[1:] == gram})


def brute_discounts(text, n, order, modified):
    """Return D for counts of 1, 2 and 3 or more, from the counts of counts of one order."""
    how_many = Counter(brute_count(text, n, gram) for gram in set(grams(text, order)))
    n1, n2, n3, n4 = (how_many[i] for i in (1, 2, 3, 4))
    y = n1 / (n1 + 2 * n2) if n1 else 0.75
    if not modified or 0 in (n1, n2, n3, n4):
        return y, y, y
    raw = 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3
    return tuple(min(max(d, 0), i) for i, d in enumerate(raw, start=1))


def brute_kneser_ney(text, vocabulary, n, context, token, discount=None, modified=False):
    """Return interpolated Kneser–Ney by recursion from the longest context down to 1 / V."""
    context = tuple(context)[len(context) - n + 1 :] if len(context) >= n else tuple(context)

    def p(h):
        order = len(h) + 1
        d = (discount,) * 3 if discount is not None else brute_discounts(text, n, order, modified)
        c = {w: brute_count(text, n, (*h, w)) for w in vocabulary}
        total = sum(c.values())
        shorter = p(h[1:]) if h else 1 / len(vocabulary)
        if not total:
            return shorter

        def off(count):
            return d[min(count, 3) - 1] if count else 0

        taken = sum(off(count) for count in c.values())
        return max(c[token] - off(c[token]), 0) / total + taken / total * shorter

    return p(context)


# Distributions -----------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(texts, st.lists(st.sampled_from("abcdez"), max_size=5), st.integers(1, 4), st.sampled_from(SMOOTHINGS))
def test_probabilities_are_a_distribution(text, context, n, smoothing):
    """After any context, known or not, V numbers from 0 to 1 sum to 1, and each is the single probability."""
    model = NGram(NGramCounts(text, n), smoothing)
    p = model.probabilities(context)
    assert p.shape == (len(model.vocabulary),)
    assert p.min() >= 0
    assert abs(p.sum() - 1) < CLOSE
    singles = [model.probability(token, context) for token in model.vocabulary]
    np.testing.assert_allclose(p, singles, atol=CLOSE, rtol=0)


@settings(max_examples=60, deadline=None)
@given(texts, st.integers(1, 4), st.data())
def test_plain_shares_are_counted(text, n, data):
    """Maximum likelihood is the count of the n-gram over the count of its context, in the text itself."""
    start = data.draw(st.integers(0, len(text) - 1))
    context = text[max(0, start - n + 1) : start]
    gram = (*context, text[start])
    followed = [g for g in grams(text, len(gram)) if g[:-1] == tuple(context)]
    model = NGram(NGramCounts(text, n), MaximumLikelihood())
    assert math.isclose(model.probability(text[start], context), followed.count(gram) / len(followed))
    assert abs(model.probabilities(context).sum() - 1) < CLOSE


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=40),
    st.lists(st.sampled_from("abcz"), max_size=4),
    st.integers(1, 3),
    st.sampled_from([(KneserNey(), {}), (KneserNey(0.6), {"discount": 0.6})]),
)
def test_kneser_ney_equals_the_formula(text, context, n, case):
    """Every probability equals the definition, computed by recursion over the raw list of tokens."""
    smoothing, options = case
    model = NGram(NGramCounts(text, n), smoothing)
    read = [token if token in text else UNKNOWN for token in context]
    expected = [brute_kneser_ney(text, model.vocabulary, n, read, w, **options) for w in model.vocabulary]
    np.testing.assert_allclose(model.probabilities(context), expected, atol=CLOSE, rtol=0)


@pytest.mark.parametrize("n", [2, 3])
def test_modified_kneser_ney_equals_the_formula(n):
    """With pairs that occur once, twice, three and four times, the three discounts are used and right."""
    random = np.random.default_rng(0)
    text = [f"{i}" for i in (random.random(300) ** 2 * 12).astype(int)]  # small numbers are frequent
    assert {1, 2, 3, 4} <= set(Counter(grams(text, 2)).values())
    model, plain = (NGram(NGramCounts(text, n), part) for part in (ModifiedKneserNey(), KneserNey()))
    for context in ([], ["0"], ["3", "1"], ["zebra"]):
        p = model.probabilities(context)
        read = [UNKNOWN if token == "zebra" else token for token in context]
        for place, token in list(enumerate(model.vocabulary))[:5]:
            expected = brute_kneser_ney(text, model.vocabulary, n, read, token, modified=True)
            assert abs(p[place] - expected) < CLOSE
    assert not np.allclose(model.probabilities(["0"]), plain.probabilities(["0"]))


def test_kneser_ney_on_paper():
    """The lesson's sum: (3 − ¾) / 6 + ¾ · 3 / 6 · p(cat), cat having one left neighbour of 13 pairs."""
    model = NGram(NGramCounts(THREE, 2), KneserNey(0.75))
    pairs = set(pairwise(THREE))
    assert len(pairs) == 13
    followers = {b for _, b in pairs}
    alone = (1 - 0.75) / 13 + 0.75 * len(followers) / 13 / 9
    assert math.isclose(model.probability("cat", ["the"]), 2.25 / 6 + 0.375 * alone)


def test_kneser_ney_prefers_company_to_frequency():
    """A frequent word that follows one word only is a poorer guess elsewhere than a rarer one with company."""
    text = words("san francisco a b san francisco c a san francisco d a san francisco e a")
    model = NGram(NGramCounts(text, 2), KneserNey())
    assert text.count("francisco") == text.count("a") == 4
    assert model.probability("francisco", ["zebra"]) < model.probability("a", ["zebra"]) / 2


@pytest.mark.parametrize("smoothing", [AddK(0.5), KneserNey(), MaximumLikelihood(), ModifiedKneserNey()])
def test_tokens_can_be_anything_hashable(smoothing):
    """Words, numbers, and pairs with the same pattern get the same probabilities."""
    pattern = [0, 1, 2, 0, 1, 3, 0, 2, 1, 0, 1, 2]
    views = [pattern, [str(i) for i in pattern], [(i, i) for i in pattern]]
    tables = [
        NGram(NGramCounts(v, 3), smoothing).probabilities([v[0], v[1]]) for v in views
    ]  # 0 1 occurs three times
    assert np.array_equal(tables[0], tables[1])
    assert np.array_equal(tables[0], tables[2])


def test_a_smaller_n_shares_the_counts():
    """A bigram model over counts up to five equals one over counts up to two."""
    wide, narrow = NGramCounts(THREE, 5), NGramCounts(THREE, 2)
    for smoothing in (MaximumLikelihood(), AddK(0.1), KneserNey()):
        p, q = NGram(wide, smoothing, 2).probabilities(["on", "the"]), NGram(narrow, smoothing)
        assert np.array_equal(p, q.probabilities(["the"]))


# Perplexity --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", [AddK(0.1), KneserNey(), ModifiedKneserNey()])
def test_perplexity_is_the_exponential_of_torchs_cross_entropy(smoothing):
    """exp(cross_entropy(ln p, tokens)) over the same distributions, position by position."""
    model = NGram(NGramCounts(THREE, 3), smoothing)
    text = words("the dog saw the zebra on the mat .")
    rows = np.stack([model.probabilities(text[:i]) for i in range(len(text))])
    targets = torch.tensor(model.counts.read(text))
    loss = torch.nn.functional.cross_entropy(torch.tensor(rows).log(), targets)
    assert math.isclose(model.perplexity(text), loss.exp().item(), rel_tol=TORCH_CLOSE)
    assert math.isclose(model.log_probability(text), -loss.item() * len(text), rel_tol=TORCH_CLOSE)
    assert math.isclose(2 ** model.surprises(text).mean(), model.perplexity(text), rel_tol=TORCH_CLOSE)


def test_a_fair_die_has_perplexity_six():
    """Where all tokens are equally likely, the perplexity is their number."""
    model = NGram(NGramCounts([1, 2, 3, 4, 5, 6], 1), MaximumLikelihood())
    assert math.isclose(model.perplexity([6, 6, 1, 2, 3]), 6)


@pytest.mark.parametrize("text", [["the", "zebra"], ["mat", "cat"], ["zebra", "zebra", "the"]])
def test_the_impossible_is_infinite_and_no_crash(text):
    """Without smoothing an unseen token or pair, and whatever follows it, gives perplexity ∞, not an error."""
    model = NGram(NGramCounts(THREE, 2), MaximumLikelihood())
    assert model.perplexity(text) == math.inf
    assert model.log_probability(text) == -math.inf


def test_unknown_tokens_share_one_place():
    """Every token outside the vocabulary is read as the unknown one, in the text, in a context, in a question."""
    counts = NGramCounts(THREE, 2, vocabulary=["the", "cat", "."])
    assert counts.vocabulary == ("the", "cat", ".", UNKNOWN)
    assert (
        counts.count(["the"], "dog") == counts.count(["the"], "zebra") == counts.count(["the"], UNKNOWN) == 3
    )
    model = NGram(counts, KneserNey())
    assert model.probability("zebra", ["dog"]) == model.probability("on", ["sat"])


# Writing -----------------------------------------------------------------------------------------------------


def test_generating_is_the_loop():
    """Look, draw, append: the same seed writes the same, more steps only go on, another seed differs."""
    model = NGram(NGramCounts(THREE, 2), KneserNey())
    nine = list(model.generate(["the"], 9, seed=1))
    assert list(model.generate(["the"], 4, seed=1)) == nine[:4]
    assert any(list(model.generate(["the"], 9, seed=s)) != nine for s in range(2, 6))
    random, text = np.random.default_rng(1), ["the"]
    for _ in range(9):
        text.append(model.sample(text, random.random()))
    assert text[1:] == nine


def test_drawn_as_often_as_likely():
    """Evenly spaced random numbers hit each word in proportion to its probability."""
    model = NGram(NGramCounts(THREE, 2), MaximumLikelihood())
    drawn = Counter(model.sample(["the"], (i + 0.5) / 600) for i in range(600))
    assert drawn == {"cat": 300, "dog": 200, "mat": 100}


def test_unknown_is_never_said():
    """Not even where smoothing makes it as likely as everything else."""
    model = NGram(NGramCounts("ab", 1), AddK(1000))
    assert {model.sample("", i / 100) for i in range(100)} == {"a", "b"}


def test_five_grams_recite():
    """Every 5-gram that plain shares write with n = 5 stands in the training text; with n = 2 few do."""
    counts = NGramCounts(words(manual_topics()["specialnames"]), 5)
    known, shares = counts.distinct(5), {}
    for n in (2, 5):
        written = ["it", "is", "possible", "to"]
        written += NGram(counts, MaximumLikelihood(), n).generate(written, 200, seed=0)
        shares[n] = np.mean([gram in known for gram in grams(written, 5)])
    assert shares[5] == 1
    assert shares[2] < 0.3


# Sentences and speed -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "sentence"),
    [
        (lambda: NGramCounts(THREE, 0), r"n \(0\) must be 1 or more"),
        (lambda: NGramCounts([], 2), "no tokens to count"),
        (lambda: NGram(NGramCounts(THREE, 2), AddK(1), 3), r"n \(3\) must be from 1 to 2"),
        (lambda: AddK(0), r"k \(0\) must be a number above 0"),
        (lambda: AddK(math.nan), r"k \(nan\)"),
        (lambda: KneserNey(1.5), r"discount \(1.5\) must be from 0 to 1"),
        (lambda: NGramCounts(THREE, 2).count(["on", "the"]), "context has 2 tokens"),
        (lambda: NGram(NGramCounts(THREE, 2), AddK(1)).perplexity([]), "no tokens to judge"),
        (
            lambda: NGram(NGramCounts(THREE, 2), MaximumLikelihood()).probabilities(["zebra"]),
            "nothing ever followed “<unk>”",
        ),
        (
            lambda: NGram(NGramCounts("ab", 2, vocabulary="a"), MaximumLikelihood()).sample("a", 0.5),
            "only unknown tokens",
        ),
    ],
)
def test_bad_input_gets_one_sentence(broken, sentence):
    """What cannot be answered is refused with the rule, the value and the cure."""
    with pytest.raises(ValueError, match=sentence) as caught:
        broken()
    assert "\n" not in str(caught.value)


def test_the_whole_manual_is_counted():
    """Nine tenths of the manual's characters counted, n = 1 to 5 judged on the rest: longer chains know more."""
    characters = "".join(manual_topics().values())
    cut = len(characters) * 9 // 10
    counts = NGramCounts(characters[:cut], 5)
    perplexities = [NGram(counts, KneserNey(), n).perplexity(characters[cut:]) for n in range(1, 6)]
    assert perplexities[4] < perplexities[0] / 3
