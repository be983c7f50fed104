"""The assembled GPT: causal, cached, padded, in every layout; its configuration says what is wrong."""

import json

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.nn.attention import Recorded, fused, scaled_dot_product

V, CONTEXT, LAYERS = 13, 16, 2
SIZES = {"vocab_size": V, "context": CONTEXT, "d_model": 16, "n_layers": LAYERS, "n_heads": 4}
LAYOUTS = {
    "learned": {},
    "sinusoidal": {"positions": "sinusoidal", "feed_forward": "relu"},
    "rotary": {
        "positions": "rotary",
        "norm": "rms",
        "feed_forward": "swiglu",
        "n_kv_heads": 2,
        "bias": False,
    },
    "alibi": {"positions": "alibi", "feed_forward": "gelu_tanh", "tied": False},
    "none": {"positions": "none", "norm": "rms", "feed_forward": "squared_relu", "n_kv_heads": 1},
    "normed queries": {"positions": "rotary", "norm": "rms", "qk_norm": True, "n_kv_heads": 1},
}
# Worst case measured over all layouts and splits, in float64: 1.6e-15.
TOLERANCE = 1e-12


def _model(layout: str, **fields) -> GPT:
    torch.manual_seed(1)
    model = GPT(GPTConfig(**(SIZES | LAYOUTS[layout] | fields))).double().eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return model


def _ids(rows: int, n: int) -> torch.Tensor:
    return torch.randint(0, V, (rows, n), generator=torch.Generator().manual_seed(2))


def _close(ours, expected):
    torch.testing.assert_close(ours, expected, atol=TOLERANCE, rtol=TOLERANCE)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_position_sees_what_follows(layout):
    """A changed token changes the scores from its own position on, and none before."""
    model, ids = _model(layout), _ids(1, 9)
    other = ids.clone()
    other[0, 5] = (other[0, 5] + 1) % V
    before, after = model(ids), model(other)
    assert before.shape == (1, 9, V)
    assert torch.equal(before[:, :5], after[:, :5])
    assert (before[:, 5:] - after[:, 5:]).abs().amax(-1).min() > 1e-6


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=12)
@given(pieces=st.lists(st.integers(1, 5), min_size=1, max_size=5), padding=st.integers(0, 2))
def test_cached_equals_uncached(layout, pieces, padding):
    """However a text is cut, with filler on the left or not, each step's scores are those of the whole."""
    n = sum(pieces) + 2
    assume(n <= CONTEXT)
    model, ids = _model(layout), _ids(2, n)
    filler = torch.tensor([0, padding]) if padding else None
    cache = model.new_cache(2, CONTEXT, torch.float64)
    with torch.no_grad():
        whole = model(ids, padding=filler)
        steps = [model(piece, padding=filler, cache=cache) for piece in ids.split([2, *pieces], dim=1)]
    assert cache.length == n
    steps = torch.cat(steps, dim=1)
    _close(steps[0], whole[0])
    _close(steps[1, padding:], whole[1, padding:])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_filler_changes_nothing(layout):
    """Behind filler on the left a text gets the scores it gets alone, whatever the filler is."""
    model, ids = _model(layout), _ids(1, 6)
    alone = model(ids)
    for token in (0, 7):
        filled = torch.cat([torch.full((1, 3), token), ids], dim=1)
        _close(model(filled, padding=torch.tensor([3]))[:, 3:], alone)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_cache_goes_back_and_changes_rows(layout):
    """After rewind and reorder, the next scores are those of the texts the rows now hold."""
    model, ids = _model(layout), _ids(3, 7)
    cache = model.new_cache(3, CONTEXT, torch.float64)
    with torch.no_grad():
        model(ids, cache=cache)
        cache.rewind(5)
        rows = torch.tensor([2, 0, 0, 1])
        cache.reorder(rows)
        new = _ids(4, 2)
        scores = model(new, cache=cache)
        expected = model(torch.cat([ids[rows, :5], new], dim=1))
    _close(scores, expected[:, 5:])


@pytest.mark.parametrize("layout", sorted(LAYOUTS.keys() - {"alibi"}))  # in which a core takes a bias
def test_any_core_can_attend(layout):
    """Written out and by the kernel the scores agree; positions and norms stay around the core that is passed."""
    model, ids = _model(layout), _ids(2, 6)
    _close(model(ids, attends=[scaled_dot_product] * LAYERS), model(ids, attends=[fused] * LAYERS))
    seen = [Recorded(), None]
    _close(model(ids, attends=seen), model(ids))
    assert seen[0].weights.shape == (2, 4, 6, 6)
    assert seen[0].weights.triu(1).abs().max() == 0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_parameter_learns(layout):
    """One backward pass gives each parameter a finite gradient that is not all 0, and a step lowers the loss."""
    model, ids = _model(layout).train(), _ids(2, 8)

    def loss():
        return functional.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())

    before = loss()
    before.backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad.isfinite().all(), name
        if layout != "learned" or "key.bias" not in name:  # a bias of all keys alike is nothing to softmax
            assert parameter.grad.abs().max() > 0, name
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.sub_(1e-3 * parameter.grad)
        assert loss() < before


def test_the_gradient_is_the_slope():
    """Finite differences in float64 agree with backward, through a modern layout."""
    model, ids = _model("normed queries", d_model=8, n_layers=1, n_heads=2), _ids(1, 4)
    name, weight = "layers.0.attention.key.weight", model.layers[0].attention.key.weight

    def scores(w):
        return torch.func.functional_call(model, {name: w}, (ids,))

    assert torch.autograd.gradcheck(scores, weight.detach().clone().requires_grad_())


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_state_comes_back(layout):
    """Another model with the same configuration and state gives the same scores; tied tables stay one."""
    model = _model(layout)
    again = GPT(model.config).double().eval()
    again.load_state_dict(model.state_dict())
    assert torch.equal(again(_ids(1, 5)), model(_ids(1, 5)))
    assert (again.scores.weight is again.tokens.weight) == model.config.tied


def test_first_weights_are_gpt2s():
    """Spread 0.02, and 0.02 / √(2L) where a layer writes into the stream; no bias; an almost even first guess."""
    torch.manual_seed(0)
    model = GPT(GPTConfig(vocab_size=200, context=8, d_model=128, n_layers=8, n_heads=4))
    for layer in model.layers:
        for part, spread in ((layer.attention.query, 0.02), (layer.feed_forward.down, 0.02 / 4)):
            assert part.weight.std().item() == pytest.approx(spread, rel=0.05)
            assert part.bias.abs().max() == 0
    ids = torch.randint(0, 200, (16, 9))
    loss = functional.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())
    assert loss.item() == pytest.approx(np.log(200), abs=0.15)


def test_dropout_is_off_while_evaluating():
    """In training two passes differ, in evaluation they are one."""
    model, ids = _model("rotary", dropout=0.3), _ids(1, 6)
    assert torch.equal(model(ids), model(ids))
    model.train()
    assert not torch.equal(model(ids), model(ids))


def test_a_configuration_survives_json():
    """`from_dict` of what `as_dict` gave, through JSON, is equal, defaults that were filled in included."""
    config = GPTConfig(**(SIZES | LAYOUTS["rotary"]))
    assert GPTConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config
    assert (config.d_ff, config.n_kv_heads, config.d_head) == (64, 2, 4)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"positions": "rotory"}, "did you mean 'rotary'"),
        ({"norm": "layr"}, "did you mean 'layer'"),
        ({"feed_forward": "swiglo"}, "did you mean 'swiglu'"),
        ({"n_heads": 5}, "must be divisible"),
        ({"n_kv_heads": 3}, "try n_kv_heads="),
        ({"vocab_size": 0}, "must be at least 1"),
        ({"d_model": 12, "positions": "rotary"}, "must be even"),
        ({"dropout": 1.5}, "dropout"),
        ({"norm_eps": 0.0}, "must be above 0"),
        ({"contxt": 8}, "did you mean 'context'"),
    ],
)
def test_a_wrong_configuration_is_told_so(fields, sentence):
    """One sentence, with the nearest name where one was meant."""
    with pytest.raises(ValueError, match=sentence):
        GPTConfig.from_dict(SIZES | fields)


def test_what_does_not_fit_is_told_so():
    """A token outside the vocabulary, and a text longer than the learned positions."""
    model = _model("learned")
    with pytest.raises(ValueError, match="outside the vocabulary of 13"):
        model(torch.tensor([[V]]))
    with pytest.raises(ValueError, match="16"):
        model(_ids(1, CONTEXT + 1))
