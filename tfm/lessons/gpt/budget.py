"""Will it fit, and how long will it take? A training run's work, memory, time and price, before it is started.

    work    ≈ 6 · N · D operations       N parameters, D tokens read: 2N forward, 4N backward for each token
    memory  = weights + gradients + optimiser's averages + what the backward pass must remember
    time    = work ÷ (operations a second × the share of them that is really used)

The 6 leaves out attention's scores and counts a table of tokens that is only looked up; `token_work` does both
right. Sources: Kaplan et al., “Scaling Laws for Neural Language Models”, 2020, section 2.1 (6·N·D); Chowdhery et
al., “PaLM”, 2022, appendix B (the share that is used, MFU). This file knows nothing of any machine: what one
second brings is measured, or read from a data sheet, and passed in.
"""

from typing import NamedTuple

from tfm.by_hand.counting import FP32_BYTES, Shape, flops

FORWARD_AND_BACKWARD = (
    3  # the backward pass works twice: once for the inputs' gradients, once for the weights'
)
UNITS = ((86_400.0, "days"), (3600.0, "hours"), (60.0, "minutes"), (1.0, "seconds"), (1e-3, "milliseconds"))


class TrainingMemory(NamedTuple):
    """Bytes that a training run holds at its fullest moment.

    Attributes:
        weights: the parameters.
        gradients: one number a parameter.
        optimiser: its averages: two numbers a parameter for Adam, one for Muon or momentum, none for plain SGD.
        activations: what the forward pass keeps for the backward pass.
    """

    weights: int
    gradients: int
    optimiser: int
    activations: int

    @property
    def total(self) -> int:
        """All four together."""
        return sum(self)


def training_work(n_parameters: float, n_tokens: float) -> float:
    """Operations of a whole run, by the rule of thumb 6 · N · D.

    Args:
        n_parameters: N.
        n_tokens: D, tokens read, each as often as it is read.

    Example:
        >>> f"{training_work(70e9, 2e12):.1e}"
        '8.4e+23'
    """
    return 6 * _positive("n_parameters", n_parameters) * _positive("n_tokens", n_tokens)


def token_work(shape: Shape, length: int) -> int:
    """Operations of training for one token in a window of `length`, counted matrix by matrix.

    Every weight that is multiplied counts, a table that is looked up does not, and attention's scores and mixing,
    4TC a layer in `counting.flops`, are there: the whole square is computed, the forbidden half too.

    Args:
        shape: the model's numbers.
        length: T, tokens a window.

    Example:
        >>> from tfm.by_hand.counting import SHAPES
        >>> token_work(SHAPES["GPT-2 small"], 1024)
        854438400
    """
    return FORWARD_AND_BACKWARD * sum(flops(shape, length).values())


def training_memory(
    n_parameters: int, activations: int = 0, *, averages: int = 2, bytes_each: int = FP32_BYTES
) -> TrainingMemory:
    """Bytes of a training run.

    Args:
        n_parameters: N.
        activations: bytes that the forward pass keeps; they grow with batch × context.
        averages: numbers a parameter that the optimiser keeps: 2 for Adam, 1 for Muon, 0 for plain SGD.
        bytes_each: bytes a number: 4 for fp32.

    Example:
        >>> training_memory(1_000_000).total
        16000000
    """
    n = int(_positive("n_parameters", n_parameters)) * bytes_each
    return TrainingMemory(weights=n, gradients=n, optimiser=averages * n, activations=activations)


def training_seconds(work: float, per_second: float, *, used: float = 1.0, devices: int = 1) -> float:
    """How long a run takes.

    Args:
        work: operations.
        per_second: operations a second of one device, its peak or what was measured.
        used: the share of them that the run really uses; 1 where `per_second` was measured on the run itself.
        devices: how many share the work evenly.

    Example:
        >>> training_seconds(6e12, 2e12, used=0.5)
        6.0
    """
    if not 0 < used <= 1:
        raise ValueError(f"used ({used}) is a share above 0 and at most 1: try 0.4")
    return work / (_positive("per_second", per_second) * used * _positive("devices", devices))


def utilisation(work: float, seconds: float, peak: float, devices: int = 1) -> float:
    """The share of the devices' operations that a run used (model FLOPs utilisation, MFU).

    Args:
        work: operations that the model needed.
        seconds: how long the run took.
        peak: operations a second of one device, by its data sheet.
        devices: how many.

    Example:
        >>> utilisation(6e12, 6, 2e12)
        0.5
    """
    return work / (_positive("seconds", seconds) * _positive("peak", peak) * _positive("devices", devices))


def device_hours(devices: int, days: float) -> float:
    """What a data centre bills: devices × hours.

    Example:
        >>> device_hours(6000, 12)
        1728000
    """
    return devices * days * 24


def seconds_text(seconds: float) -> str:
    """A time as people say it.

    Example:
        >>> seconds_text(90), seconds_text(0.02), seconds_text(1_036_800)
        ('1.5 minutes', '20 milliseconds', '12 days')
    """
    size, unit = next(((s, u) for s, u in UNITS if seconds >= s), UNITS[-1])
    number = f"{seconds / size:.2g}" if seconds < 100 * size else f"{seconds / size:,.0f}"
    return f"{number} {unit.removesuffix('s') if number == '1' else unit}"


def _positive(name: str, value: float) -> float:
    if not value > 0:
        raise ValueError(f"{name} ({value}) must be above 0: count or measure it first")
    return value
