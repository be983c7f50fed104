"""The losses of a run by epoch, never more of them than a curve can show, however long somebody trains.

Up to `MOST` measurements every epoch is kept. Then every second one is forgotten, and from there on every second
epoch is kept, and so on: the curve keeps its shape from its beginning to the latest epoch, and an hour of training
takes no more memory than a minute.
"""

from bisect import bisect_right

MOST = 4096

Pair = tuple[float, float]


class History:
    """Training and test loss by epoch.

    Args:
        epoch: the epoch that the history begins with.
        losses: training and test loss there.

    Attributes:
        epochs: the epochs that are kept, rising; the last is the latest.
        losses: training and test loss at each.

    Example:
        >>> history = History(0, (1.0, 1.0))
        >>> for epoch in range(1, 10_001):
        ...     history.add(epoch, (1 / epoch, 2 / epoch))
        >>> len(history.epochs), history.epochs[:3], history.epochs[-1]
        (2501, [0, 4, 8], 10000)
    """

    def __init__(self, epoch: int, losses: Pair) -> None:
        self.epochs, self.losses = [epoch], [losses]
        self._every = 1

    def add(self, epoch: int, losses: Pair) -> None:
        """Add the latest epoch."""
        if self._is_between(self.epochs[-1]):
            del self.epochs[-1], self.losses[-1]  # it was kept only as the latest
        self.epochs.append(epoch)
        self.losses.append(losses)
        if len(self.epochs) > MOST:
            self._every *= 2
            kept = [i for i, e in enumerate(self.epochs) if e == epoch or not self._is_between(e)]
            self.epochs = [self.epochs[i] for i in kept]
            self.losses = [self.losses[i] for i in kept]

    def change(self, epoch: int, losses: Pair) -> None:
        """Go back to an epoch, or stay at it, with the losses as they are there now."""
        known = bisect_right(self.epochs, epoch - 1)
        del self.epochs[known:], self.losses[known:]
        self.epochs.append(epoch)
        self.losses.append(losses)

    def _is_between(self, epoch: int) -> bool:
        return (epoch - self.epochs[0]) % self._every != 0
