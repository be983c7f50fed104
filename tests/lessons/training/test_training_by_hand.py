"""The twins of training equal PyTorch: AdamW step by step, clipping, smoothing."""

import numpy as np
import pytest
import torch

from tfm.by_hand.descent import SGD, Adam
from tfm.lessons.training.twin import AdamW, clip, smoothed_cross_entropy

SAME = 1e-12  # float64, fifty steps


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (SGD(0.05), lambda p: torch.optim.SGD(p, lr=0.05)),
        (SGD(0.05, momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
        (Adam(0.05, 0.9, 0.95), lambda p: torch.optim.Adam(p, lr=0.05, betas=(0.9, 0.95))),
        (AdamW(0.05, 0.3), lambda p: torch.optim.AdamW(p, lr=0.05, weight_decay=0.3)),
        (AdamW(0.05, 0.3, beta2=0.95), lambda p: torch.optim.AdamW(p, 0.05, (0.9, 0.95), weight_decay=0.3)),
    ],
    ids=["SGD", "momentum", "Adam", "AdamW", "AdamW with β₂"],
)
def test_fifty_steps_are_pytorchs(ours, theirs):
    """The same weights after the same fifty gradients."""
    draw = np.random.default_rng(0).normal
    weights = [draw(size=(3, 4)), draw(size=5)]
    tensors = [torch.tensor(w, requires_grad=True) for w in weights]
    optimiser = theirs(tensors)
    for _ in range(50):
        gradients = [draw(size=w.shape) for w in weights]
        ours.step(weights, gradients)
        for tensor, gradient in zip(tensors, gradients, strict=True):
            tensor.grad = torch.tensor(gradient)
        optimiser.step()
    gaps = [np.abs(w - t.detach().numpy()).max() for w, t in zip(weights, tensors, strict=True)]
    assert max(gaps) < SAME


@pytest.mark.parametrize("longest", [0.5, 100.0])
def test_clipping_is_pytorchs(longest):
    """A long arrow is shortened to the same numbers, a short one left alone; the length is that before."""
    draw = np.random.default_rng(0).normal
    gradients = [draw(size=(3, 4)), draw(size=5)]
    tensors = [torch.zeros(g.shape, dtype=torch.float64, requires_grad=True) for g in gradients]
    for tensor, gradient in zip(tensors, gradients, strict=True):
        tensor.grad = torch.tensor(gradient)
    theirs = torch.nn.utils.clip_grad_norm_(tensors, longest).item()
    ours, length = clip(gradients, longest)
    assert length == pytest.approx(theirs, rel=SAME)
    for mine, tensor in zip(ours, tensors, strict=True):
        assert tensor.grad is not None
        assert np.abs(mine - tensor.grad.numpy()).max() < 1e-6  # PyTorch adds 1e-6 to the length


def test_a_gradient_of_zeros_stays():
    """Nothing is divided by zero."""
    shorter, length = clip([np.zeros(3)], 1.0)
    assert length == 0
    assert not shorter[0].any()


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
def test_smoothing_is_pytorchs(smoothing):
    """Equal to cross_entropy with label_smoothing."""
    draw = np.random.default_rng(0)
    logits, targets = draw.normal(size=(6, 5)), draw.integers(5, size=6)
    theirs = torch.nn.functional.cross_entropy(
        torch.tensor(logits), torch.tensor(targets), label_smoothing=smoothing
    )
    assert smoothed_cross_entropy(logits, targets, smoothing) == pytest.approx(theirs.item(), abs=SAME)


def test_wrong_numbers_get_a_sentence():
    """Decay, length and smoothing out of range."""
    with pytest.raises(ValueError, match=r"weight_decay \(-1\)"):
        AdamW(0.1, -1)
    with pytest.raises(ValueError, match=r"longest \(0\)"):
        clip([np.ones(2)], 0)
    with pytest.raises(ValueError, match=r"smoothing \(2\)"):
        smoothed_cross_entropy([[0.0, 1.0]], [0], 2)
