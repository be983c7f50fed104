"""Drafts: what they guess, against the same written plainly, and how sure they are."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.generate.drafts import Counted, FirstOf, LookBack

TEXTS = st.lists(st.integers(0, 3), max_size=30)


def looked_back(ids, n, shortest, longest):
    """Return what `LookBack` says it does, place by place."""
    for length in range(min(longest, len(ids) - 1), shortest - 1, -1):
        for start in range(len(ids) - length - 1, -1, -1):
            if ids[start : start + length] == ids[-length:]:
                text = list(ids)
                while len(text) < len(ids) + n:
                    text.append(text[len(text) - (len(ids) - start - length)])
                return text[len(ids) :]
    return []


def counted(text, context, longest):
    """Return the likeliest follower of the longest known end of a context, and its share, by counting."""
    for length in range(min(longest, len(text) - 1, len(context)), 0, -1):
        end = context[-length:]
        followers = Counter(
            text[i + length] for i in range(len(text) - length) if text[i : i + length] == end
        )
        if followers:
            most = max(followers.values())
            return min(t for t in followers if followers[t] == most), most / (sum(followers.values()) + 1)
    return None, 0.0


@given(ids=TEXTS, n=st.integers(0, 7), shortest=st.integers(1, 4), more=st.integers(0, 4))
def test_looking_back_finds_the_last_place(ids, n, shortest, more):
    """The longest end that stood before is found where it stood last, and what repeats is taken to repeat."""
    assert LookBack(shortest, shortest + more)(ids, n) == looked_back(ids, n, shortest, shortest + more)


@given(text=st.lists(st.integers(0, 3), min_size=2, max_size=40), ids=TEXTS, longest=st.integers(1, 4))
@settings(max_examples=200)
def test_counting_finds_the_most_frequent(text, ids, longest):
    """Each guess is what followed most often, and guessing ends where the shares' product falls too low."""
    expected, context, sure = [], list(ids), 1.0
    for _ in range(5):
        token, share = counted(text, context, longest)
        sure *= share
        if token is None or sure < 0.1:
            break
        expected.append(token)
        context.append(token)
    assert Counted(text, longest, least=0.1)(ids, 5) == expected


def test_large_ids_are_numbers_like_others():
    """A vocabulary of a hundred thousand tokens is counted too: contexts are told apart."""
    text = np.random.default_rng(0).integers(0, 100_000, 3_000)
    draft = Counted(text, longest=3, least=0.0)
    for place in range(10, 2_000, 97):
        assert draft(text[:place].tolist(), 4) == text[place : place + 4].tolist()


def test_a_sure_draft_guesses_further():
    """Where one continuation is frequent the guesses go on; after an even choice they end."""
    text = [1, 2, 3, 4] * 20 + [7, 8, 7, 9]
    assert Counted(text, 2, least=0.5)([1, 2], 6) == [3, 4, 1, 2, 3, 4]
    assert Counted(text, 1, least=0.5)([7], 6) == []


def test_the_first_that_guesses_is_taken():
    """A draft without a guess gives way to the next; without any there is none."""
    back, known = LookBack(shortest=2), Counted([5, 6, 5, 6, 5, 6], least=0.0)
    both = FirstOf(back, known)
    assert both([1, 2, 3, 1, 2], 2) == [3, 1]
    assert both([1, 5], 2) == [6, 5]
    assert list(both([9], 2)) == []


@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda: LookBack(0), r"shortest \(0\) must be from 1"),
        (lambda: LookBack(5, 4), r"shortest \(5\) must be from 1 to longest \(4\)"),
        (lambda: Counted([1]), "a text of 1 tokens has nothing to count"),
        (lambda: Counted([[1, 2]]), "pass two or more, in a row"),
        (lambda: Counted([1, 2], 0), r"longest \(0\) must be 1 or more"),
        (lambda: Counted([1, 2], least=1.5), r"least \(1.5\) from 0 to 1"),
    ],
)
def test_what_cannot_be_is_one_sentence(make, rule):
    """A number out of range is refused."""
    with pytest.raises(ValueError, match=rule):
        make()
