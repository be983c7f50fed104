"""Our GPT against Hugging Face's GPT-2 and Llama, with the same tiny random weights: logits, gradients, cache."""

import pytest
import torch
from torch import nn

from tfm.generate.sampling import Sampling
from tfm.generate.writing import generate
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.nn.attention import fused, scaled_dot_product
from tfm.pretrained import (
    Checkpoint,
    gpt2_from_huggingface,
    gpt2_to_huggingface,
    llama_from_huggingface,
    llama_to_huggingface,
    save_huggingface,
)

transformers = pytest.importorskip(
    "transformers", reason="transformers is the peer here: pip install -e .[test]"
)

V, CONTEXT, C, LAYERS, HEADS = 41, 24, 32, 3, 4
IDS = torch.tensor([[3, 1, 4, 1, 5, 9, 2, 6], [5, 3, 5, 8, 9, 7, 9, 3]])

# Worst case measured over all tests of this file, in float64: 1.3e-15.
TOLERANCE = 1e-12
# Llama's norm and rotary positions compute in float32 whatever they are given; worst case measured: 7.2e-7.
TOLERANCE_FLOAT32 = 2e-5


def _scatter(peer: nn.Module, std: float) -> nn.Module:
    torch.manual_seed(1)
    for parameter in peer.parameters():
        nn.init.normal_(parameter, std=std)
    return peer.eval()


def _gpt2(**fields):
    config = transformers.GPT2Config(
        vocab_size=V,
        n_positions=CONTEXT,
        n_embd=C,
        n_layer=LAYERS,
        n_head=HEADS,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        attn_implementation="eager",
        **fields,
    )
    return _scatter(transformers.GPT2LMHeadModel(config).double(), 0.3)


def _llama(**fields):
    sizes = {"num_key_value_heads": 2, "rope_theta": 500.0, "tie_word_embeddings": False} | fields
    config = transformers.LlamaConfig(
        vocab_size=V,
        max_position_embeddings=CONTEXT,
        hidden_size=C,
        intermediate_size=48,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        attn_implementation="sdpa",
        **sizes,
    )
    return _scatter(transformers.LlamaForCausalLM(config), 0.3)


def _relative(kind):
    def made(**fields):
        config = getattr(transformers, f"{kind}Config")(
            vocab_size=V,
            hidden_size=C,
            intermediate_size=48,
            num_hidden_layers=LAYERS,
            num_attention_heads=HEADS,
            **{"num_key_value_heads": 2, "max_position_embeddings": CONTEXT, "tie_word_embeddings": False}
            | fields,
        )
        return _scatter(getattr(transformers, f"{kind}ForCausalLM")(config), 0.3)

    return made


def _stored(peer) -> Checkpoint:
    """What lies in a folder of theirs: the configuration as JSON has it, and each tensor once where it is tied."""
    tensors = dict(peer.state_dict())
    if peer.config.tie_word_embeddings:
        del tensors["lm_head.weight"]
    return Checkpoint(peer.config.to_dict(), tensors)


PEERS = {
    "gpt2": (_gpt2, gpt2_from_huggingface, gpt2_to_huggingface, torch.float64, TOLERANCE),
    "llama": (_llama, llama_from_huggingface, llama_to_huggingface, torch.float32, TOLERANCE_FLOAT32),
} | {
    kind.lower(): (
        _relative(kind),
        llama_from_huggingface,
        llama_to_huggingface,
        torch.float32,
        TOLERANCE_FLOAT32,
    )
    for kind in ("Mistral", "Qwen2", "Qwen3")
}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
YARN = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 6}
YARN_BY_HAND = {"beta_fast": 8.0, "beta_slow": 2.0, "truncate": False, "mscale": 0.7, "mscale_all_dim": 0.5}
CASES = [
    ("gpt2", {}),
    ("gpt2", {"tie_word_embeddings": False}),
    ("gpt2", {"activation_function": "gelu", "n_inner": 40}),
    ("llama", {}),
    ("llama", {"num_key_value_heads": 4}),
    ("llama", {"num_key_value_heads": 1, "tie_word_embeddings": True}),
    ("llama", {"head_dim": 16}),
    ("llama", {"attention_bias": True}),
    ("llama", {"mlp_bias": True, "attention_bias": True}),
    ("llama", {"rope_scaling": {"rope_type": "linear", "factor": 4.0}}),
    ("llama", {"rope_scaling": {"rope_type": "dynamic", "factor": 4.0}}),
    ("llama", {"rope_scaling": LLAMA3 | {"original_max_position_embeddings": 16}}),
    ("llama", {"rope_scaling": YARN}),
    ("llama", {"rope_scaling": YARN | YARN_BY_HAND | {"original_max_position_embeddings": 128}}),
    ("mistral", {"sliding_window": 3}),
    ("mistral", {"sliding_window": None}),
    ("qwen2", {}),
    ("qwen2", {"use_sliding_window": True, "sliding_window": 3, "max_window_layers": 0}),
    ("qwen3", {"head_dim": 16}),
    ("qwen3", {"head_dim": 8, "attention_bias": True, "tie_word_embeddings": True}),
]


def _pair(kind, fields):
    make, read, _, dtype, tolerance = PEERS[kind]
    peer = make(**fields)
    return read(_stored(peer), dtype), peer, tolerance


def _close(ours, theirs, tolerance):
    torch.testing.assert_close(ours, theirs, atol=tolerance, rtol=tolerance)


@pytest.mark.parametrize("core", [scaled_dot_product, fused])
@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_every_logit_equals(kind, fields, core):
    """The same ids get the same scores, whichever core attends."""
    ours, peer, tolerance = _pair(kind, fields)
    _close(ours(IDS, attends=[core] * LAYERS), peer(IDS).logits, tolerance)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_every_gradient_equals(kind, fields):
    """Backward from the loss gives each parameter the same gradient, in their names and their order of rows."""
    ours, peer, tolerance = _pair(kind, fields)
    to_theirs = PEERS[kind][2]
    for model, logits in ((ours, ours(IDS)), (peer, peer(IDS).logits)):
        loss = nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), IDS[:, 1:].flatten())
        model.zero_grad()
        loss.backward()
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.copy_(parameter.grad)
    gradients = to_theirs(ours)
    expected = dict(peer.named_parameters())
    assert expected.keys() <= gradients.keys()
    for name, parameter in expected.items():
        _close(gradients[name], parameter.grad, tolerance)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_the_cache_gives_what_theirs_gives(kind, fields):
    """Written piece by piece, 3 tokens, 1 and 4, each step's scores are theirs with their cache."""
    ours, peer, tolerance = _pair(kind, fields)
    cache, kept = ours.new_cache(batch=2, max_length=CONTEXT), transformers.DynamicCache()
    with torch.no_grad():
        for piece in IDS.split([3, 1, 4], dim=1):
            _close(ours(piece, cache=cache), peer(piece, past_key_values=kept).logits, tolerance)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_padding_on_the_left_is_hidden_as_theirs_is(kind, fields):
    """A row with two filler tokens in front gets, behind them, the scores that theirs gives it."""
    ours, peer, tolerance = _pair(kind, fields)
    padding = torch.tensor([0, 2])
    seen = (torch.arange(8) >= padding[:, None]).long()
    places = (seen.cumsum(-1) - 1).clamp(min=0)
    logits = ours(IDS, padding=padding)
    expected = peer(IDS, attention_mask=seen, position_ids=places).logits
    _close(logits[0], expected[0], tolerance)
    _close(logits[1, 2:], expected[1, 2:], tolerance)


@pytest.mark.parametrize(("kind", "fields"), CASES)
def test_weights_go_there_and_back(kind, fields):
    """To their layout and back, every number is where it was, and their model takes the names."""
    _, read, to_theirs, dtype, _ = PEERS[kind]
    ours, peer, _ = _pair(kind, fields)
    state = to_theirs(ours)
    peer.load_state_dict(state, strict=False)
    assert peer.state_dict().keys() == state.keys()
    again = read(_stored(peer), dtype)
    assert isinstance(again, GPT)
    assert (again.scores.weight is again.tokens.weight) == peer.config.tie_word_embeddings
    for name, tensor in ours.state_dict().items():
        assert torch.equal(again.state_dict()[name], tensor), name


def test_dynamic_positions_beyond_the_context():
    """A text longer than the context turns as theirs does."""
    scaling = {"rope_type": "dynamic", "factor": 4.0}
    peer = _relative("Qwen2")(rope_scaling=scaling, max_position_embeddings=5)
    ours = llama_from_huggingface(_stored(peer))
    _close(ours(IDS), peer(IDS).logits, TOLERANCE_FLOAT32)
    cache, kept = ours.new_cache(len(IDS), IDS.shape[1]), transformers.DynamicCache()
    with torch.no_grad():  # kept keys stay turned as they were when they came
        for piece in (IDS[:, :3], *IDS[:, 3:].split(1, dim=1)):
            theirs = peer(piece, past_key_values=kept).logits
            _close(ours(piece, cache=cache), theirs, TOLERANCE_FLOAT32)


@pytest.mark.parametrize(("kind", "fields"), [*CASES[:1], *CASES[-9:]])
def test_what_we_write_transformers_loads(kind, fields, tmp_path):
    """config.json lies beside the weights; the same kind of model, the same logits, the same greedy text."""
    ours, peer, _ = _pair(kind, fields)
    ours = ours.float()
    save_huggingface(tmp_path, ours)
    theirs = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    assert type(theirs) is type(peer) or fields.get("sliding_window", 0) is None  # which is a Llama then
    with torch.no_grad():
        _close(ours(IDS), theirs(IDS).logits, TOLERANCE_FLOAT32)
    settings = Sampling(max_new=8, temperature=0)
    written = theirs.generate(IDS[:1], max_new_tokens=8, do_sample=False, eos_token_id=None, pad_token_id=0)
    assert generate(ours, [IDS[0].tolist()], settings)[0] == written[0, IDS.shape[1] :].tolist()


REFUSED = [
    ("gpt2", "scale_attn_by_inverse_layer_idx", True),
    ("gpt2", "scale_attn_weights", False),
    ("gpt2", "add_cross_attention", True),
    ("gpt2", "activation_function", "silu"),
    ("llama", "hidden_act", "gelu"),
    ("llama", "partial_rotary_factor", 0.5),
    ("llama", "sliding_window", 3),
    ("llama", "rope_scaling", {"rope_type": "longrope", "factor": 2.0}),
    ("llama", "rope_scaling", {"rope_type": "yarn", "factor": 2.0, "mrope_section": [1, 2]}),
    ("llama", "rope_scaling", {"type": "llama3", "factor": 8.0}),
    ("llama", "quantization_config", {"bits": 4}),
    ("llama", "logits_soft_cap", 30.0),
    ("mistral", "attention_bias", True),
    ("mistral", "mlp_bias", True),
    ("qwen2", "layer_types", ["full_attention", "sliding_attention", "full_attention"]),
    ("qwen2", "attention_bias", True),
    ("qwen3", "hidden_act", "relu"),
    ("qwen3", "use_sliding_window", "yes"),
    *(
        ("llama", field, value)
        for field in ("vocab_size", "hidden_size", "rms_norm_eps")
        for value in ("5", None, True)
    ),
    ("llama", "num_hidden_layers", 10**9),
    ("llama", "num_hidden_layers", 10**7),
    ("llama", "max_position_embeddings", 10**9),
    ("llama", "vocab_size", 10**18),
]


@pytest.mark.parametrize(("kind", "field", "value"), REFUSED)
def test_what_would_be_computed_otherwise_is_refused_by_name(kind, field, value):
    """A field that changes the computation, and that our blocks do not follow, or a value that is none."""
    make, read, *_ = PEERS[kind]
    stored = _stored(make(**({"head_dim": 8} if kind == "qwen3" else {})))
    known = {"type": "rope", "num_hidden_layers": "layers"}.get(field, field)
    with pytest.raises(ValueError, match=known if field != "rope_scaling" else "config.json") as caught:
        read(Checkpoint(stored.config | {field: value}, stored.tensors))
    assert "\n" not in str(caught.value)


def test_which_model_it_is_must_be_said():
    """A Mistral that does not name its type is no Llama; one that names its architecture is a Mistral."""
    stored = _stored(_relative("Mistral")(sliding_window=3))
    unnamed = {name: value for name, value in stored.config.items() if name != "model_type"}
    with pytest.raises(ValueError, match=r"config\.json does not say model_type"):
        llama_from_huggingface(Checkpoint(unnamed | {"architectures": None}, stored.tensors))
    told = unnamed | {"architectures": ["MistralForCausalLM"]}
    assert llama_from_huggingface(Checkpoint(told, stored.tensors)).window == 3


@pytest.mark.parametrize("part", ["swiglu", "squared_relu"])
def test_what_gpt2_cannot_say_is_not_written(part, tmp_path):
    """A GPT with another feed-forward network would load there and compute something else."""
    model = GPT(GPTConfig(vocab_size=V, context=8, d_model=8, n_layers=1, n_heads=2, feed_forward=part))
    for write in (gpt2_to_huggingface, lambda model: save_huggingface(tmp_path, model)):
        with pytest.raises(ValueError, match=f"feed_forward = '{part}' has no place in GPT-2's layout"):
            write(model)
    assert not list(tmp_path.iterdir())


def test_a_head_that_should_be_tied_and_differs_is_refused():
    """Loaders disagree on which of the two tables counts, so nothing is guessed."""
    stored = _stored(_gpt2())
    head = {"lm_head.weight": stored.tensors["transformer.wte.weight"].clone()}
    gpt2_from_huggingface(Checkpoint(stored.config, stored.tensors | head))
    head["lm_head.weight"][0, 0] += 1
    with pytest.raises(ValueError, match=r"tie_word_embeddings, and lm_head\.weight differs"):
        gpt2_from_huggingface(Checkpoint(stored.config, stored.tensors | head))
