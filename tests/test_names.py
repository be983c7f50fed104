"""Names from outside: what a slip is told, and what a dataclass gives and takes."""

import json
import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Optional

import pytest

from tfm.models.bert import BertConfig
from tfm.models.gpt_config import GPTConfig
from tfm.models.transformer import TransformerConfig
from tfm.names import LISTED, Between, Fields, judged, nearest, require_known, require_part
from tfm.train.settings import Settings


@dataclass(frozen=True, slots=True)
class Size(Fields):
    """Two numbers."""

    width: int
    height: int = 1


def test_what_is_known_passes():
    """Nothing is said about a name that there is."""
    require_known("colour", "red", iter(["red", "blue"]))
    require_part("a palette", "red", {"red": 1})


@pytest.mark.parametrize("name", ["zebra", None, 3, ""])
def test_what_is_like_nothing_is_told_what_there_is(name):
    """Without a near name, and for what is no text, all are listed, however many."""
    many = [f"colour {i}" for i in range(LISTED + 1)]
    for known in (["red", "blue"], many):
        with pytest.raises(ValueError, match=f"colour is {name!r}: it is one of {', '.join(known)}"):
            require_known("colour", name, known)


def test_the_list_is_left_out_where_it_is_long():
    """Of many names only the nearest is told."""
    many = [f"colour {i}" for i in range(LISTED)]
    assert nearest("collour 3", many).endswith(", ".join(many))
    assert nearest("collour 3", [*many, "white"]) == "did you mean 'colour 3'?"


def test_a_dataclass_goes_to_a_mapping_and_back():
    """Slots stay slots, defaults may be left out."""
    assert Size.from_dict(Size(2, 3).as_dict()) == Size(2, 3)
    assert Size.from_dict({"width": 2}) == Size(2, 1)
    assert not hasattr(Size(1), "__dict__")


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ({"widht": 1}, "Size has no 'widht': did you mean 'width'? It is one of width, height"),
        ({"height": 1}, "Size needs width, and it is not given: add it"),
    ],
)
def test_a_wrong_mapping_gets_a_sentence(given, rule):
    """An unknown name and a missing one."""
    with pytest.raises(ValueError) as caught:
        Size.from_dict(given)
    assert str(caught.value) == rule


FITTING = [
    (1, int, 1),
    (-3, int, -3),
    (2**63 - 1, int, 2**63 - 1),
    (1, float, 1.0),
    (0.5, float, 0.5),
    (True, bool, True),
    ("5", str, "5"),
    (None, int | None, None),
    (None, Optional[int], None),  # noqa: UP045 (as older code writes it)
    (7, int | None, 7),
    (7, int | float, 7),
    ("on", Literal["on", "off"], "on"),
    (None, Literal["on", "off"] | None, None),
    (5, Annotated[int, Between(1, 5)], 5),
    (1, Annotated[int, Between(1, 5)] | None, 1),
    (1, Annotated[float, Between(0, 1)], 1.0),
    ([1], list[int], [1]),
    ({"a": 1}, dict[str, int], {"a": 1}),
    (object, Any, object),
]


@pytest.mark.parametrize(("value", "hint", "right"), FITTING)
def test_a_value_of_its_kind_passes(value, hint, right):
    """Each kind of annotation; a whole number becomes a float where that is wanted, and nothing else changes."""
    found = judged("it", value, hint)
    assert found == right
    assert type(found) is type(right)


REFUSED = [
    ("5", int, "it is '5', and a whole number is wanted: write it as 12"),
    (2.5, int, "it is 2.5, and a whole number is wanted"),
    (2.0, int, "it is 2.0, and a whole number is wanted"),
    (None, int, "it is None, and a whole number is wanted"),
    (True, int, "it is True, and a whole number is wanted"),
    ([1], int, r"it is \[1\], and a whole number is wanted"),
    ({}, int, "it is {}, and a whole number is wanted"),
    (True, float, "it is True, and a number is wanted: write it as 0.5"),
    ("x", float, "it is 'x', and a number is wanted"),
    (1, bool, "it is 1, and true or false is wanted: write it as true"),
    (1, str, 'it is 1, and a text is wanted: write it as "word"'),
    (False, int | None, "it is False, and a whole number or nothing is wanted: write it as 12 or null"),
    ("a", list[int], "it is 'a', and a list is wanted"),
    ([], dict[str, int], r"it is \[\], and an object is wanted"),
    ("onn", Literal["on", "off"], "it is 'onn': did you mean 'on'. It is one of on, off"),
    (["on"], Literal["on", "off"], r"it is \['on'\]: "),
    (True, Literal[1, 2], "it is True: "),
    (2**63, int, "must be a finite number of at most 64 bits: write it as 12"),
    (-(10**400), int, "must be a finite number of at most 64 bits"),
    (10**400, float, "must be a finite number of at most 64 bits"),
    (math.nan, float, r"it \(nan\) must be a finite number"),
    (-math.inf, Annotated[float, Between(0, 1)], r"it \(-inf\) must be a finite number"),
    (0, Annotated[int, Between(1, 5_000)], r"it \(0\) must be at least 1: try 1 to 5,000"),
    (6, Annotated[int, Between(1, 5)] | None, r"it \(6\) must be at most 5: try 1 to 5"),
    ("a" * 10**6, int, "aaa[.][.][.]aaa"),
    (["a" * 100] * 10**6, int, "and a whole number is wanted"),
]


@pytest.mark.parametrize(("value", "hint", "said"), REFUSED)
def test_a_value_of_another_kind_gets_a_sentence(value, hint, said):
    """Wrong kinds, bools for numbers, and numbers out of range: however large the value, the sentence is short."""
    with pytest.raises(ValueError, match=said) as caught:
        judged("it", value, hint)
    assert len(str(caught.value)) < 600


WHOLE = {
    GPTConfig: GPTConfig(vocab_size=65, context=64, d_model=8, n_layers=2, n_heads=2).as_dict(),
    TransformerConfig: TransformerConfig(source_vocab_size=9, target_vocab_size=9).as_dict(),
    BertConfig: BertConfig(vocab_size=9, d_model=8, n_layers=2, n_heads=2, d_ff=16).as_dict(),
    Settings: Settings(steps=5).as_dict(),
}
WRONG = (
    None,
    "5",
    2.5,
    True,
    [],
    {},
    -1,
    0,
    10**9,
    10**18,
    10**90,
    1e-320,
    "x" * 10**5,
    [[1]],
    math.nan,
    math.inf,
)


def _outcome(kind, values):
    try:
        return kind.from_dict(values)
    except ValueError as error:
        return str(error)


@pytest.mark.parametrize("kind", WHOLE, ids=lambda kind: kind.__name__)
def test_every_field_of_every_configuration_is_judged(kind):
    """Whatever stands in a field, a configuration is made, or one ValueError names the field."""
    for name in WHOLE[kind]:
        for value in WRONG:
            made = _outcome(kind, {**WHOLE[kind], name: value})
            if isinstance(made, str):
                assert (
                    name.removesuffix("_kv_heads") in made
                    or name.replace("_", "") in made.lower()
                    or "d_model" in made
                    or "shared table" in made
                ), made
                assert "\n" not in made
            else:
                assert kind.from_dict(json.loads(json.dumps(made.as_dict()))) == made


@pytest.mark.parametrize("size", [10**9, 10**18])
@pytest.mark.parametrize(
    "name", ["vocab_size", "context", "d_model", "n_layers", "n_heads", "n_kv_heads", "d_ff"]
)
def test_sizes_that_no_model_has_are_refused(name, size):
    """Before anybody asks for memory, or builds a billion layers."""
    with pytest.raises(ValueError, match=rf"{name} \({size}\) must be at most 16,777,216"):
        GPTConfig.from_dict({**WHOLE[GPTConfig], name: size})
