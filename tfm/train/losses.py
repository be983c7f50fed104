"""The loss of every model that names the next token: cross-entropy, the mean surprise about what came.

    loss = mean over positions of −log softmax(logits)[target]
    with smoothing ε: (1 − ε) · that + ε · mean over all V tokens of −log softmax(logits)

PyTorch's own `cross_entropy` does the work; the twin is `tfm.by_hand.losses.CROSS_ENTROPY`. Source: Szegedy et
al., “Rethinking the Inception Architecture”, 2016, section 7 (label smoothing). This file knows nothing of models.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import cross_entropy

IGNORE = -100  # PyTorch's own number for a target that does not count
HALF = (torch.bfloat16, torch.float16)


def next_token_loss(
    logits: Float[Tensor, "*places V"],
    targets: Int[Tensor, "..."],
    label_smoothing: float = 0.0,
    ignore: int = IGNORE,
) -> Float[Tensor, ""]:
    """Cross-entropy between a model's bets and the tokens that came, in nats a token.

    Args:
        logits: scores for each token at each place, B × T × V; half precision is summed in float32.
        targets: the ids that came, B × T.
        label_smoothing: ε from 0 to 1, the share of the target that is spread over all V tokens.
        ignore: the target id that does not count, such as the filler's.

    Returns:
        The mean over the places that count; NaN where none does.

    Raises:
        ValueError: the shapes do not fit, or ε is out of range.

    Example:
        >>> logits = torch.zeros(1, 3, 8)  # an even bet on 8 tokens
        >>> loss = next_token_loss(logits, torch.tensor([[5, 0, -100]]))
        >>> round(loss.item(), 4), round(torch.tensor(8.0).log().item(), 4)
        (2.0794, 2.0794)

    Source: Szegedy et al., 2016, section 7, for ε.
    """
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            f"logits have shape {tuple(logits.shape)} and targets {tuple(targets.shape)}: "
            "give one target for each row of V scores"
        )
    if not 0 <= label_smoothing <= 1:
        raise ValueError(f"label_smoothing ({label_smoothing}) must be from 0 to 1: 0.1 is usual")
    rows = logits.flatten(0, -2)  # (B T) V
    return cross_entropy(
        rows.float() if rows.dtype in HALF else rows,
        targets.flatten(),
        ignore_index=ignore,
        label_smoothing=label_smoothing,
    )
