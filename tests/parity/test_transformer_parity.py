"""Our Transformer against `torch.nn.Transformer` and Marian, with the same tiny random weights."""

import math

import pytest
import torch
from torch import nn

from tfm.models.transformer import Transformer, TransformerConfig
from tfm.nn.mask import causal_mask

# PyTorch says that it will not take its short cut for padded sentences, which is no matter here.
pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True")

V, C, H, F, LAYERS = 19, 16, 4, 24, 2
SOURCE = torch.tensor([[3, 4, 5, 6, 7], [8, 9, 10, 0, 0]])
TARGET = torch.tensor([[1, 7, 8, 9], [1, 2, 0, 0]])
SIZES = {
    "source_vocab_size": V,
    "target_vocab_size": V,
    "d_model": C,
    "n_layers": LAYERS,
    "n_heads": H,
    "d_ff": F,
    "dropout": 0.0,
}

# Worst case measured over all tests of this file, in float64: 6.7e-16.
TOLERANCE = 1e-12

ENCODER = {
    "self_attn": "attention",
    "linear1": "feed_forward.up",
    "linear2": "feed_forward.down",
    "norm1": "attention_residual.norm",
    "norm2": "feed_forward_residual.norm",
}
DECODER = ENCODER | {
    "multihead_attn": "cross_attention",
    "norm2": "cross_attention_residual.norm",
    "norm3": "feed_forward_residual.norm",
}


class Peer(nn.Module):
    """PyTorch's Transformer, and around it what it leaves to its caller: tables, positions, scores, masks."""

    def __init__(self, ours: Transformer):
        super().__init__()
        c = ours.config
        self.transformer = nn.Transformer(
            C, H, LAYERS, LAYERS, F, dropout=0.0, batch_first=True, norm_first=c.wiring == "pre"
        )
        if c.wiring == "post":  # its stacks end with a norm more than the paper's
            self.transformer.encoder.norm = self.transformer.decoder.norm = None
        self.ours = [ours.source_positions, ours.target_positions]
        self.source_table = nn.Embedding(c.source_vocab_size, C)
        self.target_table = self.source_table if c.shared else nn.Embedding(c.target_vocab_size, C)
        self.scores = nn.Linear(C, c.target_vocab_size, bias=False)
        if c.shared:
            self.scores.weight = self.source_table.weight

    def forward(self, source, target):
        """Score the target's next tokens."""
        x, y = self.source_table(source) * math.sqrt(C), self.target_table(target) * math.sqrt(C)
        out = self.transformer(
            x + self.ours[0](x.shape[1]),
            y + self.ours[1](y.shape[1]),
            tgt_mask=~causal_mask(target.shape[1])[0, 0],
            src_key_padding_mask=source == 0,
            memory_key_padding_mask=source == 0,
        )
        return self.scores(out)


def _named(peer: Peer, pick) -> dict[str, torch.Tensor]:
    """The peer's tensors (or gradients) under our names."""
    named = {
        "source_tokens.weight": pick(peer.source_table.weight),
        "scores.weight": pick(peer.scores.weight),
    }
    named["target_tokens.weight"] = pick(peer.target_table.weight)
    for name, parameter in peer.transformer.named_parameters():
        stack, *rest = name.split(".")
        if rest[0] == "norm":  # a pre-norm stack's last one
            named[f"{stack}_norm.{rest[1]}"] = pick(parameter)
            continue
        _, i, part, *last = rest
        ours = f"{stack}.{i}.{(ENCODER if stack == 'encoder' else DECODER)[part]}"
        if last[0].startswith("in_proj"):
            for which, rows in zip(("query", "key", "value"), pick(parameter).chunk(3), strict=True):
                named[f"{ours}.{which}.{last[0].removeprefix('in_proj_')}"] = rows
        else:
            named[".".join([ours, *(["output"] if last[0] == "out_proj" else []), last[-1]])] = pick(
                parameter
            )
    return named


def _pair(**fields):
    ours = Transformer(TransformerConfig(**(SIZES | fields))).double()
    peer = Peer(ours).double()
    for parameter in peer.parameters():
        nn.init.normal_(parameter, std=0.3)
    ours.load_state_dict(_named(peer, lambda parameter: parameter.detach()))
    return ours, peer


CASES = [
    {},
    {"wiring": "pre"},
    {"shared": False, "target_vocab_size": V + 3},
    {"shared": False, "wiring": "pre"},
]


@pytest.mark.parametrize("fields", CASES, ids=str)
def test_torchs_transformer_forward_and_backward(fields):
    """Post-norm and pre-norm, one table or three, padded sources: each logit, and each parameter's gradient."""
    ours, peer = _pair(**fields)
    logits, expected = ours(SOURCE, TARGET), peer(SOURCE, TARGET)
    torch.testing.assert_close(logits, expected, atol=TOLERANCE, rtol=TOLERANCE)
    for each in (logits, expected):
        nn.functional.cross_entropy(each[:, :-1].flatten(0, 1), TARGET[:, 1:].flatten()).backward()
    gradients = _named(peer, lambda parameter: parameter.grad)
    for name, parameter in ours.named_parameters():
        torch.testing.assert_close(parameter.grad, gradients[name], atol=TOLERANCE, rtol=TOLERANCE, msg=name)


MARIAN = {
    "self_attn_layer_norm": "attention_residual.norm",
    "encoder_attn_layer_norm": "cross_attention_residual.norm",
    "final_layer_norm": "feed_forward_residual.norm",
    "fc1": "feed_forward.up",
    "fc2": "feed_forward.down",
} | {
    f"{theirs}.{there}": f"{mine}.{here}"
    for theirs, mine in (("self_attn", "attention"), ("encoder_attn", "cross_attention"))
    for there, here in (("q_proj", "query"), ("k_proj", "key"), ("v_proj", "value"), ("out_proj", "output"))
}


def _from_marian(state) -> dict[str, torch.Tensor]:
    """Rename; their sines and cosines are a table of constants, and ours are computed."""
    table = state["model.shared.weight"]
    ours = {f"{name}.weight": table for name in ("source_tokens", "target_tokens", "scores")}
    for name, tensor in state.items():
        head, _, part = name.removeprefix("model.").partition(".layers.")
        if head in {"encoder", "decoder"} and part:
            i, _, rest = part.partition(".")
            where, _, kind = rest.rpartition(".")
            ours[f"{head}.{i}.{MARIAN[where]}.{kind}"] = tensor
    return ours


def _in_marians_order(d_model: int) -> torch.Tensor:
    """Marian writes all sines, then all cosines; ours alternate: feature i of theirs stands at place order[i]."""
    return torch.arange(d_model).view(-1, 2).T.flatten()


@pytest.fixture
def marian():
    """A tiny Marian in float64, its constants put in our order, and our twin of it."""
    transformers = pytest.importorskip(
        "transformers", reason="transformers is the peer here: pip install -e .[test]"
    )
    config = transformers.MarianConfig(
        vocab_size=V,
        decoder_vocab_size=V,
        d_model=C,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        encoder_attention_heads=H,
        decoder_attention_heads=H,
        encoder_ffn_dim=F,
        decoder_ffn_dim=F,
        dropout=0.0,
        activation_function="relu",
        scale_embedding=True,
        pad_token_id=0,
        eos_token_id=2,
        decoder_start_token_id=1,
        attn_implementation="eager",
    )
    peer = transformers.MarianMTModel(config).double().eval()
    trained = dict(peer.named_parameters())
    with torch.no_grad():
        for name, parameter in trained.items():
            if "embed_positions" not in name:
                nn.init.normal_(parameter, std=0.3)
        for stack in (peer.model.encoder, peer.model.decoder):
            table = stack.embed_positions.weight
            fresh = Transformer(TransformerConfig(**SIZES)).double().source_positions(table.shape[0])
            torch.testing.assert_close(fresh[:8, _in_marians_order(C)], table[:8].double(), atol=1e-6, rtol=0)
            table.copy_(fresh)
    ours = Transformer(TransformerConfig(**SIZES)).double()
    ours.load_state_dict(_from_marian(peer.state_dict()))
    return ours, peer


def test_marian_forward_and_backward(marian):
    """A real translator's layout, post-norm with one table: logits and every gradient, with padded sources."""
    ours, peer = marian
    logits = ours(SOURCE, TARGET)
    expected = peer(input_ids=SOURCE, attention_mask=(SOURCE != 0).long(), decoder_input_ids=TARGET).logits
    torch.testing.assert_close(logits, expected, atol=TOLERANCE, rtol=TOLERANCE)
    for each in (logits, expected):
        nn.functional.cross_entropy(each[:, :-1].flatten(0, 1), TARGET[:, 1:].flatten()).backward()
    gradients = {name: p.grad for name, p in peer.named_parameters()}
    gradients = {name: g for name, g in gradients.items() if g is not None}
    theirs = _from_marian(gradients)
    row = ours.source_tokens.weight.grad[0].clone()  # their table never learns the filler's row from reading
    for name, parameter in ours.named_parameters():
        expected_gradient = theirs[name].clone()
        if name == "source_tokens.weight":
            expected_gradient[0] = row
        torch.testing.assert_close(
            parameter.grad, expected_gradient, atol=TOLERANCE, rtol=TOLERANCE, msg=name
        )


@pytest.mark.parametrize("wiring", ["post", "pre"])
def test_cached_equals_uncached(wiring):
    """Written token by token with a cache, every step's scores are those of the whole target at once."""
    ours, _ = _pair(wiring=wiring)
    ours.eval()
    memory, seen = ours.encode(SOURCE), ours.memory_mask(SOURCE)
    cache, whole = ours.new_cache(2, 4), ours.decode(TARGET, memory, seen)
    with torch.no_grad():
        steps = [ours.decode(piece, memory, seen, cache=cache) for piece in TARGET.split([1, 2, 1], dim=1)]
    torch.testing.assert_close(torch.cat(steps, dim=1), whole, atol=TOLERANCE, rtol=TOLERANCE)


def test_the_base_model_has_the_papers_size():
    """2017's base configuration: 63.1 million parameters with one table of 37,000; the paper says 65."""
    with torch.device("meta"):
        model = Transformer(TransformerConfig(source_vocab_size=37_000, target_vocab_size=37_000))
    count = sum(parameter.numel() for parameter in model.parameters())
    peer = nn.Transformer(device="meta")  # PyTorch's defaults are that configuration, without its tables
    inner = sum(parameter.numel() for name, parameter in peer.named_parameters() if "coder.norm" not in name)
    assert count == inner + 37_000 * 512 == 63_082_496
    assert abs(count / 65e6 - 1) < 0.03
