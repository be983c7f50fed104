"""Word vectors from the company words keep: a table whose rows are trained to tell a word's neighbours.

    p(neighbour | word) = softmax(W · table[word] + b)       table is V × C, W is V × C, b is V

Skip-gram with the full softmax. It looks at every pair of neighbours alike, so a text enters only as counts of
pairs, V × V, and the loss over all pairs is one matrix product: no sampling, no batches. That is meant for
vocabularies of some thousand words; for millions, Mikolov et al. sample a few wrong neighbours instead.

Sources: Firth, “A Synopsis of Linguistic Theory”, 1957 (the idea); Mikolov et al., “Efficient Estimation of Word
Representations in Vector Space”, 2013, section 3.2 (skip-gram), and “Distributed Representations of Words and
Phrases and their Compositionality”, 2013, equation 2 (the softmax). This file knows nothing of how a text was cut
into words, and does not train.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from tfm.nn.embedding import TokenEmbedding
from tfm.shapes import require_shape


@dataclass(frozen=True, kw_only=True, slots=True)
class SkipGramConfig:
    """What a skip-gram model is made of.

    Attributes:
        vocab_size: V, the number of words.
        d_model: C, the width of a vector.
        init_std: the spread of the table's first, random numbers, above 0.

    Raises:
        ValueError: a number is out of range.

    Example:
        >>> SkipGramConfig(vocab_size=700, d_model=32).d_model
        32
    """

    vocab_size: int
    d_model: int
    init_std: float = 0.1

    def __post_init__(self) -> None:
        for name in ("vocab_size", "d_model"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be 1 or more, and it is {getattr(self, name)}: try 32")
        if not 0 < self.init_std < float("inf"):
            raise ValueError(f"init_std must be above 0, and it is {self.init_std}: try 0.1")


class SkipGram(nn.Module):
    """From a word to a score for each word that may stand near it.

    Args:
        config: the widths.

    Example:
        >>> model = SkipGram(SkipGramConfig(vocab_size=10, d_model=4))
        >>> model(torch.tensor([[7, 2, 7]])).shape
        torch.Size([1, 3, 10])

    Source: Mikolov et al., “Efficient Estimation of Word Representations in Vector Space”, 2013, section 3.2.
    """

    def __init__(self, config: SkipGramConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = TokenEmbedding(config.vocab_size, config.d_model)
        self.neighbour = nn.Linear(config.d_model, config.vocab_size)
        nn.init.normal_(self.embedding.weight, std=config.init_std)

    def forward(self, ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T V"]:
        """Score every word as a neighbour of each given one.

        Args:
            ids: word ids, B × T, each from 0 to V − 1.

        Returns:
            The logits, B × T × V; their order in T means nothing.

        Raises:
            ValueError: an id lies outside the vocabulary.
        """
        return self.neighbour(self.embedding(ids))  # B T V

    def loss(self, counts: Float[Tensor, "V V"]) -> Float[Tensor, ""]:
        """The mean surprise at a neighbour, over all pairs counted, in nats.

        −Σ counts[word, neighbour] · ln p(neighbour | word) / Σ counts

        Args:
            counts: how often each word (row) had each neighbour (column), see `neighbour_counts`.

        Returns:
            One number; ln V for a model that knows nothing.

        Raises:
            ValueError: `counts` is not V × V, or is all 0.

        Example:
            >>> torch.manual_seed(0)  # doctest: +ELLIPSIS
            <torch._C.Generator object at ...>
            >>> model = SkipGram(SkipGramConfig(vocab_size=3, d_model=2))
            >>> counts = torch.tensor([[0.0, 2.0, 0.0], [2.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
            >>> bool(model.loss(counts) > 0)
            True
        """
        size = self.config.vocab_size
        require_shape("counts", counts, "V V", V=size)
        total = counts.sum()
        if not total > 0:
            raise ValueError(f"counts adds up to {total:g}: count a text in which words have neighbours")
        logits = self(torch.arange(size, device=counts.device)[None])[0]  # V V
        return -(counts * functional.log_softmax(logits, dim=-1)).sum() / total


def neighbour_counts(
    texts: Sequence[Sequence[str]], places: Mapping[str, int], window: int
) -> NDArray[np.float32]:
    """Count how often each word stands near each other one.

    Two words are neighbours when at most `window` − 1 words of the vocabulary stand between them; other words are
    passed over, and no pair reaches from one text into the next.

    Args:
        texts: each a list of words.
        places: the row of each word of the vocabulary, 0 to V − 1.
        window: how many words to look at on either side, 1 or more.

    Returns:
        V × V, the same across its diagonal; row = word, column = neighbour.

    Raises:
        ValueError: the window is less than 1.

    Example:
        >>> neighbour_counts([["a", "b", "a"]], {"a": 0, "b": 1}, window=1)
        array([[0., 2.],
               [2., 0.]], dtype=float32)
    """
    if window < 1:
        raise ValueError(f"window must be 1 or more, and it is {window}: try 4")
    counts = np.zeros((len(places), len(places)), np.float32)
    for text in texts:
        ids = np.array([places[word] for word in text if word in places], dtype=int)
        for distance in range(1, window + 1):
            _add_pairs(counts, ids[:-distance], ids[distance:])
    return counts


def _add_pairs(counts: NDArray[Any], left: NDArray[Any], right: NDArray[Any]) -> None:
    np.add.at(counts, (left, right), 1)
    np.add.at(counts, (right, left), 1)
