"""Our generation against Hugging Face's `generate`, token by token, on the same tiny random GPT-2 and Llama."""

import pytest
import torch
from torch import nn

from tfm.generate.beam import Beam, beam_search
from tfm.generate.filters import min_p, repetition_penalty, top_k, top_p, with_temperature
from tfm.generate.sampling import Sampling
from tfm.generate.writing import generate
from tfm.pretrained import Checkpoint, gpt2_from_huggingface, llama_from_huggingface

transformers = pytest.importorskip(
    "transformers", reason="transformers is the peer here: pip install -e .[test]"
)

V, CONTEXT, C, LAYERS, HEADS = 23, 32, 16, 2, 2
STD = 0.3  # of the weights: large enough that no two tokens come close to a tie
NEW = 10
PROMPTS = [[3, 1, 4], [1, 5, 9, 2, 6], [5]]
PLAIN = {"pad_token_id": 0, "bos_token_id": None, "do_sample": False}

# Both sum the same logarithms in float32; measured worst over the beams without a stop id: 1.9e-6.
SCORE_TOLERANCE = 1e-5


def _copy(peer: nn.Module, read):
    torch.manual_seed(4)
    for parameter in peer.parameters():
        nn.init.normal_(parameter, std=STD)
    peer.eval()
    tensors = dict(peer.state_dict())
    if peer.config.tie_word_embeddings:
        del tensors["lm_head.weight"]
    return peer, read(Checkpoint(peer.config.to_dict(), tensors)).eval()


@pytest.fixture(scope="module", params=["gpt2", "llama"])
def pair(request):
    """Return their model and our copy of it."""
    if request.param == "gpt2":
        config = transformers.GPT2Config(
            vocab_size=V,
            n_positions=CONTEXT,
            n_embd=C,
            n_layer=LAYERS,
            n_head=HEADS,
            attn_implementation="eager",
        )
        return _copy(transformers.GPT2LMHeadModel(config), gpt2_from_huggingface)
    config = transformers.LlamaConfig(
        vocab_size=V,
        max_position_embeddings=CONTEXT,
        hidden_size=C,
        intermediate_size=24,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=1,
        attn_implementation="eager",
    )
    return _copy(transformers.LlamaForCausalLM(config), llama_from_huggingface)


def _theirs(peer, prompts, **settings):
    """What they write: ids after the prompt, filler cut off, and the scores of beams."""
    longest = max(map(len, prompts))
    ids = torch.tensor([[0] * (longest - len(p)) + p for p in prompts])
    mask = torch.tensor([[0] * (longest - len(p)) + [1] * len(p) for p in prompts])
    settings = PLAIN | {"eos_token_id": None, "max_new_tokens": NEW} | settings
    with torch.no_grad():
        out = peer.generate(
            ids, attention_mask=mask, return_dict_in_generate=True, output_scores=True, **settings
        )
    return [row[longest:].tolist() for row in out.sequences], out


def _until(ids, stop):
    """A text up to its first stop id, which is the last one that counts."""
    ends = [i + 1 for i, token in enumerate(ids) if token in stop]
    return ids[: ends[0]] if ends else ids


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("prompts", [[p] for p in PROMPTS] + [PROMPTS], ids=["one", "two", "three", "ragged"])
def test_greedy_writes_the_same_tokens(pair, prompts, cached):
    """One prompt or several of different lengths, with a cache or without."""
    peer, ours = pair
    theirs, _ = _theirs(peer, prompts)
    assert generate(ours, prompts, Sampling(max_new=NEW, temperature=0), cached=cached) == theirs


def test_greedy_stops_at_the_same_place(pair):
    """Rows end at the stop id, each at its own; whichever id stops, the texts are equal."""
    peer, ours = pair
    ended = 0
    for stop in range(V):
        theirs, _ = _theirs(peer, PROMPTS, eos_token_id=stop)
        written = generate(ours, PROMPTS, Sampling(max_new=NEW, temperature=0, stop=(stop,)))
        assert written == [_until(ids, (stop,)) for ids in theirs]
        ended += sum(len(ids) < NEW for ids in written)
    assert ended > 0  # or nothing was tested


def test_greedy_with_a_penalty(pair):
    """What was written is made less likely in the same way, prompt included."""
    peer, ours = pair
    for penalty in (0.7, 1.3, 2.0):
        theirs, _ = _theirs(peer, PROMPTS[:1], repetition_penalty=penalty)
        settings = Sampling(max_new=NEW, temperature=0, repetition_penalty=penalty)
        assert generate(ours, PROMPTS[:1], settings) == theirs


@pytest.mark.parametrize("early", [True, False, None], ids=["early", "heuristic", "never"])
@pytest.mark.parametrize("penalty", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("width", [2, 4])
def test_beams_are_the_same_texts_in_the_same_order(pair, width, penalty, early):
    """Every text that is kept, and its score, without a stop id, with one and with two that greedy writes."""
    peer, ours = pair
    ended = 0
    for prompt in PROMPTS[:2]:
        greedy = generate(ours, [prompt], Sampling(max_new=NEW, temperature=0))[0]
        for stop in ((), (greedy[2],), (greedy[1], greedy[5])):
            theirs, out = _theirs(
                peer,
                [prompt],
                num_beams=width,
                num_return_sequences=width,
                length_penalty=penalty,
                early_stopping="never" if early is None else early,
                eos_token_id=list(stop) or None,
            )
            settings = Beam(
                width=width,
                max_new=NEW,
                length_penalty=penalty,
                early=early,
                stop=stop,
            )
            found = beam_search(ours, prompt, settings)
            expected = [_until(ids, stop) for ids in theirs]
            assert [list(h.ids) for h in found] == expected
            torch.testing.assert_close(
                torch.tensor([h.score for h in found]),
                out.sequences_scores,
                atol=SCORE_TOLERANCE,
                rtol=SCORE_TOLERANCE,
            )
            ended += sum(len(h.ids) < NEW for h in found)
    assert ended > 0 or penalty > 1  # a reward for length may let none of the short ones stay


LOGITS = torch.linspace(-4, 4, 5 * V).sin().mul(3).reshape(5, V)[:, torch.arange(V) * 7 % V]
WARPERS = {
    "temperature": [(with_temperature, transformers.TemperatureLogitsWarper, t) for t in (0.3, 0.8, 1.7)],
    "top-k": [(top_k, transformers.TopKLogitsWarper, k) for k in (1, 5, V + 4)],
    "top-p": [(top_p, transformers.TopPLogitsWarper, p) for p in (0.1, 0.5, 0.93)],
    "min-p": [(min_p, transformers.MinPLogitsWarper, p) for p in (0.02, 0.3, 0.9)],
}


@pytest.mark.parametrize(
    ("ours", "theirs", "value"),
    [case for cases in WARPERS.values() for case in cases],
    ids=[f"{name}-{case[2]}" for name, cases in WARPERS.items() for case in cases],
)
def test_a_filter_leaves_what_theirs_leaves(ours, theirs, value):
    """The same tokens are struck out, and the others keep the same scores."""
    expected = theirs(value)(None, LOGITS.clone())
    assert torch.equal(ours(LOGITS, value), expected)


def test_the_penalty_is_theirs():
    """Scores above and below 0, ids that come twice."""
    written = torch.tensor([[1, 1, 4], [0, 2, 22], [9, 9, 9], [3, 4, 5], [6, 7, 8]])
    for penalty in (0.5, 1.0, 1.8):
        expected = transformers.RepetitionPenaltyLogitsProcessor(penalty)(written, LOGITS.clone())
        torch.testing.assert_close(
            repetition_penalty(LOGITS, written.tolist(), penalty), expected, atol=0, rtol=0
        )


def test_all_filters_in_a_row_leave_the_same_probabilities():
    """Penalty, temperature, top-k, top-p, min-p: the order is theirs."""
    settings = Sampling(temperature=0.7, top_k=9, top_p=0.8, min_p=0.05, repetition_penalty=1.4)
    written = torch.tensor([[1, 4], [0, 2], [9, 9], [3, 5], [6, 7]])
    chain = transformers.LogitsProcessorList(
        [
            transformers.RepetitionPenaltyLogitsProcessor(1.4),
            transformers.TemperatureLogitsWarper(0.7),
            transformers.TopKLogitsWarper(9),
            transformers.TopPLogitsWarper(0.8),
            transformers.MinPLogitsWarper(0.05),
        ]
    )
    ours = settings.filtered(LOGITS, written.tolist()).softmax(-1)
    torch.testing.assert_close(ours, chain(written, LOGITS.clone()).softmax(-1), atol=0, rtol=0)
