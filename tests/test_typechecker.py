"""The checker of the annotations: what a test calls wrongly fails, wherever the function stands."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

import jaxtyping
import pytest
import torch
from jaxtyping import Float, TypeCheckError
from torch import Tensor
from typechecker import beartype, jaxtyped

from tfm.nn.alibi import alibi_slopes

if TYPE_CHECKING:
    from nowhere import Unknown

checked = jaxtyped(typechecker=beartype)


@checked
def product(a: Float[Tensor, "M K"], b: "Float[Tensor, 'K N']", scale: float = 1.0) -> Float[Tensor, "M N"]:
    """Return a product, or what is none when the scale is 0."""
    return a @ b * scale if scale else a


@checked
def greet(name: str, *, times: int = 1, friend: "Unknown | None" = None) -> str:
    """Return a greeting, or nothing at all."""
    return f"hello {name}" * times or None


@checked
def numbers(start: int) -> Iterator[int]:
    """Count."""
    yield from count(start)


@dataclass
class Pair:
    """Two arrays of one length, and ways to have some."""

    a: Float[Tensor, "N"]
    b: Float[Tensor, "N"]

    @classmethod
    @checked
    def of(cls, n: int) -> "Pair":
        """Make one."""
        return cls(torch.ones(n), torch.ones(n))

    @checked
    @staticmethod
    def half(n: int) -> int:
        """Halve, into a float."""
        return n / 2

    @checked
    @property
    def sum(self) -> Float[Tensor, "N"]:
        """Add, into one number."""
        return (self.a + self.b).sum()


Pair = checked(Pair)
ROW = torch.ones(1, 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: product(ROW, ROW),
        lambda: product(ROW, torch.ones(2, 3), 0),
        lambda: product(ROW.int(), ROW.T),
        lambda: product(ROW, ROW.T, scale="2"),
        lambda: greet(1),
        lambda: greet("you", times=0),
        lambda: numbers("1"),
        lambda: Pair(torch.ones(2), torch.ones(3)),
        lambda: Pair.of("2"),
        lambda: Pair.half(3),
        lambda: Pair.of(3).sum,
    ],
)
def test_a_wrong_call_fails(call):
    """Wrong sizes, types and results are found in functions, generators, classes, methods and properties."""
    with pytest.raises(TypeCheckError):
        call()


def test_a_right_call_goes_through():
    """Axes are compared within one call and not with those of another; an int is a float."""
    assert product(ROW, ROW.T, 2).item() == 4
    assert product(ROW.T, ROW).shape == (2, 2)
    assert greet("you", times=2, friend=object()) == "hello youhello you"
    assert next(numbers(3)) == 3
    assert len(Pair.of(3).a) == 3
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        product(ROW)


def test_a_reader_is_not_checked(as_a_reader_calls_it):
    """Switched off, the function answers for itself, as it does in a reader's notebook."""
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        product(ROW, ROW)
    assert greet(1) == "hello 1"
    assert list(zip(range(2), numbers(1), strict=False)) == [(0, 1), (1, 2)]


def test_the_package_is_checked_when_a_run_asks_for_it(pytestconfig):
    """`make unit` names the plugin and the package: their functions refuse what the annotations do not allow."""
    if not pytestconfig.getoption("--jaxtyping-packages", None):
        pytest.skip("the package is not checked in this run: `make unit` checks it")
    assert jaxtyping.jaxtyped is jaxtyped
    with pytest.raises(TypeCheckError):
        alibi_slopes(torch.ones(3))
