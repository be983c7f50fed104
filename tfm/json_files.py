"""JSON from outside, read in one place: whatever a file holds, it becomes an object or one sentence.

A file may be missing, a folder, endless, cut short, of another encoding, nested a hundred thousand deep, or say
one name twice; numbers may be NaN or have five thousand digits. All of that is a ValueError (an OSError where the
file cannot be read at all) that names the file, the fault and the cure. This file knows nothing of what the fields
mean: a dataclass's are judged by `tfm.names.Fields`.
"""

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

LIMIT = 64 * 2**20  # bytes; the largest tokenizer.json of a published model has some 35 million
DEEPEST = 100  # lists and objects inside each other
DIGITS = 100  # of a whole number: the state of a random generator has 39
AGAIN = "get it again"


def read_json(
    path: str | Path, what: str, *, cure: str = AGAIN, limit: int = LIMIT, nan: bool = False
) -> dict[str, Any]:
    """Read the object that a JSON file holds.

    Args:
        path: the file.
        what: what it should be, with its article: “a model's configuration”.
        cure: what to do where it is not.
        limit: bytes at most.
        nan: whether NaN, Infinity and numbers too large for a float are taken.

    Raises:
        OSError: the file cannot be read.
        ValueError: it holds something else than one object of JSON.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = Path(folder, "size.json").write_text('{"width": 3}')
        ...     read_json(Path(folder, "size.json"), "a size")
        {'width': 3}
    """
    path = Path(path)
    if path.exists() and not path.is_file():  # a folder; or a device or a pipe, which may have no end
        raise OSError(f"{path} is no file, and it should be {what}: {cure}")
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} is missing, and it should be {what}: {cure}") from None
    except OSError as error:
        raise OSError(f"{path} cannot be read ({error.strerror}), and it should be {what}: {cure}") from None
    if len(data) > limit:
        raise ValueError(f"{path} has more than {limit:,} bytes, too many for {what}: {cure}")
    values: dict[str, Any] = parse_json(data, str(path), what, cure=cure, nan=nan)
    return values


def parse_json(
    data: bytes | str, where: str, what: str, *, cure: str = AGAIN, nan: bool = False, top: type = dict
) -> Any:
    """Read the object that bytes of JSON hold.

    Args:
        data: UTF-8, with or without a byte order mark, or text.
        where: the name of the file, or of where the bytes came from, for the sentence.
        what: as in `read_json`.
        cure: as in `read_json`.
        nan: as in `read_json`.
        top: what they should hold: dict, an object, or list.

    Raises:
        ValueError: they hold something else.

    Example:
        >>> parse_json(b'{"width": 3, "width": 4}', "size.json", "a size")
        Traceback (most recent call last):
        ValueError: size.json is damaged or not a size (it says 'width' twice): get it again
    """
    try:
        text = data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
        value = _parsed(text, nan)
        _require_shallow(value)
    except UnicodeDecodeError as error:
        fault = f"byte {error.start:,} is no UTF-8"
    except json.JSONDecodeError as error:
        fault = f"{error.msg}: line {error.lineno}, column {error.colno}" if text.strip() else "it is empty"
    except RecursionError:
        fault = f"it is nested more than {DEEPEST} deep"
    except ValueError as error:
        fault = str(error)
    else:
        if isinstance(value, top):
            return value
        fault = f"it holds no {'list' if top is list else 'object'}, but {_name(value)}"
    raise ValueError(f"{where} is damaged or not {what} ({fault}): {cure}")


@contextmanager
def named(where: str | Path) -> Iterator[None]:
    """Put a file's name before whatever a ValueError says of what it holds.

    Example:
        >>> with named("size.json"):
        ...     raise ValueError("width (0) must be at least 1")
        Traceback (most recent call last):
        ValueError: in size.json, width (0) must be at least 1
    """
    try:
        yield
    except ValueError as error:
        raise ValueError(f"in {where}, {error}") from None


def _parsed(text: str, nan: bool) -> Any:
    return json.loads(
        text,
        object_pairs_hook=_object,
        parse_int=_whole,
        parse_float=float if nan else _finite,
        parse_constant=float if nan else _refused,
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise ValueError(f"it says {twice[:40]!r} twice")
    return values


def _whole(digits: str) -> int:
    if len(digits) > DIGITS:
        raise ValueError(f"it has a whole number of {len(digits):,} digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refused(digits[:40])


def _refused(number: str) -> NoReturn:
    raise ValueError(f"it has the number {number}")


def _require_shallow(value: Any) -> None:
    level, depth = [value], 0
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        if depth > DEEPEST:
            raise RecursionError
        level = [child for one in level for child in (one.values() if isinstance(one, dict) else one)]


def _name(value: Any) -> str:
    names = {list: "a list", dict: "an object", str: "a text", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")
