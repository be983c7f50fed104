"""The one reader of JSON: an object, or one sentence that names the file, the fault and the cure."""

import json
import os
from pathlib import Path

import pytest

from tfm.json_files import DEEPEST, DIGITS, named, parse_json, read_json

FAULTS = {
    "empty": (b"", "it is empty"),
    "blank": (b" \n", "it is empty"),
    "cut": (b'{"a": [1, 2', "Expecting ',' delimiter: line 1, column 12"),
    "not UTF-8": ('{"a": "\u00e9"}'.encode("latin-1"), "byte 7 is no UTF-8"),
    "UTF-16": ('{"a": 1}'.encode("utf-16"), "byte 0 is no UTF-8"),
    "binary": (b"\x00\x01\x02", "Expecting value"),
    "two objects": (b'{"a": 1}{"a": 2}', "Extra data"),
    "lists without end": (b'{"a": ' + b"[" * 100_000, f"nested more than {DEEPEST} deep"),
    "nested lists": (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", f"nested more than {DEEPEST} deep"),
    "nested objects": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, f"nested more than {DEEPEST} deep"),
    "a little too deep": (b'{"a": ' + b"[" * DEEPEST + b"]" * DEEPEST + b"}", f"more than {DEEPEST} deep"),
    "NaN": (b'{"a": NaN}', "it has the number NaN"),
    "infinity": (b'{"a": -Infinity}', "it has the number -Infinity"),
    "a float too large": (b'{"a": 1e999}', "it has the number 1e999"),
    "a twin": (b'{"a": 1, "b": 2, "a": 1}', "it says 'a' twice"),
    "a twin inside": (b'{"a": {"b": 2, "b": 2}}', "it says 'b' twice"),
    "5,000 digits": (b'{"a": ' + b"9" * 5_000 + b"}", "it has a whole number of 5,000 digits"),
    "too many digits": (b'{"a": ' + b"9" * (DIGITS + 1) + b"}", f"a whole number of {DIGITS + 1} digits"),
    "a list": (b"[1]", "it holds no object, but a list"),
    "a text": (b'"a"', "it holds no object, but a text"),
    "null": (b"null", "it holds no object, but null"),
    "a bool": (b"true", "it holds no object, but true or false"),
    "a number": (b"3", "it holds no object, but a number"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_object_gets_a_sentence(tmp_path, fault):
    """Each fault is one ValueError on one line: the file, what it should be, the fault and the cure."""
    data, said = FAULTS[fault]
    file = tmp_path / "size.json"
    file.write_bytes(data)
    with pytest.raises(ValueError) as caught:
        read_json(file, "a size", cure="write it anew")
    sentence = str(caught.value)
    assert sentence.startswith(f"{file} is damaged or not a size (")
    assert sentence.endswith("): write it anew")
    assert said in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("data", "right"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}\r\n', {"a": 1}),  # Windows' editor writes a byte order mark
        ("{}", {}),
        ("\ufeff{}", {}),
        ('{"a": [1, -2.5e-3, null, true, "\u4f60"]}'.encode(), {"a": [1, -0.0025, None, True, "\u4f60"]}),
        (b'{"a": ' + b"9" * DIGITS + b"}", {"a": int("9" * DIGITS)}),
        (b'{"a": {"b": 1}, "c": {"b": 2}}', {"a": {"b": 1}, "c": {"b": 2}}),
    ],
)
def test_what_is_an_object_is_read(data, right):
    """A byte order mark is no fault, and nothing is read otherwise than `json` reads it."""
    assert parse_json(data, "here", "a size") == right


def test_as_deep_as_is_allowed():
    """The deepest file that is read, and lists of many members, which are not deep."""
    inner = json.loads("[" * (DEEPEST - 1) + "]" * (DEEPEST - 1))
    assert parse_json(json.dumps({"a": inner}), "here", "a thing")["a"] == inner
    assert parse_json(json.dumps({"a": [[]] * 10_000}), "here", "a thing")["a"] == [[]] * 10_000


def test_numbers_that_are_none_where_they_are_wanted():
    """A file of losses may hold NaN and infinity."""
    values = parse_json('{"a": NaN, "b": -Infinity, "c": 1e999}', "here", "losses", nan=True)
    assert values["a"] != values["a"]
    assert (values["b"], values["c"]) == (float("-inf"), float("inf"))


def test_a_file_too_large_is_not_read(tmp_path):
    """One byte more than the limit, and a file without an end: neither is held in memory."""
    file = tmp_path / "large.json"
    file.write_bytes(b'{"a": 1}')
    assert read_json(file, "a size", limit=8) == {"a": 1}
    with pytest.raises(
        ValueError, match=r"large\.json has more than 7 bytes, too many for a size: get it again"
    ):
        read_json(file, "a size", limit=7)


def test_what_is_no_file_is_an_error_of_the_system(tmp_path):
    """Missing, a folder, a name too long: an OSError with the path and the cure, and a pipe is not waited for."""
    with pytest.raises(
        FileNotFoundError, match=r"none\.json is missing, and it should be a size: get it again"
    ):
        read_json(tmp_path / "none.json", "a size")
    with pytest.raises(OSError, match="is no file, and it should be a size: get it again"):
        read_json(tmp_path, "a size")
    with pytest.raises(OSError, match=r"File name too long|cannot be read"):
        read_json(tmp_path / ("a" * 300), "a size")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OSError, match="is no file"):
            read_json(tmp_path / "pipe", "a size")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
def test_a_device_without_an_end_is_not_read():
    """Otherwise it would fill the memory."""
    with pytest.raises(OSError, match="/dev/zero is no file"):
        read_json("/dev/zero", "a size")


def test_other_errors_are_named_too():
    """What is wrong with a value gets the file's name; what is no ValueError passes as it is."""
    with pytest.raises(ValueError, match=r"^in size\.json, width is wrong$"), named("size.json"):
        raise ValueError("width is wrong")
    with pytest.raises(KeyError), named("size.json"):
        raise KeyError("width")
