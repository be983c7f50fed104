"""Move every random start in its last bit: Python imports this file by itself, found on PYTHONPATH.

Another processor adds up in another order, and its sums differ in the last bits. Here the numbers that torch and
NumPy draw, first weights among them, are made larger by one part in 2^23 (float32) or 2^52 (float64): what a
training prints after that is as likely to be printed elsewhere.
"""

import functools

import numpy as np
import torch

DRAWS = ("rand", "randn", "normal", "randn_like", "rand_like")
IN_PLACE = ("normal_", "uniform_")


def _moved(draw):
    @functools.wraps(draw)
    def moving(*arguments, **named):
        drawn = draw(*arguments, **named)
        with torch.no_grad():
            return drawn.mul_(1 + torch.finfo(drawn.dtype).eps) if drawn.is_floating_point() else drawn

    return moving


class _Moved(np.random.Generator):
    """A generator of NumPy's whose floats are moved in the last bit."""

    def normal(self, *arguments, **named):
        return super().normal(*arguments, **named) * (1 + np.finfo(float).eps)

    def standard_normal(self, *arguments, **named):
        return super().standard_normal(*arguments, **named) * (1 + np.finfo(float).eps)

    def uniform(self, *arguments, **named):
        return super().uniform(*arguments, **named) * (1 + np.finfo(float).eps)


for name in DRAWS:
    setattr(torch, name, _moved(getattr(torch, name)))
for name in IN_PLACE:
    setattr(torch.Tensor, name, _moved(getattr(torch.Tensor, name)))
_default_rng = np.random.default_rng
np.random.default_rng = lambda seed=None: _Moved(_default_rng(seed).bit_generator)
