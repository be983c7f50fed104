"""Every exercise of the course, held to one contract."""

import numpy as np
import pytest
import torch

from tfm import check
from tfm.kit.exercise import Exercise

EXERCISES = {name: getattr(check, name) for name in dir(check)}
MISTAKES = [(name, mistake) for name, exercise in EXERCISES.items() for mistake in exercise.mistakes]


@pytest.mark.parametrize("name", EXERCISES)
def test_our_solution_is_right(name):
    """Every check accepts the solution it was written with."""
    exercise = EXERCISES[name]
    assert exercise(exercise.solution).right


@pytest.mark.parametrize("name", EXERCISES)
def test_an_unfilled_function_is_not_started(name):
    """A function that does nothing yet is told what to do, not that it is wrong."""
    verdict = EXERCISES[name](lambda *_: ...)
    assert verdict.state == "not started"
    assert verdict.sentence == EXERCISES[name].asks


@pytest.mark.parametrize("name", EXERCISES)
def test_knows_at_least_four_mistakes(name):
    """Every exercise knows four typical mistakes by name."""
    assert len({m.name for m in EXERCISES[name].mistakes}) >= 4


@pytest.mark.parametrize(("name", "mistake"), MISTAKES, ids=[f"{n}: {m.name}" for n, m in MISTAKES])
def test_names_the_mistake(name, mistake):
    """Whoever makes a known mistake is told its name and its cure, and not another's."""
    verdict = EXERCISES[name](mistake.wrong)
    assert verdict.state == "wrong"
    assert verdict.sentence.startswith(mistake.name)
    assert mistake.cure[1:] in verdict.sentence


@pytest.mark.parametrize("name", EXERCISES)
def test_an_exception_becomes_a_sentence(name):
    """A function that raises gets a verdict with the reason, and the lesson goes on."""

    def broken(*_):
        raise ZeroDivisionError("division by zero")

    verdict = EXERCISES[name](broken)
    assert (verdict.state, verdict.sentence) == (
        "wrong",
        "your function stopped with ZeroDivisionError: division by zero",
    )


@pytest.mark.parametrize("name", EXERCISES)
def test_an_unknown_mistake_gets_the_first_difference(name):
    """An answer that is wrong in a way nobody foresaw is still told where it differs."""
    verdict = EXERCISES[name](lambda *_: -12345.678)
    assert verdict.state == "wrong"


@pytest.mark.parametrize("answer", ["a word", {"a": 1}, [[1, 2], [3, "x"]]])
@pytest.mark.parametrize("name", EXERCISES)
def test_an_answer_that_is_not_numbers_gets_a_sentence(name, answer):
    """Text, dictionaries and lists with a word in them are told to become numbers."""
    verdict = EXERCISES[name](lambda *_: answer)
    assert verdict.state == "wrong"
    assert "numbers" in verdict.sentence


@pytest.mark.parametrize("name", EXERCISES)
def test_the_result_instead_of_the_function_gets_a_sentence(name):
    """Handing over the result is the commonest slip of all."""
    assert "without brackets" in EXERCISES[name](3.0).sentence


def test_the_readers_function_cannot_spoil_the_inputs():
    """A function that changes its arguments in place does not change what others are tried on."""
    case = ([1.0, 2.0],)
    exercise = Exercise(asks="sum", praise="summed", solution=sum, cases=[case], mistakes=[])
    exercise(lambda xs: xs.clear())
    assert case == ([1.0, 2.0],)
    assert exercise(sum).right


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("causal", lambda n: np.tril(np.ones((n, n)))),
        ("causal", lambda n: np.tri(n, dtype=int)),
        ("causal", lambda n: torch.ones(n, n).tril()),
        ("causal", lambda n: np.tri(n).tolist()),
        ("padding", lambda lengths, n: (np.arange(n) < lengths[:, None]) * 1.0),
    ],
)
def test_ones_and_zeros_are_no_mask(name, answer):
    """A triangle of numbers, in whichever library, is told why it hides nothing, and how to make it a mask."""
    verdict = EXERCISES[name](answer)
    assert verdict.state == "wrong"
    assert verdict.sentence.startswith(
        "these are ones and zeros, not True and False. Return the comparison itself"
    )


def test_a_boolean_mask_of_any_library_is_right():
    """True and False in a list, an array or a tensor are the answer."""
    for answer in (
        lambda n: np.tri(n, dtype=bool),
        lambda n: np.tri(n, dtype=bool).tolist(),
        lambda n: torch.ones(n, n, dtype=torch.bool).tril(),
    ):
        assert EXERCISES["causal"](answer).right
