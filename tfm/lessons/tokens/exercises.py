"""The exercises of lesson 06: the most frequent pair, one merge, encoding with merges, and half a character."""

import codecs
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, pairwise

from tfm.kit.exercise import Exercise, Mistake

Ids = list[int]
Pair = tuple[int, int]


def _ids(text: str) -> Ids:
    return list(text.encode())


# The most frequent pair -------------------------------------------------------------------------------------


def _most(pairs: Iterator[Pair]) -> Pair:
    return Counter(pairs).most_common(1)[0][0]


def _pairs(words: Sequence[Sequence[int]]) -> Iterator[Pair]:
    return chain.from_iterable(pairwise(word) for word in words)


def _two_most_frequent_ids(words: Sequence[Ids]) -> list[int]:
    return [number for number, _ in Counter(chain.from_iterable(words)).most_common(2)]


def _different_words(words: Sequence[Ids]) -> Sequence[Sequence[int]]:
    return list(dict.fromkeys(map(tuple, words)))


frequent_pair = Exercise(
    name="frequent_pair",
    asks="return the pair of neighbouring ids that stands most often in the words",
    praise="neighbours are counted inside each word, as often as the word stands there",
    solution=lambda words: _most(_pairs(words)),
    cases=[
        ([_ids(word) for word in ["hat"] * 3 + ["that"] * 5 + ["heat"] * 3 + ["the"] * 4],),
        ([[4, 4, 4, 4], [7, 9], [7, 9, 7]],),
        ([[2, 1]] * 3 + [[1, 2]] * 3 + [[5, 6]] * 4,),
        ([[1, 2]] * 4 + [[5, 6], [5, 6, 7], [8, 5, 6]],),
        ([[1, 2, 3], [1, 5, 3], [1, 6, 3], [1, 2, 4], [9, 3, 7, 3, 7, 3, 7]],),
    ],
    mistakes=[
        Mistake(
            "pairs across the end of a word were counted",
            "Go through the words one by one, so that the last id of one never meets the first of the next",
            lambda words: _most(pairwise(chain.from_iterable(words))),
        ),
        Mistake(
            "each different word was counted once",
            "Count a word as often as it stands in the list",
            lambda words: _most(_pairs(_different_words(words))),
        ),
        Mistake(
            "the two most frequent ids came back",
            "Count pairs of neighbours, not single ids",
            _two_most_frequent_ids,
        ),
        Mistake(
            "the order inside the pair is lost",
            "Keep (a, b) and (b, a) apart: they are two pairs",
            lambda words: _most((min(p), max(p)) for p in _pairs(words)),
        ),
        Mistake(
            "the pair came back the wrong way round",
            "Return the left id first",
            lambda words: _most(_pairs(words))[::-1],
        ),
        Mistake(
            "the count came back instead of the pair",
            "Return the pair itself: the key, not its value",
            lambda words: Counter(_pairs(words)).most_common(1)[0][1],
        ),
        Mistake(
            "the rarest pair came back",
            "Take the largest count",
            lambda words: Counter(_pairs(words)).most_common()[-1][0],
        ),
        Mistake(
            "only the beginning of each word was looked at",
            "Go through every pair of a word, to its end",
            lambda words: _most((word[0], word[1]) for word in words),
        ),
    ],
)


# One merge --------------------------------------------------------------------------------------------------


def _merge(ids: Ids, pair: Pair, new: int, *, most: int = -1) -> Ids:
    """Replace the pair from the left, at most `most` times."""
    merged: Ids = []
    at = 0
    while at < len(ids):
        if most and tuple(ids[at : at + 2]) == tuple(pair):
            merged.append(new)
            at, most = at + 2, most - 1
        else:
            merged.append(ids[at])
            at += 1
    return merged


def _merge_without_skipping(ids: Ids, pair: Pair, new: int) -> Ids:
    return [new if tuple(ids[i : i + 2]) == tuple(pair) else ids[i] for i in range(len(ids))]


def _write_twice(ids: Ids, pair: Pair, new: int) -> Ids:
    return list(chain.from_iterable([new, new] if i == new else [i] for i in _merge(ids, pair, new)))


def _lose_the_last(ids: Ids, pair: Pair, new: int) -> Ids:
    whole = _merge(ids, pair, new)
    return whole if tuple(ids[-2:]) == tuple(pair) else whole[:-1]


merge_pair = Exercise(
    name="merge_pair",
    asks="return the ids with the new id wherever the pair stood",
    praise="from left to right, each pair makes one new id, and everything else stays in its place",
    solution=_merge,
    cases=[
        ([1, 2, 3, 1, 2], (1, 2), 9),
        ([1, 1, 1, 1, 1], (1, 1), 300),
        ([2, 1, 3, 1, 2, 1, 5], (1, 2), 256),
        ([3, 1, 2, 2], (1, 2), 257),
        ([7], (7, 7), 256),
        ([], (1, 2), 256),
    ],
    mistakes=[
        Mistake(
            "the second id of the pair stayed",
            "Step over both ids once they are replaced: i += 2",
            _merge_without_skipping,
        ),
        Mistake(
            "only the first place was replaced",
            "Go on to the end of the list",
            lambda ids, pair, new: _merge(ids, pair, new, most=1),
        ),
        Mistake(
            "the list was gone through from its end",
            "Begin on the left: of three equal ids the first two are the pair",
            lambda ids, pair, new: _merge(ids[::-1], pair[::-1], new)[::-1],
        ),
        Mistake(
            "the pair was taken the wrong way round too",
            "Compare the left id with the pair's left and the right with its right",
            lambda ids, pair, new: _merge(_merge(ids, pair, new), pair[::-1], new),
        ),
        Mistake(
            "the last id is lost",
            "An id without a right neighbour stays: it can begin no pair",
            _lose_the_last,
        ),
        Mistake(
            "two new ids stand where one should",
            "A pair becomes one id, and the list gets shorter",
            _write_twice,
        ),
    ],
)


# Encoding ---------------------------------------------------------------------------------------------------


def _encode(ids: Ids, merges: Sequence[Pair], first: int = 256, most: int = -1) -> Ids:
    for i, pair in enumerate(merges):
        ids = _merge(ids, pair, first + i, most=most)
    return ids


def _backwards(ids: Ids, merges: Sequence[Pair]) -> Ids:
    for i, pair in reversed(list(enumerate(merges))):
        ids = _merge(ids, pair, 256 + i)
    return ids


def _leftmost(ids: Ids, merges: Sequence[Pair]) -> Ids:
    """Merge whatever pair comes first in the text, until there is none."""
    new = {tuple(pair): 256 + i for i, pair in enumerate(merges)}
    while (at := next((i for i, pair in enumerate(pairwise(ids)) if pair in new), None)) is not None:
        ids = [*ids[:at], new[ids[at], ids[at + 1]], *ids[at + 2 :]]
    return ids


def _longest(ids: Ids, merges: Sequence[Pair]) -> Ids:
    """Take the longest token that fits, from left to right."""
    made: dict[tuple[int, ...], int] = {(i,): i for i in range(256)}
    for i, (left, right) in enumerate(merges):
        whole = {number: key for key, number in made.items()}
        made[whole[left] + whole[right]] = 256 + i
    found: Ids = []
    at = 0
    while at < len(ids):
        size = next(n for n in range(len(ids) - at, 0, -1) if tuple(ids[at : at + n]) in made)
        found.append(made[tuple(ids[at : at + size])])
        at += size
    return found


def _first_that_fits(ids: Ids, merges: Sequence[Pair]) -> Ids:
    for i, pair in enumerate(merges):
        merged = _merge(ids, pair, 256 + i)
        if merged != ids:
            return merged
    return ids


_THAT = [(97, 116), (116, 104), (257, 256)]  # at, th, that
_MIDDLE = [(98, 99), (97, 98), (256, 100)]  # bc, ab, bcd
_FOUR = [(97, 98), (99, 100), (256, 257), (256, 99)]  # ab, cd, abcd, abc

encode_merges = Exercise(
    name="encode_merges",
    asks="return the ids after every merge of the list, the oldest first",
    praise="merges apply in the order in which they were learned, and that order alone decides",
    solution=_encode,
    cases=[
        (_ids("that"), _THAT),
        (_ids("the fat cat that sat"), _THAT),
        (_ids("abcd"), _MIDDLE),
        (_ids("abcd abc"), _FOUR),
        (_ids("xyz"), _THAT),
        (_ids("hat"), []),
    ],
    mistakes=[
        Mistake(
            "the first pair from the left was merged, whatever its rank",
            "Look for the oldest merge that fits, not for the leftmost",
            _leftmost,
        ),
        Mistake(
            "the longest token that fits was taken from the left",
            "Apply the merges in their order: a long token is made only if its parts come about",
            _longest,
        ),
        Mistake("the newest merge came first", "Begin with merges[0]", _backwards),
        Mistake(
            "the new ids begin at 257",
            "Merge number i, counted from 0, makes id 256 + i",
            lambda ids, merges: _encode(ids, merges, first=257),
        ),
        Mistake(
            "the new ids begin at 0",
            "Merge number i, counted from 0, makes id 256 + i: the ids below are the bytes",
            lambda ids, merges: _encode(ids, merges, first=0),
        ),
        Mistake(
            "each merge was made at one place only",
            "Replace the pair wherever it stands",
            lambda ids, merges: _encode(ids, merges, most=1),
        ),
        Mistake(
            "it stopped after the first merge that fitted",
            "Go on with the next merge: what one has made the next may join",
            _first_that_fits,
        ),
        Mistake("nothing was merged", "Return the merged list", lambda ids, merges: ids),  # noqa: ARG005
    ],
)


# Half a character -------------------------------------------------------------------------------------------


def _shown(tokens: Sequence[bytes]) -> list[int]:
    decoder = codecs.getincrementaldecoder("utf-8")()
    return list(accumulate(len(decoder.decode(token)) for token in tokens))


def _alone(tokens: Sequence[bytes], errors: str) -> list[int]:
    return list(accumulate(len(token.decode("utf-8", errors)) for token in tokens))


def _so_far(tokens: Sequence[bytes]) -> list[bytes]:
    return list(accumulate(tokens))


_READ = "读书😀".encode()

shown_characters = Exercise(
    name="shown_characters",
    asks="return, for each token, how many whole characters there are once it has arrived",
    praise="what is shown of a text that still arrives are its whole characters; the rest waits for its bytes",
    solution=_shown,
    cases=[
        ([b"ok", b" ", _READ[:2], _READ[2:3], _READ[3:]],),
        ([b"caf", "é".encode()[:1], "é".encode()[1:] + b"!", _READ[6:9], _READ[9:] + b"."],),
        ([_READ[:2], _READ[2:5], _READ[5:7]],),
        ([b"one", b" token"],),
    ],
    mistakes=[
        Mistake(
            "each token was read by itself, and its halves as �",
            "Join the bytes first: two halves make a character only together",
            lambda tokens: _alone(tokens, "replace"),
        ),
        Mistake(
            "each token was read by itself, and its halves dropped",
            "Join the bytes first: two halves make a character only together",
            lambda tokens: _alone(tokens, "ignore"),
        ),
        Mistake(
            "half a character was counted as one",
            "Leave bytes out that are not whole yet: errors='ignore' does",
            lambda tokens: [len(data.decode("utf-8", "replace")) for data in _so_far(tokens)],
        ),
        Mistake(
            "bytes were counted",
            "Decode the bytes so far, then count characters",
            lambda tokens: [len(data) for data in _so_far(tokens)],
        ),
        Mistake(
            "tokens were counted",
            "A token may hold many characters, or less than one",
            lambda tokens: list(range(1, len(tokens) + 1)),
        ),
        Mistake(
            "only what each token adds was counted",
            "Count all characters so far",
            lambda tokens: [b - a for a, b in pairwise([0, *_shown(tokens)])],
        ),
        Mistake(
            "only the end was counted",
            "Return a list, one number for each token",
            lambda tokens: _shown(tokens)[-1],
        ),
    ],
)
