"""The average is its formula, lends the model its weights and takes them back, and goes on after a stop."""

import copy

import pytest
import torch
from torch import nn

from tfm.train.averages import EMA

FORMULA = 1e-12  # float64, five updates


def _model(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2)).double()


def _wander(model: nn.Module, draws: torch.Generator) -> None:
    with torch.no_grad():
        for p in model.parameters():
            p.add_(torch.randn(p.shape, generator=draws, dtype=p.dtype))


def test_it_is_the_formula():
    """Five updates by hand: the decay grows as (1 + n) / (10 + n) until it is the one asked for."""
    model, draws = _model(), torch.Generator().manual_seed(1)
    average = EMA(model, decay=0.25)
    by_hand = [p.detach().clone() for p in model.parameters()]
    for keep in (1 / 10, 2 / 11, 3 / 12, 0.25, 0.25):
        _wander(model, draws)
        average.update(model)
        by_hand = [
            keep * a + (1 - keep) * p.detach() for a, p in zip(by_hand, model.parameters(), strict=True)
        ]
    gaps = [(a - b).abs().max() for a, b in zip(average.average.values(), by_hand, strict=True)]
    assert max(gaps) < FORMULA


def test_the_model_gets_its_own_weights_back():
    """Inside it computes with the average, afterwards bit for bit as before, even when an error came between."""
    model, draws = _model(), torch.Generator().manual_seed(1)
    average = EMA(model)
    _wander(model, draws)
    average.update(model)
    own, x = copy.deepcopy(model.state_dict()), torch.ones(1, 3).double()
    outside = model(x)

    def broken() -> None:
        with average.applied(model):
            assert not torch.equal(model(x), outside)
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert torch.equal(model(x), outside)
    assert all(torch.equal(own[name], value) for name, value in model.state_dict().items())


def test_training_goes_on_through_it():
    """Gradients flow after a loan, and the average keeps no graph alive."""
    model = _model()
    average = EMA(model)
    with average.applied(model):
        pass
    model(torch.ones(1, 3).double()).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    average.update(model)
    assert not any(a.requires_grad for a in average.average.values())


def test_a_stopped_average_goes_on_bit_for_bit():
    """Saved after three updates and loaded into another, both agree after six."""
    model, draws = _model(), torch.Generator().manual_seed(1)
    first = EMA(model, decay=0.9)
    for _ in range(3):
        _wander(model, draws)
        first.update(model)
    second = EMA(_model(seed=5), decay=0.1)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for _ in range(3):
        _wander(model, draws)
        first.update(model)
        second.update(model)
    assert second.updates == 6
    assert all(torch.equal(a, second.average[name]) for name, a in first.average.items())


def test_tied_weights_are_averaged_once():
    """A tensor with two names is one parameter."""
    model = nn.Sequential(nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False))
    model[1].weight = model[0].weight
    average = EMA(model)
    average.update(model)
    assert list(average.average) == ["0.weight"]


def test_wrong_arguments_get_a_sentence():
    """A decay that keeps everything, another model, a state of another model."""
    with pytest.raises(ValueError, match="decay \\(1\\)"):
        EMA(_model(), decay=1)
    average = EMA(_model())
    with pytest.raises(ValueError, match="make an EMA for each model"):
        average.update(nn.Linear(3, 4))
    with pytest.raises(ValueError, match="other parameters"):
        average.load_state_dict(EMA(nn.Linear(3, 4)).state_dict())
