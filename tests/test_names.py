"""Names from outside: what a slip is told, and what a dataclass gives and takes."""

from dataclasses import dataclass

import pytest

from tfm.names import LISTED, Fields, nearest, require_known, require_part


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
