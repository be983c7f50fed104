"""Numbers that another processor computes a little differently: how far they may be from what is stored.

A cell whose printed numbers are decided by training or timing carries in its metadata how far each may move:

    "tfm": {"spread": {"2": 0.03, "5": 12}}        the third and the sixth number that the cell prints

`make restore` measures it: the lesson runs as it is and once under each of `PERTURBATIONS`, and a number's spread
is `MARGIN` times the largest distance seen, and one unit of its last printed digit at least. All else that a cell
prints, and every number without a spread, is compared to the letter. This file reads text and runs nothing.
"""

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

MARGIN = 3
NUMBER = re.compile(r"(?<![\w.])[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])")
PERTURBATIONS: dict[str, dict[str, str]] = {
    "SSE4.2": {
        "MKL_ENABLE_INSTRUCTIONS": "SSE4_2",
        "ONEDNN_MAX_CPU_ISA": "SSE41",
        "ATEN_CPU_CAPABILITY": "default",
        "OPENBLAS_CORETYPE": "Nehalem",
    },
    "AVX2": {
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "ATEN_CPU_CAPABILITY": "avx2",
        "OPENBLAS_CORETYPE": "Haswell",
    },
    "two threads": {"OMP_NUM_THREADS": "2", "OMP_WAIT_POLICY": "PASSIVE"},
    "last bit": {"PYTHONPATH": str(Path(__file__).with_name("perturbed"))},
}
Spread = Mapping[str, float]


def printed(outputs: Iterable[Mapping[str, Any]]) -> str:
    """Join what a cell's outputs print on stdout."""
    return "".join(
        "".join(output["text"])
        for output in outputs
        if output["output_type"] == "stream" and output["name"] == "stdout"
    )


def differences(stored: str, now: str, spread: Spread) -> list[str]:
    """Say in what a text differs from the stored one, apart from numbers that are within their spread.

    Example:
        >>> differences("loss 0.31 after 90 steps", "loss 0.33 after 90 steps", {"0": 0.05})
        []
        >>> differences("loss 0.31 after 90 steps", "loss 0.41 after 91 steps", {"0": 0.05})
        ['0.41 is further than 0.05 from 0.31', '91 is not 90']
        >>> differences("loss 0.31", "loss nan", {"0": 0.05})
        ['the words differ']
    """
    if _words(stored) != _words(now):
        return ["the words differ"]
    found = []
    for place, (was, new) in enumerate(zip(NUMBER.findall(stored), NUMBER.findall(now), strict=True)):
        allowed = spread.get(str(place))
        if allowed is None and was != new:
            found.append(f"{new} is not {was}")
        elif allowed is not None and abs(_value(new) - _value(was)) > allowed:
            found.append(f"{new} is further than {allowed:g} from {was}")
    return found


def measured(stored: str, others: Iterable[str]) -> dict[str, float]:
    """Measure the spread of every number that other runs printed differently.

    Raises:
        ValueError: a run printed other words, or another number of numbers.

    Example:
        >>> measured("loss 0.310, 90 steps", ["loss 0.312, 90 steps", "loss 0.309, 90 steps"])
        {'0': 0.006}
    """
    was, spread = NUMBER.findall(stored), {}
    for other in others:
        if _words(stored) != _words(other):
            raise ValueError(f"it printed {other.strip()!r} where {stored.strip()!r} is stored")
        for place, (old, new) in enumerate(zip(was, NUMBER.findall(other), strict=True)):
            if old != new:
                far = max(MARGIN * abs(_value(new) - _value(old)), _unit(old))
                spread[str(place)] = max(spread.get(str(place), 0.0), _two_digits_up(far))
    return dict(sorted(spread.items(), key=lambda item: int(item[0])))


def settled(outputs: list[Any], reference: list[Any], spread: Spread) -> list[Any]:
    """Give outputs the stored numbers wherever theirs are within the spread; all else can then be compared."""
    stored = printed(reference)
    if not spread or differences(stored, printed(outputs), spread):
        return outputs
    kept, said = [], False
    for output in outputs:
        if output["output_type"] != "stream" or output["name"] != "stdout":
            kept.append(output)
        elif not said:
            kept.append(type(output)({**output, "text": stored}))
            said = True
    return kept


def _words(text: str) -> list[str]:
    """Cut a text into its words, every number a #: a number that is shorter moves the blanks around it."""
    return NUMBER.sub("#", text).split()


def _value(number: str) -> float:
    return float(number.replace(",", "").replace("−", "-"))


def _unit(number: str) -> float:
    """One unit of the last printed digit."""
    mantissa, _, exponent = number.partition("e")
    return 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def _two_digits_up(number: float) -> float:
    """Round up to two digits: 0.00612 → 0.0062."""
    unit = 10.0 ** (math.floor(math.log10(number)) - 1)
    return float(f"{math.ceil(round(number / unit, 6)) * unit:.6g}")
