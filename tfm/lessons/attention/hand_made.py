"""An attention whose every number was written by a person: one layer, one head, a dictionary of word vectors.

A real model learns its vectors and matrices; here we choose them, so that each can be checked on paper and
changed to see what follows. The widget of lesson 09 reads it as it reads a trained model.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tfm.by_hand.attention import attention
from tfm.kit.messages import listed, say

PAD = "[PAD]"


@dataclass(frozen=True, kw_only=True, slots=True)
class HandMadeTrace:
    """All that was computed for one sentence. Every array keeps axes for one layer and one head, L = H = 1.

    Attributes:
        tokens: the T words, added `[PAD]`s among them.
        query, key, value: 1 × 1 × T × D.
        scores: query · key, neither scaled nor masked, 1 × 1 × T × S.
        weights: each row sums to 1, 1 × 1 × T × S.
        hidden: the output of attention, 1 × T × D.
        mask: True where a word could look, T × S; None when all could look at all.
    """

    tokens: list[str]
    query: NDArray[Any]
    key: NDArray[Any]
    value: NDArray[Any]
    scores: NDArray[Any]
    weights: NDArray[Any]
    hidden: NDArray[Any]
    mask: NDArray[Any] | None


@dataclass(frozen=True, kw_only=True)
class HandMadeAttention:
    """Word vectors and three matrices, all written by hand.

    Attributes:
        vectors: a vector of width C for each word.
        W_Q, W_K, W_V: C × D matrices that turn a word's vector into its query, key and value.

    Raises:
        ValueError: a vector or a matrix does not fit the others.

    Example:
        >>> eye = np.eye(2)
        >>> toy = HandMadeAttention(vectors={"sun": [1, 0], "moon": [0, 1]}, W_Q=eye, W_K=eye, W_V=eye)
        >>> toy.trace("sun moon").weights[0, 0].round(2)
        array([[0.67, 0.33],
               [0.33, 0.67]])
    """

    vectors: Mapping[str, ArrayLike]
    W_Q: ArrayLike
    W_K: ArrayLike
    W_V: ArrayLike
    n_layers: int = 1
    n_heads: int = 1

    def __post_init__(self) -> None:
        C = len(np.asarray(next(iter(self.vectors.values()))))
        for word, vector in self.vectors.items():
            if np.shape(vector) != (C,):
                raise ValueError(
                    say(
                        "the vector of {word!r} has {n} numbers and the first word's has {C}: "
                        "give every word as many",
                        word=word,
                        n=np.size(vector),
                        C=C,
                    )
                )
        for name, matrix in self.matrices.items():
            if matrix.ndim != 2 or matrix.shape[0] != C:
                raise ValueError(
                    say(
                        "{name} has shape {shape}, but the word vectors have {C} numbers: give {name} {C} rows",
                        name=name,
                        shape=" × ".join(map(str, matrix.shape)),
                        C=C,
                    )
                )
        if self.matrices["W_Q"].shape != self.matrices["W_K"].shape:
            raise ValueError(
                say("W_Q and W_K must have as many columns as each other: query · key needs one width")
            )

    @property
    def matrices(self) -> dict[str, NDArray[Any]]:
        """The three matrices by name, C × D each."""
        return {name: np.asarray(getattr(self, name), dtype=float) for name in ("W_Q", "W_K", "W_V")}

    @property
    def d_head(self) -> int:
        """D, the width of a query."""
        return int(self.matrices["W_Q"].shape[1])

    def with_matrices(self, **matrices: ArrayLike) -> "HandMadeAttention":
        """Return the same words with other matrices."""
        return replace(self, **matrices)  # type: ignore[arg-type]

    def embed(self, tokens: list[str]) -> NDArray[Any]:
        """Look up each word's vector, T × C; `[PAD]` is zeros."""
        known = {word: np.asarray(vector, dtype=float) for word, vector in self.vectors.items()}
        zeros = np.zeros(len(next(iter(known.values()))))
        for word in tokens:
            if word not in known and word != PAD:
                raise ValueError(
                    say(
                        "{word!r} is not in the hand-made dictionary: use {known}",
                        word=word[:40],
                        known=listed(list(known)[:12]),
                    )
                )
        return np.stack([known.get(word, zeros) for word in tokens])

    def trace(
        self,
        text: str,
        *,
        temperature: float = 1.0,
        scaled: bool = True,
        mask: str = "none",
        pads: int = 0,
        ablated: Collection[tuple[int, int]] = frozenset(),
    ) -> HandMadeTrace:
        """Let every word of a sentence look at every word.

        Args:
            text: words of the dictionary with spaces between them.
            temperature: τ > 0 that divides the scores.
            scaled: whether the scores are divided by √D as well.
            mask: `none`, `causal`, `padding` or `both`.
            pads: how many `[PAD]`s to append.
            ablated: {(0, 0)} switches the only head off: its output becomes zero.

        Returns:
            Everything on the way.

        Raises:
            ValueError: no words, an unknown word, or a setting that does not exist.
        """
        if not text.split():
            raise ValueError(say("type a sentence first: there is nothing to look at in an empty text"))
        if not temperature > 0:
            raise ValueError(
                say("temperature must be above 0, and it is {temperature}: try 1.0", temperature=temperature)
            )
        tokens = text.split() + [PAD] * pads
        x = self.embed(tokens)  # T C
        query, key, value = (x @ matrix for matrix in self.matrices.values())  # T D
        allowed = _mask(mask, tokens)
        scale = (query.shape[-1] ** -0.5 if scaled else 1.0) / temperature
        steps = attention(query, key, value, allowed, scale)
        output = np.zeros_like(steps.output) if (0, 0) in ablated else steps.output
        return HandMadeTrace(
            tokens=tokens,
            query=query[None, None],
            key=key[None, None],
            value=value[None, None],
            scores=steps.scores[None, None],
            weights=steps.weights[None, None],
            hidden=output[None],
            mask=allowed,
        )


def _mask(name: str, tokens: list[str]) -> NDArray[Any] | None:
    n = len(tokens)
    causal = np.tril(np.ones((n, n), dtype=bool))
    padding = np.array([[token != PAD for token in tokens]] * n)
    masks = {"none": None, "causal": causal, "padding": padding, "both": causal & padding}
    if name not in masks:
        raise ValueError(
            say("no mask is called {name!r}: choose one of {known}", name=name, known=listed(masks))
        )
    return masks[name]
