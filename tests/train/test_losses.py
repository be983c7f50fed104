"""The loss is PyTorch's, ignored targets do not count, and our NumPy twin agrees forward and backward."""

import math

import pytest
import torch

from tfm.by_hand.losses import CROSS_ENTROPY
from tfm.train.losses import next_token_loss

TWIN = 1e-12  # float64, loss and gradient against NumPy
SMOOTH = 1e-12  # float64, against the formula written out
HALF = 1e-6  # bfloat16 logits are summed in float32, exactly as their float32 copies


def _bets(dtype: torch.dtype = torch.float64) -> tuple[torch.Tensor, torch.Tensor]:
    draws = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 5, 7, generator=draws, dtype=torch.float64).to(dtype)
    return logits, torch.randint(7, (2, 5), generator=draws)


def test_it_is_the_twin_forward_and_backward():
    """Loss and slope equal NumPy's, whose slope is softmax minus one-hot over the number of places."""
    logits, targets = _bets()
    logits.requires_grad_()
    loss = next_token_loss(logits, targets)
    loss.backward()
    rows, classes = logits.detach().reshape(-1, 7).numpy(), targets.flatten().numpy()
    assert loss.item() == pytest.approx(CROSS_ENTROPY.f(rows, classes), abs=TWIN)
    slope = torch.tensor(CROSS_ENTROPY.gradient(rows, classes)).reshape(2, 5, 7)
    assert logits.grad is not None
    assert (logits.grad - slope).abs().max() < TWIN


@pytest.mark.parametrize("epsilon", [0.0, 0.1, 1.0])
def test_label_smoothing_is_the_formula_and_pytorchs(epsilon):
    """(1 − ε) of the target's surprise and ε of the mean surprise over all tokens."""
    logits, targets = _bets()
    surprise = -logits.log_softmax(-1)
    at_target = surprise.gather(-1, targets[..., None])[..., 0]
    formula = ((1 - epsilon) * at_target + epsilon * surprise.mean(-1)).mean()
    loss = next_token_loss(logits, targets, label_smoothing=epsilon)
    peer = torch.nn.CrossEntropyLoss(label_smoothing=epsilon)(logits.flatten(0, 1), targets.flatten())
    assert abs(loss - formula) < SMOOTH
    assert torch.equal(loss, peer)


def test_ignored_targets_change_nothing_but_the_count():
    """The loss is that of the other places alone, and an ignored place gets no gradient at all."""
    logits, targets = _bets()
    logits.requires_grad_()
    marked = targets.clone()
    marked[1, 2:] = 6
    kept = marked != 6
    loss = next_token_loss(logits, marked, label_smoothing=0.1, ignore=6)
    loss.backward()
    alone = next_token_loss(logits[kept], marked[kept], label_smoothing=0.1)
    assert abs(loss - alone) < SMOOTH
    assert logits.grad is not None
    assert logits.grad[~kept].abs().max() == 0
    assert logits.grad[kept].abs().min() > 0


def test_an_even_bet_costs_log_v():
    """Whoever knows nothing pays log V, whatever comes."""
    assert next_token_loss(torch.zeros(3, 4, 65), torch.randint(65, (3, 4))).item() == pytest.approx(
        math.log(65)
    )


def test_half_precision_is_summed_in_float32():
    """bfloat16 logits give the loss of their float32 copies, not one rounded to three digits."""
    logits, targets = _bets(torch.bfloat16)
    loss = next_token_loss(logits, targets)
    assert loss.dtype == torch.float32
    assert abs(loss - next_token_loss(logits.float(), targets)) < HALF


def test_wrong_arguments_get_a_sentence():
    """Shapes that do not fit, and a smoothing that is no share."""
    logits, targets = _bets()
    with pytest.raises(ValueError, match="one target for each row"):
        next_token_loss(logits, targets[:, 1:])
    with pytest.raises(ValueError, match=r"label_smoothing \(1.5\)"):
        next_token_loss(logits, targets, label_smoothing=1.5)
