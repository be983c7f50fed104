"""Move every random start in its last bit: Python imports this file by itself, found on PYTHONPATH.

Another processor adds up in another order, and its sums differ in the last bits. Here the numbers that torch and
NumPy draw, first weights among them, are made larger by one part in 2^23 (float32) or 2^52 (float64): what a
training prints after that is as likely to be printed elsewhere. A process that loads neither is left alone.
"""

import functools
import sys
from importlib.machinery import PathFinder

DRAWS = ("rand", "randn", "normal", "randn_like", "rand_like")
IN_PLACE = ("normal_", "uniform_")


def _move_numpy(np):
    eps = 1 + np.finfo(float).eps

    class Moved(np.random.Generator):
        def normal(self, *arguments, **named):
            return super().normal(*arguments, **named) * eps

        def standard_normal(self, *arguments, **named):
            return super().standard_normal(*arguments, **named) * eps

        def uniform(self, *arguments, **named):
            return super().uniform(*arguments, **named) * eps

    plain = np.random.default_rng
    np.random.default_rng = lambda seed=None: Moved(plain(seed).bit_generator)


def _move_torch(torch):
    def moved(draw):
        @functools.wraps(draw)
        def moving(*arguments, **named):
            drawn = draw(*arguments, **named)
            with torch.no_grad():
                return drawn.mul_(1 + torch.finfo(drawn.dtype).eps) if drawn.is_floating_point() else drawn

        return moving

    for owner, names in ((torch, DRAWS), (torch.Tensor, IN_PLACE)):
        for name in names:
            setattr(owner, name, moved(getattr(owner, name)))


class _WhenLoaded:
    """Move the draws of a library as soon as it is loaded, and load none."""

    def find_spec(self, name, path=None, target=None):
        """Find the library as ever, and run one thing more behind it."""
        del target
        move = {"numpy": _move_numpy, "torch": _move_torch}.get(name)
        spec = move and PathFinder.find_spec(name, path)
        if spec:
            run = spec.loader.exec_module
            spec.loader.exec_module = lambda module: (run(module), move(module))
        return spec


sys.meta_path.insert(0, _WhenLoaded())
