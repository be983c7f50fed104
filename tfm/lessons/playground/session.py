"""A training run that can be looked at, stopped, changed by hand and taken back: the playground's engine.

    an epoch:  for each batch of the training points   w ← w − rate · (∂loss/∂w + ∂penalty/∂w)

The loss is ½ · mean (output − target)²; targets are +1 and −1, or heights. The output neuron is bent by tanh where
classes are told apart and straight where heights are predicted. The order of the points is fixed, so that two runs
of one seed differ by their settings alone.

Source: Smilkov, Carter, Sculley, Viégas and Wattenberg, “Direct-Manipulation Visualization of Deep Networks”, 2017
(TensorFlow Playground). This file knows nothing of where points come from (`source` is an argument) or of drawing.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tfm.by_hand.activations import ACTIVATIONS, LINEAR, TANH
from tfm.by_hand.descent import SGD
from tfm.by_hand.losses import SQUARED_ERROR
from tfm.by_hand.network import Gradients, Network
from tfm.lessons.playground.history import History
from tfm.lessons.playground.settings import PENALTIES, Settings, features, plane_grid, require_range

__all__ = ["DivergedError", "Points", "Session", "Settings", "Source"]

Array = NDArray[Any]

LARGEST = 1e4  # a loss or a weight beyond this is on its way to infinity
REMEMBERED = 1000  # moves that can be taken back


class DivergedError(ValueError):
    """Training ran away; the run stands where it was finite last."""


class Points(Protocol):
    """What a run learns from: training and test points with their targets, and the task."""

    train_x: Array
    train_y: Array
    test_x: Array
    test_y: Array
    task: str


Source = Callable[
    ..., Any
]  # (name, noise=, train_share=, seed=) → Points, such as tfm.data.plane.plane_points


class Moment(NamedTuple):
    """Where a run stood: what `undo` goes back to."""

    epoch: int
    parameters: list[Array]


class Session:
    """One training run.

    Args:
        settings: what to train on what, and how.
        source: called as `source(settings.data, noise=, train_share=, seed=)`; gives the `Points`.

    Attributes:
        settings: as given; another learning rate may be put here at any time.
        points: what is learned from.
        network: the network as it is now.
        epoch: how often all training points have been seen.
        history: train and test loss from epoch 0 on, or from the one that a saved run was taken up at.

    Raises:
        ValueError: the source knows no such set.

    Example:
        >>> from tfm.data.plane import plane_points
        >>> run = Session(Settings(data="two clusters", hidden=(2,)), plane_points)
        >>> run.step(20)
        >>> run.epoch, run.losses[-1][0] < run.losses[0][0]
        (20, True)
        >>> run.undo(), run.epoch
        (True, 0)
    """

    def __init__(self, settings: Settings, source: Source) -> None:
        self.settings, self.source = settings, source
        self.points: Points = source(
            settings.data, noise=settings.noise, train_share=settings.train / 100, seed=settings.seed
        )
        self._train_x = features(self.points.train_x, settings.features)  # N × n_features
        self._test_x = features(self.points.test_x, settings.features)
        self.network = self.first_network()
        self.epoch = 0
        self._past: deque[Moment] = deque(maxlen=REMEMBERED)
        self.history = History(0, self._measured())

    @property
    def losses(self) -> list[tuple[float, float]]:
        """Train and test loss after each epoch that is kept; the last one is now."""
        return self.history.losses

    def first_network(self) -> Network:
        """The network of the seed as it was before any training."""
        sizes = [len(self.settings.features), *self.settings.hidden, 1]
        output = LINEAR if self.points.task == "regression" else TANH
        return Network.random(sizes, ACTIVATIONS[self.settings.activation], output, self.settings.seed)

    # Moves --------------------------------------------------------------------------------------------------

    def step(self, epochs: int = 1) -> None:
        """Train; the whole call is one move for `undo`.

        Args:
            epochs: how often to go through the training points, 1 or more.

        Raises:
            DivergedError: a loss or weight passed 10,000 or was no number; the run stays where it was finite.
        """
        self._remember()
        rule = SGD(self.settings.rate)
        price = PENALTIES[self.settings.penalty](self.settings.penalty_rate)
        x, y, size = self._train_x, self.points.train_y, self.settings.batch
        for _ in range(epochs):
            before = [p.copy() for p in self.network.parameters()]
            with np.errstate(all="ignore"):  # a run that diverges is told below
                for first in range(0, len(x), size):
                    batch = slice(first, first + size)
                    slopes = self.network.backward(x[batch], y[batch], SQUARED_ERROR, price)
                    rule.step(self.network.parameters(), slopes.flat())
                measured = self._measured()
            if not _all_finite([*self.network.parameters(), np.array(measured)]):
                self._put(before)
                self._forget_if_unmoved()
                raise DivergedError(
                    f"training diverged in epoch {self.epoch + 1}, a weight or the loss left every bound: choose "
                    f"a learning rate below {self.settings.rate:g} and start again"
                )
            self.epoch += 1
            self.history.add(self.epoch, measured)

    def undo(self) -> bool:
        """Take the last move back, a step or a weight set by hand; False if there is none."""
        if not self._past:
            return False
        moment = self._past.pop()
        self.epoch = moment.epoch
        self._put(moment.parameters)
        self.history.change(self.epoch, self._measured())
        return True

    def set_parameter(self, layer: int, source: int | None, target: int, value: float) -> None:
        """Set one weight or bias by hand; `undo` takes it back.

        Args:
            layer: 0 is the layer that the features go into.
            source: the weight's input, from 0; None sets the bias.
            target: the neuron, from 0.
            value: from −100 to 100.

        Raises:
            ValueError: the value is no such number.
        """
        require_range("a weight", value, -100, 100)
        self._remember()
        if source is None:
            self.network.biases[layer][target] = value
        else:
            self.network.weights[layer][source, target] = value
        self.history.change(self.epoch, self._measured())

    def pass_move(self) -> None:
        """A move that changes nothing, while another run in lock-step is changed by hand."""
        self._remember()

    def can_take(self, settings: Settings) -> bool:
        """Whether this run can go on under other settings: only the learning rate may differ."""
        return replace(settings, rate=self.settings.rate) == self.settings

    def take_up(self, parameters: list[Array], epoch: int) -> None:
        """Go on from saved parameters; the history begins here.

        Raises:
            ValueError: their shapes do not fit the settings, or a number is not finite.
        """
        if [p.shape for p in parameters] != [p.shape for p in self.network.parameters()]:
            raise ValueError("the saved weights do not fit the network of the settings: copy the text again")
        if not _all_finite(parameters):
            raise ValueError("the saved weights hold a number that is not finite: copy the text again")
        self._put(parameters)
        self.epoch = epoch
        self._past.clear()
        self.history = History(epoch, self._measured())

    # Looking ------------------------------------------------------------------------------------------------

    def gradients(self) -> Gradients:
        """The slope of loss plus penalty in every weight, over all training points."""
        price = PENALTIES[self.settings.penalty](self.settings.penalty_rate)
        with np.errstate(all="ignore"):
            return self.network.backward(self._train_x, self.points.train_y, SQUARED_ERROR, price)

    def maps(self, side: int = 64) -> list[Array]:
        """What every neuron says at each place of the plane.

        Args:
            side: places in each direction.

        Returns:
            One array a layer, the features first: neurons × side × side, the first row at the top (x₂ = 6).
        """
        seen = features(plane_grid(side), self.settings.features)
        return [a.T.reshape(-1, side, side) for a in self.network.forward(seen)]

    def accuracy(self) -> tuple[float, float] | None:
        """The share of training and of test points on the right side of 0; None for heights."""
        if self.points.task == "regression":
            return None
        pairs = ((self._train_x, self.points.train_y), (self._test_x, self.points.test_y))
        train, test = (float(((self.network.predict(x)[:, 0] > 0) == (y > 0)).mean()) for x, y in pairs)
        return train, test

    # Inside -------------------------------------------------------------------------------------------------

    def _measured(self) -> tuple[float, float]:
        pairs = ((self._train_x, self.points.train_y), (self._test_x, self.points.test_y))
        train, test = (SQUARED_ERROR.f(self.network.predict(x), y) for x, y in pairs)
        return train, test

    def _remember(self) -> None:
        self._past.append(Moment(self.epoch, [p.copy() for p in self.network.parameters()]))

    def _forget_if_unmoved(self) -> None:
        if self._past[-1].epoch == self.epoch:
            self._past.pop()

    def _put(self, parameters: list[Array]) -> None:
        for place, saved in zip(self.network.parameters(), parameters, strict=True):
            place[...] = saved


def _all_finite(arrays: list[Array]) -> bool:
    return all(bool((abs(a) < LARGEST).all()) for a in arrays)  # NaN is not below anything
