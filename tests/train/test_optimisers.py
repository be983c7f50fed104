"""AdamW with decay on matrices alone, Muon against a plain one-matrix version, and both as one optimiser."""

import copy

import pytest
import torch
from torch import nn

from tfm.train.newton_schulz import JORDAN, newton_schulz
from tfm.train.optimisers import Muon, Together, adamw, muon

SAME = 1e-6  # batched against one matrix at a time, float32, steps of size 0.05: measured 2.1e-7
BF16_DIRECTION = 0.03  # bfloat16 products against float32 ones, relative to the step's norm: measured 0.015
MIXED = 1e-5  # of one direction in another after Newton–Schulz, float32: measured 1.1e-6
FLATTEST, STEEPEST = 0.65, 1.25  # singular values after Newton–Schulz: measured 0.68 to 1.20


def _network() -> nn.Module:
    """Lying, standing and square matrices, two of one shape, biases, a norm and an embedding."""
    return nn.Sequential(
        nn.Embedding(11, 6),
        nn.Linear(6, 6),
        nn.Linear(6, 9),
        nn.LayerNorm(9),
        nn.Linear(9, 6),
        nn.Linear(6, 6),
    )


def _gradients(model: nn.Module, seed: int) -> None:
    draws = torch.Generator().manual_seed(seed)
    for p in model.parameters():
        p.grad = torch.randn(p.shape, generator=draws)


def _plain_muon(
    w: torch.Tensor, g: torch.Tensor, mean: torch.Tensor, rate: float, decay: float
) -> torch.Tensor:
    """One matrix, one step, in the order of the formulas: no batch, no transposing."""
    mean.mul_(0.95).add_(0.05 * g)
    u = 0.95 * mean + 0.05 * g
    x = u / (u.norm() + 1e-7)
    for a, b, c in JORDAN:
        gram = x @ x.T
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (1 - rate * decay) * w - rate * max(1, w.shape[0] / w.shape[1]) ** 0.5 * x


def test_muon_equals_one_matrix_at_a_time():
    """Five steps over lying, standing and square matrices, with decay, end where the plain formulas end."""
    model = _network()
    matrices = [m.weight for m in model if isinstance(m, nn.Linear)]
    optimiser = Muon(matrices, rate=0.05, weight_decay=0.1, precision=torch.float32)
    plain, means = [w.detach().clone() for w in matrices], [torch.zeros_like(w) for w in matrices]
    for step in range(5):
        _gradients(model, step)
        plain = [
            _plain_muon(w, p.grad, mean, 0.05, 0.1) for w, p, mean in zip(plain, matrices, means, strict=True)
        ]
        optimiser.step()
    for ours, other in zip(matrices, plain, strict=True):
        torch.testing.assert_close(ours.detach(), other, atol=SAME, rtol=0)


@pytest.mark.parametrize("shape", [(8, 8), (8, 20), (128, 512)])
def test_singular_values_come_near_one_and_directions_stay(shape):
    """However different they were (up to 100 to 1), and A and B of A Σ Bᵀ are kept."""
    a, _ = torch.linalg.qr(torch.randn(shape[0], shape[0]))
    b, _ = torch.linalg.qr(torch.randn(shape[1], shape[0]))
    matrix = a @ torch.diag(torch.logspace(0, -2, shape[0])) @ b.mT
    near = a.mT @ newton_schulz(matrix[None])[0] @ b
    values = near.diagonal()
    assert values.min() > FLATTEST
    assert values.max() < STEEPEST
    torch.testing.assert_close(near, torch.diag(values), atol=MIXED, rtol=0)


def test_zeros_stay_zeros():
    """A matrix without a gradient's direction gets no step, and nothing becomes NaN."""
    assert torch.equal(newton_schulz(torch.zeros(2, 3, 4)), torch.zeros(2, 3, 4))


def test_bfloat16_gives_nearly_the_same_step():
    """Products of half the width change a step's direction by about a hundredth."""
    matrices = torch.randn(3, 64, 128)
    exact, quick = newton_schulz(matrices), newton_schulz(matrices.bfloat16()).float()
    assert (exact - quick).norm() / exact.norm() < BF16_DIRECTION


def test_the_step_does_not_depend_on_the_gradients_size():
    """Gradients a million times as large move the matrix by the same step."""
    w = torch.randn(6, 6)
    ends = []
    for size in (1.0, 1e6):
        p = nn.Parameter(w.clone())
        p.grad = size * torch.arange(36.0).view(6, 6).sin()
        Muon([p], precision=torch.float32).step()
        ends.append(p.detach())
    torch.testing.assert_close(*ends, atol=SAME, rtol=0)


def test_muon_takes_the_matrices_and_adam_the_rest():
    """Linear weights go to Muon; embedding, biases, norm and a named matrix to AdamW, with their own rates."""
    model = _network()
    optimiser = muon(model, 0.03, adam_rate=0.004, rates={"0": 0.02, "5.weight": 0.008})
    found = {id(p): group["lr"] for group in optimiser.param_groups for p in group["params"]}
    rates = {name: found[id(p)] for name, p in model.named_parameters()}
    assert {name for name, rate in rates.items() if rate == 0.03} == {"1.weight", "2.weight", "4.weight"}
    assert (rates["0.weight"], rates["5.weight"], rates["5.bias"], rates["3.weight"]) == (
        0.02,
        0.008,
        0.004,
        0.004,
    )
    assert len(found) == len(list(model.parameters()))


def test_a_tied_table_stays_a_table():
    """A linear module that shares an embedding's rows leaves them to AdamW."""
    table, scores, inner = nn.Embedding(5, 4), nn.Linear(4, 5, bias=False), nn.Linear(4, 4)
    scores.weight = table.weight
    optimiser = muon(nn.Sequential(table, inner, scores))
    assert [p.shape for p in optimiser.param_groups[0]["params"]] == [inner.weight.shape]


def test_a_model_of_matrices_alone_needs_no_adam():
    """Where nothing is left over there is Muon's group, and no empty one."""
    assert len(muon(nn.Sequential(nn.Linear(3, 3, bias=False))).param_groups) == 1


def test_shares_of_matrices_are_refused():
    """A matrix that is cut up among processes has other singular values in each: one sentence."""
    matrix = nn.Parameter(torch.ones(2, 2))
    matrix.full_tensor = lambda: matrix
    with pytest.raises(ValueError, match="Muon moves whole matrices, and these are cut up among processes"):
        Muon([matrix])


def test_what_has_no_gradient_or_does_not_learn_is_left_alone():
    """A frozen parameter is in no group, and one without a gradient stays where it is."""
    model = _network()
    model[1].weight.requires_grad_(requires_grad=False)
    optimiser = muon(model)
    held = {id(p) for group in optimiser.param_groups for p in group["params"]}
    assert id(model[1].weight) not in held
    before = copy.deepcopy(model.state_dict())
    optimiser.step()
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize("make", [adamw, muon])
def test_saved_and_loaded_it_goes_on_the_same(make):
    """Three steps, save, load into a new one, three more: bit for bit what six steps give."""
    straight = _network()
    broken = copy.deepcopy(straight)
    optimiser, first = make(straight), make(broken)
    for step in range(6):
        _gradients(straight, step)
        optimiser.step()
    for step in range(3):
        _gradients(broken, step)
        first.step()
    second = make(broken)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for step in range(3, 6):
        _gradients(broken, step)
        second.step()
    for a, b in zip(straight.parameters(), broken.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_rate_changed_from_outside_is_used_also_after_loading():
    """A schedule writes into `param_groups`; with 0 nothing moves, in Muon or in Adam."""
    model = _network()
    optimiser = muon(model)
    optimiser.load_state_dict(optimiser.state_dict())
    for group in optimiser.param_groups:
        group["lr"] = 0.0
    before = copy.deepcopy(model.state_dict())
    _gradients(model, 0)
    optimiser.step()
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


def test_schedulers_of_pytorch_drive_it():
    """LambdaLR sets all groups' rates from their own first ones."""
    optimiser = muon(_network(), 0.02, adam_rate=0.004)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 0.5**step)
    optimiser.step()
    schedule.step()
    assert [group["lr"] for group in optimiser.param_groups] == [0.01, 0.002]


def test_a_closure_is_called_once():
    """PyTorch's other way to call an optimiser works, and returns the loss."""
    model, calls = nn.Sequential(nn.Linear(3, 3)), []

    def closure():
        calls.append(1)
        loss = model(torch.ones(1, 3)).sum()
        loss.backward()
        return loss

    assert torch.is_tensor(muon(model).step(closure))
    assert len(calls) == 1


def test_adamw_decays_matrices_alone():
    """Without gradients' pull a matrix shrinks by rate · decay, and norm and biases stay."""
    model = _network()
    optimiser = adamw(model, rate=0.1, weight_decay=0.5)
    before = copy.deepcopy(model.state_dict())
    for p in model.parameters():
        p.grad = torch.zeros_like(p)
    optimiser.step()
    for name, value in model.state_dict().items():
        kept = 0.95 if value.ndim >= 2 else 1.0
        torch.testing.assert_close(value, kept * before[name])


def test_adamw_is_fused_on_this_device():
    """One kernel for all parameters: no loop over them in Python."""
    assert all(group["fused"] for group in adamw(_network()).param_groups)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda m: adamw(m, rate=0.0), "learning rate \\(0.0\\) must be a number above 0"),
        (lambda m: adamw(m, rate=float("nan")), "learning rate \\(nan\\) must be"),
        (lambda m: adamw(m, weight_decay=-1.0), "weight_decay \\(-1.0\\) must be 0 or more"),
        (lambda m: muon(m, momentum=1.0), "momentum \\(1.0\\) must be from 0 to below 1"),
        (lambda m: muon(m, rates={"head": 0.1}), "rates names 'head'"),
        (lambda m: muon(m[:1]), "no weight of an nn.Linear is left for Muon"),
        (lambda m: adamw(m.requires_grad_(requires_grad=False)), "nothing in this model learns"),
        (lambda m: Muon([m[1].bias]), "a parameter has 1 axes"),
        (lambda m: newton_schulz(m[1].weight[None], ()), "coefficients are empty"),
        (lambda m: Together(adamw(m), adamw(m)), "more than one parameter group"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(make, sentence):
    """Each wrong number or name ends in one sentence with the value in it."""
    with pytest.raises(ValueError, match=sentence):
        make(_network())
