"""Embeddings: learned tables from which a token's id, and its place in the sentence, each take one row.

    TokenEmbedding(ids)[t] = weight[ids[t]]      LearnedPositions(n)[t] = weight[t]

Looking up a row is the product of a one-hot vector and the table: `tfm.by_hand.embedding` shows it. Sources:
Bengio et al., “A Neural Probabilistic Language Model”, 2003, section 2; for learned positions, Gehring et
al., “Convolutional Sequence to Sequence Learning”, 2017, section 3.1. This file knows nothing of words: ids
come in.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn


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

        Returns:
            B × T × C.

        Raises:
            ValueError: an id lies outside the vocabulary.
        """
        require_ids(ids, self.num_embeddings)
        return super().forward(ids)


class LearnedPositions(nn.Module):
    """One learned row of C numbers for each place in the sentence, up to a last one.

    Args:
        max_positions: how many places have a row.
        d_model: width C.

    Example:
        >>> LearnedPositions(max_positions=512, d_model=4)(3).shape
        torch.Size([3, 4])

    Source: Gehring et al., 2017, section 3.1; used by BERT and GPT-2.
    """

    def __init__(self, max_positions: int, d_model: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(max_positions, d_model).normal_(std=0.02))

    def forward(self, n: int) -> Float[Tensor, "T C"]:
        """Give the rows of the first n places.

        Args:
            n: number of tokens T.

        Returns:
            T × C, to be added to the tokens' vectors.

        Raises:
            ValueError: n is larger than the number of learned rows.
        """
        if n > len(self.weight):
            raise ValueError(
                f"the text has {n} tokens and this encoder has learned {len(self.weight)} positions: "
                f"shorten it to {len(self.weight)} tokens"
            )
        return self.weight[:n]

    def extra_repr(self) -> str:
        """Say the table's size when the module is printed."""
        return f"{self.weight.shape[0]}, {self.weight.shape[1]}"
