"""Layers of attention and nothing else, with weights nobody trained: what can travel where.

Who *may* be heard through a mask does not depend on what the weights are, so random ones do. Each layer adds to
every position what attention brings it, and normalises; there are no positions, no feed-forward parts, one head.
The block that models use is `tfm.nn.layer`. This file knows nothing of masks: they are an argument.
"""

from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.attention import AttentionSteps, attention
from tfm.by_hand.norms import layer_norm

C = 16


class Mixer:
    """Word vectors and attention layers drawn at random, always the same for the same seed.

    Args:
        n_layers: how many, at least 1.
        seed: of the weights. A word's vector depends on the word alone.

    Raises:
        ValueError: there is no layer.

    Example:
        >>> mixer = Mixer(n_layers=2)
        >>> mixer(mixer.vectors(["a", "b", "c"])).shape
        (3, 16)
    """

    def __init__(self, n_layers: int = 1, seed: int = 0) -> None:
        if n_layers < 1:
            raise ValueError(f"a mixer needs at least one layer, and n_layers is {n_layers}: pass 1 or more")
        draw = np.random.default_rng(seed).normal
        self.layers = [draw(size=(3, C, C)) / np.sqrt(C) for _ in range(n_layers)]  # W_Q, W_K, W_V each

    @staticmethod
    def vectors(words: list[str]) -> NDArray[Any]:
        """Draw a vector for each word, T × C; the same word always gets the same one."""
        seeds = [crc32(word.encode("utf-8", "surrogatepass")) for word in words]
        return np.stack([np.random.default_rng(seed).normal(size=C) for seed in seeds])

    def __call__(self, x: ArrayLike, mask: ArrayLike | None = None) -> NDArray[Any]:
        """Run all layers.

        Args:
            x: word vectors, T × C.
            mask: True where a position may look; T × S. None lets all look at all.

        Returns:
            The output, T × C.
        """
        return self.steps(x, mask)[1]

    def steps(self, x: ArrayLike, mask: ArrayLike | None = None) -> tuple[list[AttentionSteps], NDArray[Any]]:
        """Run all layers, and keep what attention computed in each."""
        x, steps = np.asarray(x, dtype=float), []
        for W_Q, W_K, W_V in self.layers:
            steps.append(attention(x @ W_Q, x @ W_K, x @ W_V, mask))
            x = layer_norm(x + steps[-1].output)  # T C
        return steps, x
