"""A deep stack by hand: its gradients are PyTorch's, and what the lesson says of its wirings is so."""

import numpy as np
import pytest
import torch
from torch.nn.functional import layer_norm as torch_layer_norm
from torch.nn.functional import rms_norm as torch_rms_norm

from tfm.lessons.normalization.depth import (
    alike,
    layer_norm_step,
    measure,
    no_norm,
    post,
    post_without_residual,
    pre,
    pre_without_residual,
    random_layers,
    rms_norm_step,
)

T, C, L = 5, 8, 3
SAME = 1e-9  # measured: 2e-10 of numbers near 400, over all wirings and norms; the gradients hold to 1e-14
NORMS = {
    "none": (no_norm, lambda x: x),
    "layer": (layer_norm_step, lambda x: torch_layer_norm(x, (C,), eps=1e-5)),
    "rms": (rms_norm_step, lambda x: torch_rms_norm(x, (C,), eps=1e-6)),
}
WIRINGS = {
    "post": (post, lambda x, part, norm: norm(x + part(x))),
    "pre": (pre, lambda x, part, norm: x + part(norm(x))),
    "post, straight": (post_without_residual, lambda x, part, norm: norm(part(x))),
    "pre, straight": (pre_without_residual, lambda x, part, norm: part(norm(x))),
}


def in_torch(x, wiring, norm, seed, scale):
    """Run the same stack in PyTorch."""
    deviation = C**-0.5
    weights = torch.tensor(np.random.default_rng(seed).normal(0, deviation, (L, 3, C, C)))
    stream = [x]
    for mix, up, down in weights:

        def gather(h, mix=mix):
            return (h.mean(0) @ (scale * mix)).expand(T, C)

        def bend(h, up=up, down=down):
            return torch.relu(h @ (2**0.5 * up)) @ (scale * down)

        stream.append(wiring(wiring(stream[-1], gather, norm), bend, norm))
        stream[-1].retain_grad()
    return stream


@pytest.mark.parametrize("wiring", WIRINGS)
@pytest.mark.parametrize("norm", NORMS)
def test_signal_and_gradient_are_torchs(wiring, norm):
    """At every layer the size of the signal and of the gradient is what autograd finds."""
    random = np.random.default_rng(7)
    x, g = random.normal(size=(2, T, C))
    ours = measure(random_layers(L, WIRINGS[wiring][0], NORMS[norm][0], scale=0.7, d_model=C, seed=3), x, g)
    start = torch.tensor(x, requires_grad=True)
    stream = in_torch(start, WIRINGS[wiring][1], NORMS[norm][1], seed=3, scale=0.7)
    stream[-1].backward(torch.tensor(g / np.linalg.norm(g)))
    signal = [h.detach().square().mean().sqrt().item() for h in stream]
    assert np.allclose(ours.signal, signal, rtol=SAME, atol=0)
    assert np.allclose(ours.gradient, [h.grad.norm().item() for h in stream], rtol=SAME, atol=1e-12)
    assert np.allclose(ours.slope, start.grad.numpy(), rtol=0, atol=SAME)
    assert np.allclose(ours.output, stream[-1].detach().numpy(), rtol=0, atol=SAME)


def test_without_norm_and_residual_the_scale_is_a_power():
    """Half the scale makes each layer, which has two parts, a quarter as loud."""
    random = np.random.default_rng(0)
    x, g = random.normal(size=(2, T, C))
    one, half = (
        measure(random_layers(L, pre_without_residual, no_norm, scale=s, d_model=C), x, g).signal[-1]
        for s in (1.0, 0.5)
    )
    assert np.isclose(half / one, 0.25**L)


def test_layer_norm_after_the_part_hides_the_scale():
    """Normalised after the part, without residual, the signal is the same at any scale."""
    random = np.random.default_rng(0)
    x, g = random.normal(size=(2, T, C))
    quiet, loud = (
        measure(random_layers(L, post_without_residual, layer_norm_step, scale=s, d_model=C), x, g).output
        for s in (1.0, 3.0)
    )
    assert np.allclose(quiet, loud, atol=1e-4)  # eps counts a little at scale 1


def test_beyond_floating_point_is_measured_not_raised():
    """A stack that grows beyond all bounds says ∞ or NaN, without a warning."""
    random = np.random.default_rng(0)
    x, g = random.normal(size=(2, T, C))
    passage = measure(random_layers(64, post, no_norm, scale=1e6, d_model=C), x, g)
    assert not np.isfinite(passage.signal[-1])


@pytest.mark.parametrize(
    ("rows", "cosine"),
    [([[1, 0], [2, 0]], 1.0), ([[1, 0], [-3, 0]], -1.0), ([[1, 0], [0, 2]], 0.0), ([[0, 0], [1, 1]], 0.0)],
)
def test_alike_is_the_mean_cosine_of_different_rows(rows, cosine):
    """Same, opposite, at right angles, and a row of zeros."""
    assert np.isclose(alike(rows), cosine)
