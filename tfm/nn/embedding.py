"""Embeddings: a learned table from which a token's id takes one row; and the way back, a score for each token.

    TokenEmbedding(ids)[t] = weight[ids[t]]      Unembedding(x) = x weightᵀ      both weights are V × C

Looking up a row is the product of a one-hot vector and the table: `tfm.lessons.embeddings.twin` shows it. Source:
Bengio et al., “A Neural Probabilistic Language Model”, 2003, section 2; for one table both ways, Press and
Wolf, “Using the Output Embedding to Improve Language Models”, 2017. This file knows nothing of words (ids come
in), nor of their order (`tfm.nn.position`).
"""

import math

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from tfm.shapes import require_shape, shape_text


def require_ids(ids: Int[Tensor, "..."], size: int, name: str = "token", table: str = "vocabulary") -> None:
    """Check that every id has a row in its table, where the look costs next to nothing.

    Ids on another device than the CPU are not read, because that would make the CPU wait for the device, and
    nothing is read while `torch.compile` traces.

    Args:
        ids: integers of any shape.
        size: number of rows; the ids may be 0 to size − 1.
        name: what one id stands for, for the sentence.
        table: what the rows are, for the sentence.

    Raises:
        ValueError: an id is negative, or `size` or more.

    Example:
        >>> require_ids(torch.tensor([3, 40_000]), 30_522)
        Traceback (most recent call last):
        ValueError: token id 40000 is outside the vocabulary of 30522 ids (0 to 30521): use the ids of ...
    """
    if torch.compiler.is_compiling() or ids.device.type != "cpu" or ids.numel() == 0:
        return
    low, high = (int(bound) for bound in torch.aminmax(ids))
    if low < 0 or high >= size:
        raise ValueError(
            f"{name} id {low if low < 0 else high} is outside the {table} of {size} ids (0 to {size - 1}): "
            f"use the ids of this model's own {table}"
        )


class TokenEmbedding(nn.Embedding):
    """One learned row of C numbers for each of the V tokens.

    Args:
        vocab_size: V.
        d_model: width C.

    Example:
        >>> table = TokenEmbedding(vocab_size=10, d_model=4)
        >>> vectors = table(torch.tensor([[7, 2, 7]]))
        >>> vectors.shape, torch.equal(vectors[0, 0], vectors[0, 2])
        (torch.Size([1, 3, 4]), True)

    Source: Bengio et al., 2003, the matrix C of section 2.
    """

    def __init__(self, vocab_size: int, d_model: int) -> None:
        super().__init__(vocab_size, d_model)

    def forward(self, ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T C"]:
        """Take each token's row.

        Args:
            ids: token ids, B × T, each from 0 to V − 1.

        Raises:
            ValueError: an id lies outside the vocabulary.
        """
        # PyTorch looks at every id by itself: to look first would cost a fifth of the time, so look afterwards.
        try:
            return super().forward(ids)
        except IndexError:
            pass
        require_ids(ids, self.num_embeddings)
        return super().forward(ids)  # our sentence does not apply, so let PyTorch say its own


class ScaledTokenEmbedding(TokenEmbedding):
    """A token embedding whose rows are multiplied by √C, as 2017's Transformer does.

    Its table begins with numbers of size 1 / √C, so that what comes out has size 1, as positions by sine and
    cosine have, while the same table, tied, scores tokens without making the scores √C times too large.

    Args:
        vocab_size: V.
        d_model: width C.

    Example:
        >>> table = ScaledTokenEmbedding(vocab_size=10, d_model=4)
        >>> torch.equal(table(torch.tensor([[7]]))[0, 0], 2 * table.weight[7])
        True

    Source: Vaswani et al., “Attention Is All You Need”, 2017, section 3.4.
    """

    def reset_parameters(self) -> None:
        """Draw the table anew, with standard deviation 1 / √C."""
        nn.init.normal_(self.weight, std=1 / math.sqrt(self.embedding_dim))

    def forward(self, ids: Int[Tensor, "B T"]) -> Float[Tensor, "B T C"]:
        """Take each token's row, times √C.

        Args:
            ids: token ids, B × T, each from 0 to V − 1.

        Raises:
            ValueError: an id lies outside the vocabulary.
        """
        return super().forward(ids) * math.sqrt(self.embedding_dim)


class Unembedding(nn.Module):
    """A score (logit) for each of the V tokens: how well a vector agrees with each token's row.

    Args:
        d_model: width C.
        vocab_size: V.
        weight: the rows to score with, V × C: pass `embedding.weight` to tie the two, so that one table, with one
            gradient, serves both ways; None gives it rows of its own.

    Raises:
        ValueError: `weight` is not V × C.

    Example:
        >>> table = TokenEmbedding(vocab_size=10, d_model=4)
        >>> tied = Unembedding(d_model=4, vocab_size=10, weight=table.weight)
        >>> tied(table(torch.tensor([[7, 2, 7]]))).shape, tied.weight is table.weight
        (torch.Size([1, 3, 10]), True)

    Source: Press and Wolf, 2017, section 3.
    """

    def __init__(self, d_model: int, vocab_size: int, *, weight: nn.Parameter | None = None) -> None:
        super().__init__()
        self.d_model = d_model
        if weight is None:
            weight = nn.Parameter(torch.empty(vocab_size, d_model).normal_(std=1 / math.sqrt(d_model)))
        if weight.shape != (vocab_size, d_model):
            raise ValueError(
                f"weight has shape {shape_text(weight.shape)}, but {vocab_size} tokens and d_model {d_model} need "
                f"{vocab_size} × {d_model}: tie an embedding of the same vocabulary and width"
            )
        self.weight = weight

    def forward(self, x: Float[Tensor, "... C"]) -> Float[Tensor, "... V"]:
        """Score every token.

        Returns:
            The logits, … × V.

        Raises:
            ValueError: the last axis is not `d_model` wide.
        """
        require_shape("x", x, "... C", C=self.d_model)
        return functional.linear(x, self.weight)  # … V

    def extra_repr(self) -> str:
        """Say the widths when the module is printed."""
        return f"{self.d_model}, {self.weight.shape[0]}"
