"""A playground as one line of text, to paste to a friend: settings in words, trained weights in a code.

    playground data=circle noise=0 … hidden=4,2 rate=0.03 seed=0 epoch=120 weights=… | activation=relu …

Before any training the weights follow from the seed and are left out. Otherwise they stand as base64 of float32
(RFC 4648, section 5), so that weights set by hand come back as well. After a bar comes the second run, with the
one setting in which it differs. This file knows nothing of widgets.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from tfm.lessons.playground.session import Session, Source
from tfm.lessons.playground.settings import Settings

FIRST = "playground"
LONGEST = 20_000  # characters; two networks of 6 × 8 with all features take about 5,000
MOST_DIGITS = 10  # of a whole number


def playground_text(runs: Sequence[Session]) -> str:
    """Write one or two runs as a line of text.

    Example:
        >>> from tfm.data.plane import plane_points
        >>> playground_text([Session(Settings(hidden=(3,)), plane_points)])[:46]
        'playground data=circle noise=0 train=50 batch='
    """
    words = [FIRST, *_settings_words(runs[0].settings), *_weight_words(runs[0])]
    for run in runs[1:]:
        shared = _settings_words(runs[0].settings)
        other = [w for w in _settings_words(run.settings) if w not in shared]
        words += ["|", *other, *_weight_words(run)]
    return " ".join(words)


def playground_from_text(text: str, source: Source) -> list[Session]:
    """Read what `playground_text` wrote.

    Args:
        text: one line.
        source: where the points come from, as for `Session`.

    Returns:
        One or two runs, as they stood.

    Raises:
        ValueError: the text is none of a playground, is damaged, or a value in it is out of range.

    Example:
        >>> from tfm.data.plane import plane_points
        >>> playground_from_text("playground data=xor hidden=2", plane_points)[0].settings.hidden
        (2,)
        >>> playground_from_text("hello", plane_points)
        Traceback (most recent call last):
        ValueError: this is no playground's text: it must begin with the word playground, so copy all of it
    """
    if len(text) > LONGEST:
        raise ValueError(f"this text has {len(text):,} characters, and a playground's at most {LONGEST:,}")
    head, *rest = text.split() or [""]
    if head != FIRST:
        raise ValueError(
            f"this is no playground's text: it must begin with the word {FIRST}, so copy all of it"
        )
    runs: list[Session] = []
    parts = " ".join(rest).split("|")
    if len(parts) > 2:
        raise ValueError(f"this text has {len(parts)} runs, and a playground shows two at most")
    for part in parts:
        runs.append(_run(part.split(), runs[0].settings if runs else Settings(), source))
    if len(runs) == 2 and len(difference(runs[0].settings, runs[1].settings)) != 1:
        raise ValueError("the two runs of this text must differ in exactly one setting: copy all of it")
    return runs


def difference(one: Settings, other: Settings) -> list[str]:
    """Names of the settings in which two differ.

    Example:
        >>> difference(Settings(), Settings(rate=0.1, seed=3))
        ['rate', 'seed']
    """
    return [f.name for f in fields(Settings) if getattr(one, f.name) != getattr(other, f.name)]


def _settings_words(settings: Settings) -> list[str]:
    return [f"{f.name}={_written(getattr(settings, f.name))}" for f in fields(Settings)]


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return f"{value:.12g}" if isinstance(value, float) else str(value).replace(" ", "-")


def _weight_words(run: Session) -> list[str]:
    now, first = run.network.parameters(), run.first_network().parameters()
    if run.epoch == 0 and all((a == b).all() for a, b in zip(now, first, strict=True)):
        return []
    flat = np.concatenate([p.ravel() for p in now]).astype("<f4")
    return [f"epoch={run.epoch}", f"weights={base64.urlsafe_b64encode(flat.tobytes()).decode().rstrip('=')}"]


def _run(words: list[str], base: Settings, source: Source) -> Session:
    given: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or name in given:
            raise ValueError(
                f"this text has {_short(word)} where name=value should stand: copy all of it again"
            )
        given[name] = value
    epoch, code = given.pop("epoch", "0"), given.pop("weights", "")
    run = Session(replace(base, **{name: _read(name, value) for name, value in given.items()}), source)
    if code:
        run.take_up(_decoded(code, [p.shape for p in run.network.parameters()]), _whole("epoch", epoch))
    return run


def _read(name: str, value: str) -> Any:
    kinds = {f.name: type(f.default) for f in fields(Settings)}
    if name not in kinds:
        raise ValueError(
            f"this text has a setting {_short(name)} that no playground knows: copy all of it again"
        )
    if kinds[name] is str:
        return value.replace("-", " ")
    if name == "features":
        return tuple(value.split(",")) if value else ()
    if name == "hidden":
        return tuple(_whole(name, n) for n in value.split(",")) if value else ()
    return _whole(name, value) if kinds[name] is int else _number(name, value)


def _whole(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= MOST_DIGITS):
        raise ValueError(f"{name} is {_short(value)} in this text and must be a whole number, 0 or more")
    return int(value)


def _number(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise ValueError(f"{name} is {_short(value)} in this text and must be a number") from None


def _decoded(code: str, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    try:
        raw = base64.b64decode(code + "=" * (-len(code) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the weights in this text are damaged: copy all of it again") from None
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])
    if len(raw) != 4 * ends[-1]:
        raise ValueError(
            f"this text holds {len(raw) / 4:g} weights and its network has {ends[-1]}: copy all of it again"
        )
    flat = np.frombuffer(raw, "<f4").astype(float)
    return [part.reshape(shape) for part, shape in zip(np.split(flat, ends[:-1]), shapes, strict=True)]


def _short(word: str) -> str:
    return repr(word if len(word) <= 20 else word[:19] + "…")
