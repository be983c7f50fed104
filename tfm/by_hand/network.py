"""A fully connected network in NumPy, and backpropagation through it.

    z₁ = x W₁ + b₁,  a₁ = activation(z₁),  z₂ = a₁ W₂ + b₂,  …  the last layer through its own activation

Backward, from the last layer to the first, with δ the slope of the loss in z:

    ∂loss/∂W = aᵀ δ      ∂loss/∂b = Σ δ over the examples      δ before = (δ Wᵀ) · slope(z before)

Sources: Rumelhart, Hinton and Williams, “Learning representations by back-propagating errors”, 1986; how far the
first weights reach: LeCun, Bottou, Orr and Müller, “Efficient BackProp”, 1998, section 4.6. This file knows
nothing of descent: it says which way is up, and `tfm.by_hand.descent` walks.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.activations import ACTIVATIONS, LINEAR, Activation
from tfm.by_hand.losses import Loss
from tfm.by_hand.penalties import Penalty

Array = NDArray[Any]


class Gradients(NamedTuple):
    """The slope of loss and penalty in every parameter.

    Attributes:
        weights: one array a layer, n_in × n_out.
        biases: one array a layer, n_out.
        loss: the mean loss itself, without the penalty; ∞ or NaN once training has diverged.
    """

    weights: list[Array]
    biases: list[Array]
    loss: float

    def flat(self) -> list[Array]:
        """All arrays in the order of `Network.parameters`."""
        return _in_order(self.weights, self.biases)


class Network:
    """Layers of neurons, each seeing the whole layer before it.

    Args:
        weights: one array a layer, n_in × n_out; column j holds the weights of neuron j.
        biases: one array a layer, n_out.
        activation: of every layer but the last.
        output: the activation of the last layer.

    Attributes:
        weights: as above, float64 copies; they may be changed in place.
        biases: the same.
        sizes: how many numbers go in, and how many come out of each layer.

    Raises:
        ValueError: layers do not fit each other, or a number is NaN or infinite.
        TypeError: an activation is none.

    Example:
        >>> from tfm.by_hand.activations import RELU
        >>> net = Network([[[1, -1]], [[1], [1]]], [[0, 0], [0]], RELU)  # the absolute value
        >>> net.predict([[-3.0], [2.0]])
        array([[3.],
               [2.]])
        >>> net
        <network 1 → 2 → 1, relu, then linear>
    """

    def __init__(
        self,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike],
        activation: Activation,
        output: Activation = LINEAR,
    ) -> None:
        self.weights: list[Array] = [np.array(w, dtype=float) for w in weights]
        self.biases: list[Array] = [np.array(b, dtype=float) for b in biases]
        self.activation, self.output = _known(activation), _known(output)
        _require_layers(self.weights, self.biases)

    @classmethod
    def random(
        cls, sizes: Sequence[int], activation: Activation, output: Activation = LINEAR, seed: int = 0
    ) -> "Network":
        """A network that knows nothing yet: weights from a normal curve of width 1 / √n_in, biases 0.

        Args:
            sizes: how many inputs, neurons of each hidden layer, outputs; two numbers or more, each 1 or more.
            activation: of the hidden layers.
            output: of the last layer.
            seed: the same seed gives the same weights.

        Returns:
            The network.

        Raises:
            ValueError: there are fewer than two sizes, or one is not a whole number above 0.

        Example:
            >>> Network.random([2, 4, 4, 1], ACTIVATIONS["tanh"]).sizes
            [2, 4, 4, 1]
        """
        if len(sizes) < 2 or any(int(n) != n or n < 1 for n in sizes):
            raise ValueError(
                f"sizes must be two or more whole numbers above 0, and they are {list(sizes)}: try [2, 4, 1]"
            )
        rng = np.random.default_rng(seed)
        pairs = list(pairwise(sizes))
        weights = [rng.normal(0, n**-0.5, (int(n), int(m))) for n, m in pairs]
        return cls(weights, [np.zeros(int(m)) for _, m in pairs], activation, output)

    @property
    def sizes(self) -> list[int]:
        """How many numbers go in, and how many come out of each layer."""
        return [len(self.weights[0]), *(len(b) for b in self.biases)]

    def forward(self, x: ArrayLike) -> list[Array]:
        """Every layer's activations, the input first and the output last.

        Args:
            x: N × n_in, a row an example.

        Returns:
            One array more than there are layers, N × the layer's size each.

        Raises:
            ValueError: the width of `x` is not n_in, or a number in it is NaN or infinite.

        Example:
            >>> net = Network.random([2, 3, 1], ACTIVATIONS["relu"])
            >>> [a.shape for a in net.forward([[0.0, 1.0], [1.0, 1.0]])]
            [(2, 2), (2, 3), (2, 1)]
        """
        return self._sums_and_activations(x)[1]

    def predict(self, x: ArrayLike) -> Array:
        """The last layer's activations alone, N × n_out."""
        return self.forward(x)[-1]

    def backward(
        self, x: ArrayLike, targets: ArrayLike, loss: Loss, penalty: Penalty | None = None
    ) -> Gradients:
        """The gradient of mean loss plus penalty in every parameter, by backpropagation.

        Args:
            x: N × n_in.
            targets: what the loss compares the outputs with.
            loss: takes the outputs as they leave the last layer.
            penalty: a price on the weights, not on the biases.

        Returns:
            The gradients and the loss, as `Gradients`.

        Raises:
            ValueError: x does not fit the network, or the targets the outputs.

        Example:
            >>> from tfm.by_hand.losses import SQUARED_ERROR
            >>> line = Network([[[2.0]]], [[0.0]], LINEAR)  # output = 2x
            >>> line.backward([[1.0], [2.0]], [3.0, 6.0], SQUARED_ERROR)
            Gradients(weights=[array([[-2.5]])], biases=[array([-1.5])], loss=1.25)
        """
        sums, activations = self._sums_and_activations(x)
        weights, biases = [], []
        with np.errstate(over="ignore", invalid="ignore"):  # diverged: the loss says so
            value = loss.f(activations[-1], targets)
            delta = loss.gradient(activations[-1], targets) * self.output.slope(sums[-1])  # N n_out
            for layer in reversed(range(len(self.weights))):
                weights.append(activations[layer].T @ delta)
                biases.append(delta.sum(axis=0))
                if layer:
                    delta = (delta @ self.weights[layer].T) * self.activation.slope(sums[layer - 1])
        if penalty is not None:
            weights = [g + penalty.gradient(w) for g, w in zip(weights, reversed(self.weights), strict=True)]
        return Gradients(weights[::-1], biases[::-1], value)

    def parameters(self) -> list[Array]:
        """W₁, b₁, W₂, b₂ and so on: the arrays themselves, not copies."""
        return _in_order(self.weights, self.biases)

    def copy(self) -> "Network":
        """A network with weights of its own, equal to these."""
        return Network(self.weights, self.biases, self.activation, self.output)

    def __repr__(self) -> str:
        shape = " → ".join(map(str, self.sizes))
        return f"<network {shape}, {self.activation.name}, then {self.output.name}>"

    def _sums_and_activations(self, x: ArrayLike) -> tuple[list[Array], list[Array]]:
        sums, activations = [], [self._fitting(x)]
        bends = [self.activation] * (len(self.weights) - 1) + [self.output]
        with np.errstate(over="ignore", invalid="ignore"):
            for weight, bias, bend in zip(self.weights, self.biases, bends, strict=True):
                sums.append(activations[-1] @ weight + bias)  # N n_out
                activations.append(bend.f(sums[-1]))
        return sums, activations

    def _fitting(self, x: ArrayLike) -> Array:
        x = np.asarray(x, dtype=float)
        if x.ndim != 2 or x.shape[1] != len(self.weights[0]):
            n = len(self.weights[0])
            raise ValueError(
                f"x has shape {x.shape} and the network takes N × {n}: give a row for each example"
            )
        if not np.isfinite(x).all():
            raise ValueError("x must be finite numbers, and one of them is NaN or ∞: remove its row")
        return x


def _in_order(weights: list[Array], biases: list[Array]) -> list[Array]:
    return [array for pair in zip(weights, biases, strict=True) for array in pair]


def _known(activation: Activation) -> Activation:
    if not isinstance(activation, Activation):
        names = ", ".join(ACTIVATIONS)
        raise TypeError(
            f"activation is {activation!r}, not an Activation: take one from ACTIVATIONS by its name ({names})"
        )
    return activation


def _require_layers(weights: list[Array], biases: list[Array]) -> None:
    if not weights or len(weights) != len(biases):
        raise ValueError(
            f"there are {len(weights)} weights and {len(biases)} biases: a layer needs one of each, and a "
            "network one layer at least"
        )
    before = weights[0].shape[:1]
    for i, (w, b) in enumerate(zip(weights, biases, strict=True), start=1):
        if w.ndim != 2 or not w.size or w.shape[:1] != before or b.shape != w.shape[1:]:
            raise ValueError(
                f"layer {i} has weights of shape {w.shape} and biases of shape {b.shape}: "
                "weights are n_in × n_out with n_in the size of the layer before, biases n_out"
            )
        before = b.shape
        if not (np.isfinite(w).all() and np.isfinite(b).all()):
            raise ValueError(
                f"layer {i} holds a number that is NaN or ∞: every weight and bias must be finite"
            )
