"""From a prompt in words to an answer in words, piece by piece, ending where a stop string begins.

A token need not end where a character does, so a piece is given out when its last character is whole; and the
beginning of a stop string is held back until it is clear that it is none. A text ends before the stop string that
is complete first, however the tokenizer cuts it. This file knows nothing of choosing.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from tfm.generate.sampling import GREEDY, Sampling
from tfm.generate.writing import stream

PART = "\N{REPLACEMENT CHARACTER}"  # what bytes become that are no whole character yet


@runtime_checkable
class TextTokenizer(Protocol):
    """What is asked of a tokenizer."""

    def encode(self, text: str) -> list[int]:
        """Turn text into ids."""
        ...

    def decode(self, ids: Iterable[int]) -> str:
        """Turn ids into text."""
        ...


def stream_text(
    model: Any,
    tokenizer: TextTokenizer,
    prompt: str,
    settings: Sampling = GREEDY,
    *,
    stop: str | Sequence[str] = (),
    cached: bool = True,
    stride: int | None = None,
) -> Iterator[str]:
    """Write after a prompt, and give every piece as soon as it is whole.

    Args:
        model: a `Writer`.
        tokenizer: of that model.
        prompt: a text, not empty.
        settings: how tokens are chosen.
        stop: a string before which the text ends, or several; they are not given out.
        cached: as for `stream`.
        stride: as for `stream`.

    Yields:
        Pieces of text; together they are the answer, without the prompt.

    Raises:
        TypeError: a stop string is no string.
        ValueError: the prompt or a stop string is empty, or the tokenizer does not know a character.
    """
    if not prompt:
        raise ValueError(
            "the prompt is empty, and a model needs something to go on from: type a word or a line break"
        )
    strings, start = (
        _strings(stop),
        tokenizer.encode(prompt),
    )  # what is wrong is said before anything is written
    return _pieces(model, tokenizer, start, settings, strings, cached=cached, stride=stride)


def _pieces(
    model: Any,
    tokenizer: TextTokenizer,
    prompt: list[int],
    settings: Sampling,
    stop: Sequence[str],
    **how: Any,
) -> Iterator[str]:
    ids: list[int] = []
    given = 0
    for step in stream(model, [prompt], settings, **how):
        token = step.tokens[0]
        if token is not None and token not in settings.stop:
            ids.append(token)
        last = step.ended[0] or len(ids) == settings.max_new
        text = tokenizer.decode(ids)
        whole = text if last else text.rstrip(PART)
        found = [(place + len(s), place) for s in stop if (place := whole.find(s, given)) >= 0]
        safe = min(found)[1] if found else len(whole) - (0 if last else _held_back(whole, stop))
        yield from _piece(text[given:safe])
        if found:
            return
        given = max(given, safe)


def generate_text(
    model: Any,
    tokenizer: TextTokenizer,
    prompt: str,
    settings: Sampling = GREEDY,
    *,
    stop: str | Sequence[str] = (),
    cached: bool = True,
    stride: int | None = None,
) -> str:
    """Write after a prompt.

    Args:
        model: as for `stream_text`.
        tokenizer: as for `stream_text`.
        prompt: as for `stream_text`.
        settings: as for `stream_text`.
        stop: as for `stream_text`.
        cached: as for `stream_text`.
        stride: as for `stream_text`.

    Returns:
        The answer, without the prompt and without the stop string.

    Example:
        >>> import torch
        >>> from types import SimpleNamespace
        >>> letters = SimpleNamespace(
        ...     encode=lambda text: [ord(c) - 97 for c in text],
        ...     decode=lambda ids: "".join(chr(97 + i) for i in ids),
        ... )
        >>> class Next:  # a model that always expects the letter that follows
        ...     context, new_cache = 8, staticmethod(lambda batch, max_length: None)
        ...     def __call__(self, ids, padding=None, cache=None):
        ...         return torch.nn.functional.one_hot((ids + 1) % 26, 26).float()
        >>> generate_text(Next(), letters, "xyz", Sampling(max_new=9, temperature=0), stop=["ef"], cached=False)
        'abcd'
    """
    pieces = stream_text(model, tokenizer, prompt, settings, stop=stop, cached=cached, stride=stride)
    return "".join(pieces)


def _strings(stop: str | Sequence[str]) -> tuple[str, ...]:
    """The stop strings; one alone is one, not a row of letters."""
    strings = (stop,) if isinstance(stop, str) else tuple(stop)
    for string in strings:
        if not isinstance(string, str):
            raise TypeError(f"a stop string is text, and {string!r} is none: ids go to Sampling(stop=...)")
        if not string:
            raise ValueError("an empty stop string would end every text before it begins: leave it out")
    return strings


def _held_back(text: str, stop: Sequence[str]) -> int:
    """How many of the last characters may be the beginning of a stop string."""
    return max((n for s in stop for n in range(1, len(s)) if text.endswith(s[:n])), default=0)


def _piece(text: str) -> Iterator[str]:
    if text:
        yield text
