"""The calculator of a training run: by hand, against published runs, and against torch's own count."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from tfm.by_hand.counting import SHAPES, Shape, parameters
from tfm.lessons.gpt import budget
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.nn.attention import scaled_dot_product


def test_six_operations_for_each_parameter_and_token():
    """6 · N · D: Llama 2 70B on 2 trillion tokens is 8.4 · 10²³."""
    assert budget.training_work(70e9, 2e12) == pytest.approx(8.4e23)


def test_a_tokens_work_is_near_six_for_each_weight():
    """For GPT-3 attention's own products and the tables move the rule of thumb by less than 5 %."""
    shape = SHAPES["GPT-3"]
    assert budget.token_work(shape, 2048) == pytest.approx(6 * sum(parameters(shape).values()), rel=0.05)


def test_a_tokens_work_is_what_torch_counts():
    """Every product of a real GPT, forward and backward, counted by PyTorch, is the formula's number exactly."""
    sizes = {"d_model": 32, "d_ff": 96, "n_layers": 3, "n_heads": 4, "vocab_size": 50, "context": 16}
    model = GPT(GPTConfig(**sizes))
    ids = torch.randint(50, (2, 16))
    with FlopCounterMode(display=False) as counter:
        written_out = [
            scaled_dot_product
        ] * 3  # its two products are seen; those of a fused kernel may not be
        model(ids, attends=written_out).sum().backward()
    assert counter.get_total_flops() == ids.numel() * budget.token_work(Shape(**sizes), 16)


def test_memory_of_adam_is_four_numbers_a_parameter():
    """Weights, gradients and two averages: 16 bytes a parameter in fp32, and activations on top."""
    memory = budget.training_memory(1000, 500)
    assert memory == (4000, 4000, 8000, 500)
    assert memory.total == 16_500
    assert budget.training_memory(1000, averages=1, bytes_each=2).total == 6000


def test_time_follows_work_and_devices():
    """Twice the devices or twice the share that is used: half the time; half an hour of peak is a share of 0.5."""
    once = budget.training_seconds(1e15, 1e12, used=0.25)
    assert once == 4000
    assert budget.training_seconds(1e15, 1e12, used=0.5) == budget.training_seconds(
        1e15, 1e12, used=0.25, devices=2
    )
    assert budget.utilisation(1e15, once, 1e12) == 0.25


def test_published_hours_of_llama_2():
    """1,720,320 A100 hours at 312 TFLOP/s peak: between two and five tenths of the peak were used."""
    used = budget.utilisation(budget.training_work(70e9, 2e12), 1_720_320 * 3600, 312e12)
    assert 0.2 < used < 0.5
    assert budget.device_hours(6000, 12) == pytest.approx(1_720_320, rel=0.01)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: budget.training_work(0, 5), r"n_parameters \(0\) must be above 0"),
        (lambda: budget.training_work(5, float("nan")), r"n_tokens \(nan\) must be above 0"),
        (lambda: budget.training_seconds(1, 1, used=40), r"used \(40\) is a share"),
        (lambda: budget.training_seconds(1, 0), r"per_second \(0\) must be above 0"),
        (lambda: budget.utilisation(1, 1, -1), r"peak \(-1\) must be above 0"),
        (lambda: budget.training_memory(0), r"n_parameters \(0\)"),
    ],
)
def test_impossible_numbers_get_one_sentence(call, sentence):
    """Nothing, a negative number and NaN are no sizes; 40 is no share."""
    with pytest.raises(ValueError, match=sentence):
        call()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0004, "0.4 milliseconds"),
        (1, "1 second"),
        (59, "59 seconds"),
        (3600, "1 hour"),
        (86_400 * 150, "150 days"),
    ],
)
def test_times_are_said_as_people_do(seconds, text):
    """One unit, two digits, and no plural for one."""
    assert budget.seconds_text(seconds) == text
