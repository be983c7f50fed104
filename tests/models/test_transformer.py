"""The 2017 Transformer: what it reads, writes, hides and keeps; its writer looks like a GPT."""

import json

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.generate.protocol import Writer
from tfm.generate.sampling import Sampling
from tfm.generate.writing import generate
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.nn.attention import Recorded

V = 15
SIZES = {
    "source_vocab_size": V,
    "target_vocab_size": V,
    "d_model": 16,
    "n_layers": 2,
    "n_heads": 4,
    "d_ff": 24,
    "context": 12,
}
LAYOUTS = {
    "2017": {},
    "pre-norm": {"wiring": "pre", "positions": "learned", "feed_forward": "gelu"},
    "two tables": {"shared": False, "target_vocab_size": V + 2, "feed_forward": "squared_relu"},
}
SOURCE = torch.tensor([[3, 4, 5, 6, 7], [8, 9, 10, 0, 0]])
# Worst case measured, in float64: 1.6e-15.
TOLERANCE = 1e-12


def _model(layout: str, **fields) -> Transformer:
    torch.manual_seed(1)
    model = Transformer(TransformerConfig(**(SIZES | LAYOUTS[layout] | fields))).double().eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return model


def _ids(rows: int, n: int) -> torch.Tensor:
    return torch.randint(1, V, (rows, n), generator=torch.Generator().manual_seed(2))


def _close(ours, expected):
    torch.testing.assert_close(ours, expected, atol=TOLERANCE, rtol=TOLERANCE)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_target_looks_back_only(layout):
    """A changed target token changes no score before it; a changed source token changes all."""
    model, target = _model(layout), _ids(2, 6)
    before = model(SOURCE, target)
    later, other = target.clone(), SOURCE.clone()
    later[:, 3] = later[:, 3] % (V - 1) + 1
    other[:, 0] = 11
    assert torch.equal(model(SOURCE, later)[:, :3], before[:, :3])
    assert (model(SOURCE, later)[:, 3] - before[:, 3]).abs().max() > 1e-6
    assert (model(other, target) - before).abs().amax(-1).min() > 1e-6


@pytest.mark.parametrize("layout", LAYOUTS)
def test_padding_is_never_looked_at(layout):
    """A sentence beside a longer one gets the scores it gets alone, and Recorded sees no weight on padding."""
    model, target = _model(layout), _ids(2, 4)
    _close(model(SOURCE, target)[1:], model(SOURCE[1:, :3], target[1:]))
    seen = [Recorded(), Recorded()]
    model(SOURCE, target, memory_attends=seen)
    assert seen[0].weights.shape == (2, 4, 4, 5)
    assert seen[0].weights[1, :, :, 3:].abs().max() == 0


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=10)
@given(pieces=st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_the_writer_answers_as_the_model_does(layout, pieces):
    """Cached and piece by piece, rewound and with its rows exchanged, the writer's scores are the model's."""
    model = _model(layout)
    target = _ids(2, sum(pieces))
    writer = model.writer(SOURCE)
    cache = writer.new_cache(2, 12)
    with torch.no_grad():
        steps = torch.cat([writer(piece, cache=cache) for piece in target.split(pieces, dim=1)], dim=1)
        _close(steps, model(SOURCE, target))
        _close(writer(target), steps)
        kept = cache.length - 1
        cache.rewind(kept)
        rows = torch.tensor([1, 0, 1])
        cache.reorder(rows)
        last = writer(torch.tensor([[3], [4], [5]]), cache=cache)
    texts = torch.cat([target[rows, :kept], torch.tensor([[3], [4], [5]])], dim=1)
    _close(last, model(SOURCE[rows], texts)[:, -1:])


def test_the_writer_can_be_generated_with():
    """Greedy translations by `generate` are those that whole passes choose one by one."""
    model = _model("2017")
    writer = model.writer(SOURCE)
    assert isinstance(writer, Writer)
    assert isinstance(GPT(GPTConfig(vocab_size=3, context=4, d_model=4, n_layers=1, n_heads=1)), Writer)
    written = generate(writer, [[1], [1]], Sampling(max_new=6, temperature=0))
    target = torch.tensor([[1], [1]])
    for _ in range(6):
        target = torch.cat([target, model(SOURCE, target)[:, -1].argmax(-1, keepdim=True)], dim=1)
    assert written == target[:, 1:].tolist()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_parameter_learns_and_a_state_comes_back(layout):
    """Each parameter gets a finite gradient; another model with this state gives the same scores."""
    model, target = _model(layout).train(), _ids(2, 5)
    scores = model(SOURCE, target[:, :-1]).flatten(0, 1)
    torch.nn.functional.cross_entropy(scores, target[:, 1:].flatten()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.isfinite().all(), name
        assert parameter.grad.abs().max() > 0 or "key.bias" in name, name
    again = Transformer(model.config).double().eval()
    again.load_state_dict(model.state_dict())
    assert torch.equal(again(SOURCE, target), model.eval()(SOURCE, target))


def test_a_configuration_survives_json():
    """`from_dict` of what `as_dict` gave, through JSON, is equal."""
    config = TransformerConfig(**(SIZES | LAYOUTS["pre-norm"]))
    assert TransformerConfig.from_dict(json.loads(json.dumps(config.as_dict()))) == config


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"wiring": "pots"}, "did you mean 'post'"),
        ({"positions": "learnt"}, "did you mean 'learned'"),
        ({"feed_forward": "rely"}, "did you mean 'relu'"),
        ({"n_heads": 5}, "must be divisible"),
        ({"d_ff": 0}, "must be at least 1"),
        ({"target_vocab_size": 9}, "pass shared=False"),
        ({"pad_id": V}, "must be an id of both vocabularies"),
        ({"dropout": -1.0}, "dropout"),
        ({"n_layer": 2}, "did you mean 'n_layers'"),
    ],
)
def test_a_wrong_configuration_is_told_so(fields, sentence):
    """One sentence, with the nearest name where one was meant."""
    with pytest.raises(ValueError, match=sentence):
        TransformerConfig.from_dict(SIZES | fields)


def test_a_sentence_too_long_is_told_so():
    """Longer than the context, on either side."""
    model = _model("2017")
    for source, target in ((_ids(1, 13), _ids(1, 2)), (_ids(1, 2), _ids(1, 13))):
        with pytest.raises(ValueError, match="the sentence has 13 tokens and this model was made for 12"):
            model(source, target)
