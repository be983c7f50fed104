"""What can be trained: the tasks by name."""

from tfm.tasks.language import Language
from tfm.tasks.task import Job, Task
from tfm.tasks.translation import Translation

TASKS: dict[str, Task] = {"write": Language(), "translate": Translation()}

__all__ = ["TASKS", "Job", "Task"]
