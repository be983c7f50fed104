"""Behind lesson 18, A GPT: what its notebook imports."""

from tfm.lessons.gpt.budget import (
    device_hours,
    seconds_text,
    training_memory,
    training_seconds,
    training_work,
    utilisation,
)
from tfm.lessons.gpt.expected import expected_losses
from tfm.lessons.gpt.film import Film, Frame
from tfm.lessons.gpt.looking_back import first_above, previous_by_chance, weight_on_previous
from tfm.lessons.gpt.widget import TrainingMovie

__all__ = [
    "Film",
    "Frame",
    "TrainingMovie",
    "device_hours",
    "expected_losses",
    "first_above",
    "previous_by_chance",
    "seconds_text",
    "training_memory",
    "training_seconds",
    "training_work",
    "utilisation",
    "weight_on_previous",
]
