"""Exercise verdicts: `check.NAME(your_function)` answers not started, right, or wrong *because*.

Every exercise of the course is an attribute of this module. Each stands in the folder of its lesson, under the
name that `course.toml` gives it, and is loaded when it is asked for.
"""

from importlib import import_module

from tfm.course import lessons
from tfm.kit.exercise import Exercise

_LESSONS = {name: lesson.name[3:] for lesson in lessons() for name in lesson.exercises}
__all__ = list(_LESSONS)


def __getattr__(name: str) -> Exercise:
    """Load an exercise."""
    if name not in _LESSONS:
        raise AttributeError(f"there is no exercise {name!r}")
    exercise: Exercise = getattr(import_module(f"tfm.lessons.{_LESSONS[name]}.exercises"), name)
    return exercise


def __dir__() -> list[str]:
    """What a reader finds by the Tab key."""
    return sorted(_LESSONS)
