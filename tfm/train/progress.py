"""A progress bar for training: loss, tokens a second, how busy the machine is, memory, and the time that is left.

    model FLOPs utilisation  =  tokens a second · operations a token / operations a second of a large product here

A token costs about 6 operations for each parameter, two forward and four backward (Kaplan et al., “Scaling Laws
for Neural Language Models”, 2020, section 2.1); who knows better says so. The utilisation's name and use:
Chowdhery et al., “PaLM”, 2022, appendix B. tqdm draws. This file knows nothing of models.
"""

import contextlib
import time
from typing import Any

import torch
from tqdm.auto import tqdm

from tfm.train.device import memory_used
from tfm.train.step import Step

REFRESH = 0.5  # seconds from one look at the numbers to the next; each look waits for a GPU


class Progress:
    """A listener that draws a bar.

    Args:
        device: whose memory is shown.
        flops_per_token: operations of one token, forward and backward; None shows no utilisation.
        peak: operations a second that a large matrix product reaches, as `product_rate` measures it.
        file: where to draw, with `write` and `flush`; standard error by default.

    Example:
        >>> import io
        >>> from torch import tensor
        >>> from tfm.train.step import Update
        >>> screen = io.StringIO()
        >>> bar = Progress(torch.device("cpu"), file=screen)
        >>> bar(Step(1, 2, Update(tensor(4.0), None, tokens=64), rate=0.1, seconds=0.5))
        >>> bar.close()
        >>> "loss 4.000" in screen.getvalue()
        True
    """

    def __init__(
        self,
        device: torch.device,
        flops_per_token: float | None = None,
        peak: float | None = None,
        file: Any = None,
    ) -> None:
        self._device, self._file = device, file
        self._share = flops_per_token / peak if flops_per_token and peak else None
        self._bar: Any = None
        self._tokens, self._seconds, self._next_look = 0, 0.0, 0.0
        self._validation = ""

    def __call__(self, step: Step) -> None:
        """Take a step in."""
        with contextlib.suppress(OSError):  # the terminal was closed: training goes on to its next save
            self._draw(step)

    def _draw(self, step: Step) -> None:
        if self._bar is None:
            self._bar = tqdm(
                total=step.steps, initial=step.number - 1, unit="step", file=self._file, dynamic_ncols=True
            )
        self._tokens, self._seconds = self._tokens + step.tokens, self._seconds + step.seconds
        if step.validation_loss is not None:
            self._validation = f", validation {step.validation_loss:.3f}{'*' if step.best else ''}"
        now = time.perf_counter()
        if now >= self._next_look or step.number == step.steps:
            self._bar.set_postfix_str(self.words(step), refresh=False)
            self._tokens, self._seconds, self._next_look = 0, 0.0, now + REFRESH
        self._bar.update(1)

    def words(self, step: Step) -> str:
        """Say how training goes, from the steps since the last look."""
        speed = self._tokens / max(self._seconds, 1e-9)
        busy = "" if self._share is None else f", MFU {speed * self._share:.0%}"
        memory = memory_used(self._device) / 2**30
        return f"loss {step.loss:.3f}{self._validation}, {speed:,.0f} tokens/s{busy}, {memory:.1f} GiB"

    def close(self) -> None:
        """Leave the bar as it stands."""
        if self._bar is not None:
            with contextlib.suppress(OSError):
                self._bar.close()
            self._bar = None
