"""Guessing ahead changes no token: any kind of position, any draft, greedy or drawn, past the window too."""

import random
from functools import partial

import pytest
import torch
from generate.lively_gpt import V
from generate.lively_gpt import gpt as lively_gpt
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.generate.beam import Beam, beam_search
from tfm.generate.drafts import LookBack
from tfm.generate.packed import PackedModel
from tfm.generate.sampling import Sampling
from tfm.generate.speculative import MOST, Speculative, Tally
from tfm.generate.writing import generate, stream
from tfm.models.gpt_config import POSITIONS
from tfm.models.transformer import Transformer, TransformerConfig

CONTEXT = 24
SHORT = 10  # a window that is soon full, twice
gpt = partial(lively_gpt, context=CONTEXT)
SAME = 1e-5  # logits with guesses behind them and without: worst seen 2e-6; one guess looked at gives 1e-2


def knowing(text, right, seed=0):
    """Return a draft that knows what will be written, and tells each token rightly with a probability."""
    dice = random.Random(seed)

    def draft(ids, n):
        start = len(ids)
        return [t if dice.random() < right else (t + 1) % V for t in text[start : start + n]]

    return draft


@pytest.mark.parametrize("positions", POSITIONS)
@given(
    prompt=st.lists(st.integers(0, V - 1), min_size=1, max_size=SHORT + 4),
    seed=st.integers(0, 50),
    stride=st.integers(1, SHORT),
    most=st.integers(1, MOST),
    drawn=st.booleans(),
)
@settings(max_examples=8)
def test_every_token_is_the_models_own(positions, prompt, seed, stride, most, drawn):
    """Greedy or drawn with one seed, twice past the window and at any stride, text after text is the same."""
    model = gpt(positions, seed, context=SHORT)
    how = Sampling(max_new=2 * SHORT, temperature=0.7 if drawn else 0, top_k=9, seed=seed)
    plain = generate(model, [prompt], how, stride=stride)
    for draft in (LookBack(1), knowing(prompt + plain[0], 0.6, seed)):
        assert generate(Speculative(model, draft, most), [prompt], how, stride=stride) == plain


@pytest.mark.parametrize("n", [1, 5, 16, 21])
def test_right_guesses_save_passes(n):
    """With a draft that knows the text each pass gives one token more than it guessed."""
    model, how, prompt = gpt(), Sampling(max_new=n, temperature=0), [3, 1]
    text = prompt + generate(model, [prompt], how)[0]
    quicker = Speculative(model, knowing(text, right=1.0), most=4)
    assert generate(quicker, [prompt], how) == [text[2:]]
    assert quicker.tally.passes == -(-n // 5)
    assert quicker.tally.right == n - quicker.tally.passes  # each pass gives one token that was not guessed
    assert quicker.tally.guessed - quicker.tally.right <= 1  # a guess behind the last token is not asked for


def test_wrong_guesses_change_nothing():
    """A draft that is always wrong costs a pass for each token, and the text is the same."""
    model, how = gpt(), Sampling(max_new=20, temperature=0)
    text = [3, 1] + generate(model, [[3, 1]], how)[0]
    worst = Speculative(model, knowing(text, right=0.0), most=4)
    assert generate(worst, [[3, 1]], how) == [text[2:]]
    assert (worst.tally.passes, worst.tally.right, worst.tally.accepted) == (20, 0, 0.0)
    assert worst.tally.guessed > 20


def test_no_guess_is_a_plain_pass():
    """A draft that has nothing to say leaves every pass as it was."""
    model, how = gpt(), Sampling(max_new=10, temperature=0)
    silent = Speculative(model, lambda ids, n: [])
    assert generate(silent, [[3]], how) == generate(model, [[3]], how)
    assert silent.tally == Tally(passes=10)


@pytest.mark.parametrize("place", [0, 3, 7])
def test_a_stop_id_among_the_guesses_ends_the_text(place):
    """What was read beyond the end is not written."""
    model, how = gpt(seed=2), Sampling(max_new=12, temperature=0)
    text = generate(model, [[3, 1]], how)[0]
    stopping = Sampling(max_new=12, temperature=0, stop=(text[place],))
    expected = generate(model, [[3, 1]], stopping)
    draft = knowing([3, 1, *text], right=1.0)
    assert generate(Speculative(model, draft, most=6), [[3, 1]], stopping) == expected
    assert expected[0][-1] == text[place]


def test_scores_do_not_see_the_guesses():
    """Column by column the probabilities are the plain ones, whatever stands behind them in the pass."""
    model, how = gpt("rotary"), Sampling(max_new=CONTEXT + 6, temperature=0)
    text = [3, 1] + generate(model, [[3, 1]], how)[0]
    ahead = stream(Speculative(model, knowing(text, 0.5)), [[3, 1]], how)
    for one, two in zip(ahead, stream(model, [[3, 1]], how), strict=True):
        torch.testing.assert_close(one.probabilities, two.probabilities, atol=SAME, rtol=0)


def test_drawn_tokens_have_the_models_probabilities():
    """Over 400 seeds a fixed guess is kept as often as the model would write it, and so is every other token."""
    model, prompt, guess, n = gpt(seed=4), [3, 1], 7, 400
    with torch.no_grad():
        expected = model(torch.tensor([prompt]))[0, -1].softmax(-1)
    drawing = Speculative(model, lambda ids, n: [guess])
    counts, right = torch.zeros(V), 0
    for seed in range(n):
        drawing.tally = Tally()
        first, _ = generate(drawing, [prompt], Sampling(max_new=2, seed=1_000 * seed))[0]
        counts[first] += 1
        right += drawing.tally.right
    assert right == counts[guess] > 0
    spread = (n * expected * (1 - expected)).sqrt()
    assert ((counts - n * expected).abs() <= 4 * spread + 1).all()


def test_several_texts_and_beams_go_to_the_model():
    """Ragged prompts side by side, and a beam that grows out of one text, are as without guessing."""
    model, how = gpt(), Sampling(max_new=8, temperature=0)
    quicker = Speculative(model, LookBack(1))
    assert generate(quicker, [[1, 2, 3], [4]], how) == generate(model, [[1, 2, 3], [4]], how)
    beam = Beam(width=3, max_new=8)
    found, wanted = (beam_search(each, [1, 2, 1], beam) for each in (quicker, model))
    assert [text.ids for text in found] == [text.ids for text in wanted]
    assert [text.score for text in found] == pytest.approx([text.score for text in wanted], abs=1e-5)
    assert generate(quicker, [[1, 2]], how, cached=False) == generate(model, [[1, 2]], how)


@pytest.mark.parametrize("fields", [{}, {"positions": "rotary", "n_kv_heads": 4, "norm": "rms"}])
def test_it_stands_on_the_quick_model(fields):
    """Over `PackedModel` the text is the model's, and dropout is off while it writes and on again afterwards."""
    model, how = gpt(dropout=0.2, **fields), Sampling(max_new=40, temperature=0)
    plain = generate(model, [[3, 1, 4]], how)
    model.train()
    assert generate(Speculative(PackedModel(model), LookBack(1)), [[3, 1, 4]], how) == plain
    assert model.training


def test_a_translation_is_guessed_too():
    """The decoder of a Transformer that has read a sentence answers to the same protocol."""
    torch.manual_seed(1)
    config = TransformerConfig(
        source_vocab_size=V, target_vocab_size=V, d_model=16, n_heads=2, n_layers=1, d_ff=16
    )
    model = Transformer(config).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    with torch.no_grad():
        writer = model.writer(torch.tensor([[5, 6, 7]]))
        how = Sampling(max_new=30, temperature=0)
        plain = generate(writer, [[1]], how)
        quicker = Speculative(writer, knowing([1, *plain[0]], 0.8))
        assert generate(quicker, [[1]], how) == plain
        assert quicker.tally.right > 10


def test_a_cache_can_go_back():
    """After a rewind, into the text or to its beginning, the scores are the model's."""
    model, text = gpt(), [3, 1, 4, 1, 5, 9, 2, 6]
    quicker = Speculative(model, knowing(text, right=1.0), most=3)
    cache = quicker.new_cache(1, CONTEXT)
    with torch.no_grad():
        for start, end in ((0, 2), (2, 3), (3, 4)):
            quicker(torch.tensor([text[start:end]]), cache=cache)
        assert cache.length == 4
        cache.rewind(2)
        scores = quicker(torch.tensor([[8, 8]]), cache=cache)
        torch.testing.assert_close(scores, model(torch.tensor([[3, 1, 8, 8]]))[:, 2:], atol=SAME, rtol=0)
        with pytest.raises(ValueError, match="the cache holds 4 positions and cannot go to 5"):
            cache.rewind(5)


def test_a_draft_may_say_too_much_and_not_nonsense():
    """More guesses than were asked for are cut; an id that the vocabulary lacks gets the model's sentence."""
    model, how = gpt(), Sampling(max_new=CONTEXT, temperature=0)
    assert generate(Speculative(model, lambda ids, n: [5] * 99, most=2), [[3]], how) == generate(
        model, [[3]], how
    )
    with pytest.raises(ValueError, match="token id 19 is outside the vocabulary"):
        generate(Speculative(model, lambda ids, n: [V]), [[3]], how)
    with pytest.raises(ValueError, match=r"most \(0\) is how many tokens are guessed"):
        Speculative(model, LookBack(), most=0)
