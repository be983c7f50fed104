"""The writing loop: neither cache nor batch changes anything, a window moves on, a text ends where it should."""

import pytest
import tiktoken
import torch
from generate.lively_gpt import V, gpt
from hypothesis import given, settings
from hypothesis import strategies as st

from tfm.generate.beam import Beam, beam_search, beam_steps
from tfm.generate.filters import LEAST, MOST
from tfm.generate.rows import Rows
from tfm.generate.sampling import Sampling
from tfm.generate.text import generate_text, stream_text
from tfm.generate.writing import generate, log_probability, stream
from tfm.models.gpt_config import POSITIONS
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.text.bpe import BPE
from tfm.text.byte_level import ByteVocabulary
from tfm.text.characters import CharacterVocabulary

CONTEXT = 12
SHORT = 7  # a window that is soon full, twice, and takes the longest prompt
SAME = 1e-5  # worst seen between cached and uncached logits 1.4e-6; a mask off by one gives 1e-2
PROMPTS = st.lists(st.lists(st.integers(0, V - 1), min_size=1, max_size=6), min_size=1, max_size=3)


def all_logits(model, prompts, n, **how):
    """Return the scores of every step, B × n × V, and what greedy decoding wrote."""
    rows, seen = Rows(model, prompts, **how), []
    for _ in range(n):
        seen.append(rows.logits())
        rows.append(seen[-1].argmax(-1))
    return torch.stack(seen, 1), rows.texts()


@pytest.mark.parametrize("positions", POSITIONS)
@given(prompts=PROMPTS, seed=st.integers(0, 50), stride=st.integers(1, SHORT))
@settings(max_examples=12)
def test_a_cache_changes_no_score(positions, prompts, seed, stride):
    """With and without a cache the scores agree, for ragged prompts, twice past the window and any stride."""
    model = gpt(positions, seed, context=SHORT, n_kv_heads=2, qk_norm=bool(seed % 2))
    n = 2 * SHORT
    cached, texts = all_logits(model, prompts, n, stride=stride)
    plain, again = all_logits(model, prompts, n, stride=stride, cached=False)
    assert (cached - plain).abs().max() < SAME
    assert texts == again


@pytest.mark.parametrize("positions", POSITIONS)
@given(prompts=PROMPTS, seed=st.integers(0, 50))
@settings(max_examples=12)
def test_company_changes_nothing(positions, prompts, seed):
    """A prompt gets the same text alone and beside longer ones, as long as the window is not full."""
    model, sampling = gpt(positions, seed), Sampling(max_new=6, temperature=0)
    alone = [generate(model, [prompt], sampling)[0] for prompt in prompts]
    assert generate(model, prompts, sampling) == alone


def test_a_cache_is_made_for_what_is_written(monkeypatch):
    """A model that can look at 16 million tokens gets room for the prompt and the new ones, in a search too."""
    model, asked = gpt("rotary", 0, context=2**24), []
    new_cache = model.new_cache
    monkeypatch.setattr(model, "new_cache", lambda *sizes: (asked.append(sizes), new_cache(*sizes))[1])
    generate(model, [[1, 2, 3], [4]], Sampling(max_new=5))
    beam_search(model, [1, 2], Beam(width=3, max_new=4))
    assert asked == [(2, 8), (1, 6)]
    short, seen = gpt("rotary", 0, context=SHORT), []
    monkeypatch.setattr(short, "new_cache", lambda *sizes: (seen.append(sizes), new_cache(*sizes))[1])
    generate(short, [[1, 2, 3]], Sampling(max_new=100))
    assert seen == [(1, SHORT)]


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("can't allocate memory"), RuntimeError("no")])
def test_a_cache_that_memory_does_not_hold_gets_a_sentence(monkeypatch, error):
    """PyTorch's own sentence names its allocator; any other error of a model stays what it is."""
    model = gpt("rotary", 0, context=2**24)

    def too_large(*_):
        raise error

    monkeypatch.setattr(model, "new_cache", too_large)
    kind, said = (
        (RuntimeError, "^no$") if str(error) == "no" else (ValueError, "cache of 1 × 1,000,002 tokens: ")
    )
    with pytest.raises(kind, match=said):
        generate(model, [[1, 2]], Sampling(max_new=10**6))


def test_a_stride_of_one_is_what_nanogpt_does():
    """The model always sees the last `context` tokens, no more and no fewer."""
    model, text = gpt(), [3, 1, 4]
    for _ in range(2 * CONTEXT):
        with torch.no_grad():
            text.append(int(model(torch.tensor([text[-CONTEXT:]]))[0, -1].argmax()))
    assert generate(model, [text[:3]], Sampling(max_new=2 * CONTEXT, temperature=0), stride=1)[0] == text[3:]


def test_a_long_prompt_is_read_at_its_end():
    """Of a prompt longer than the window the model sees the last tokens."""
    model, prompt = gpt(), list(range(V)) * 2
    first = generate(model, [prompt], Sampling(max_new=1, temperature=0), stride=1)
    assert first == generate(model, [prompt[-CONTEXT:]], Sampling(max_new=1, temperature=0))


def test_a_text_ends_at_its_stop_and_the_others_go_on():
    """The stop id is the last token of its row; a row that has ended writes None."""
    model = gpt()
    free = generate(model, [[1], [2]], Sampling(max_new=8, temperature=0))
    stop = free[0][2]
    ended = generate(model, [[1], [2]], Sampling(max_new=8, temperature=0, stop=(stop,)))
    assert ended[0] == free[0][: free[0].index(stop) + 1]
    assert ended[1] == (free[1][: free[1].index(stop) + 1] if stop in free[1] else free[1])
    steps = list(stream(model, [[1], [2]], Sampling(max_new=8, temperature=0, stop=(stop,))))
    assert steps[-1].tokens[0] is None or len(ended[0]) == len(steps)


def test_a_seed_repeats_a_text_and_another_does_not():
    """Sampling is deterministic in its seed."""
    texts = [
        generate(gpt(), [[1, 2]], Sampling(max_new=10, temperature=1.5, seed=seed)) for seed in (4, 4, 5)
    ]
    assert texts[0] == texts[1] != texts[2]


def test_probabilities_are_those_that_were_drawn_from():
    """Each step carries its distribution: with top-k of 2 two tokens can be drawn, and one of them was."""
    for step in stream(gpt(), [[1]], Sampling(max_new=6, top_k=2)):
        assert (step.probabilities > 0).sum() == 2
        assert step.probabilities[0, step.tokens[0]] > 0


def test_dropout_is_off_while_it_writes_and_back_afterwards():
    """A model in training writes as in evaluation, and goes on training."""
    model = gpt(dropout=0.5)
    expected = generate(model, [[1, 2]], Sampling(max_new=6, temperature=0))
    model.train()
    assert generate(model, [[1, 2]], Sampling(max_new=6, temperature=0)) == expected
    assert model.training


def test_log_probability_adds_up_the_steps():
    """The probability of a text is the product of its steps'."""
    model = gpt()
    steps = list(stream(model, [[1, 2]], Sampling(max_new=5, temperature=0)))
    written = [step.tokens[0] for step in steps]
    total = sum(float(step.probabilities[0, token].log()) for step, token in zip(steps, written, strict=True))
    assert log_probability(model, [1, 2], written) == pytest.approx(total, abs=1e-4)


def test_a_transformer_writes_by_the_same_loop():
    """A writer over sources is a model like any other: cached as uncached, greedy as by hand, and by beam."""
    torch.manual_seed(0)
    config = TransformerConfig(
        source_vocab_size=V, target_vocab_size=V, d_model=16, n_heads=4, n_layers=2, d_ff=32
    )
    model = Transformer(config).eval()
    source = torch.tensor([[3, 4, 5, 6], [7, 8, 0, 0]])
    writer, sampling = model.writer(source), Sampling(max_new=6, temperature=0)
    texts = generate(writer, [[1], [1]], sampling)
    assert texts == generate(writer, [[1], [1]], sampling, cached=False)
    target = torch.tensor([[1, *texts[0]]])
    assert model(source[:1], target)[0, :-1].argmax(-1).tolist() == texts[0]
    one = model.writer(source[:1])
    found, again = (
        beam_search(one, [1], Beam(width=3, max_new=5), cached=cached) for cached in (True, False)
    )
    assert [h.ids for h in found] == [h.ids for h in again]


def test_a_wide_beam_finds_the_best_text_there_is():
    """A beam as wide as there are texts is an exhaustive search."""
    model, n = gpt(), 2
    texts = [(a, b) for a in range(V) for b in range(V)]
    best = max(texts, key=lambda text: log_probability(model, [1], text))
    found = beam_search(model, [1], Beam(width=V, max_new=n))[0]
    assert found.ids == best
    assert found.log_probability == pytest.approx(log_probability(model, [1], best), abs=1e-4)


def test_a_beam_of_one_is_greedy():
    """With one text nothing else can be kept."""
    for seed in range(5):
        model = gpt(seed=seed)
        [greedy] = generate(model, [[1, 2]], Sampling(max_new=8, temperature=0))
        assert list(beam_search(model, [1, 2], Beam(width=1, max_new=8))[0].ids) == greedy


def test_the_steps_of_a_beam_show_the_search():
    """Live texts grow by one token a round; candidates come best first; what is live was a candidate."""
    for n, step in enumerate(beam_steps(gpt(), [1], Beam(width=3, max_new=4, stop=(5,))), start=1):
        totals = [h.log_probability for _, h in step.candidates]
        assert totals == sorted(totals, reverse=True)
        assert all(len(h.ids) == n and h in [c for _, c in step.candidates] for h in step.live)


def test_a_stop_string_ends_the_text_and_is_not_given_out():
    """The answer ends before the string, also when the string is written token by token."""
    vocabulary = CharacterVocabulary("abcdefghijklmnopqrs")
    whole = generate_text(gpt(), vocabulary, "abc", Sampling(max_new=10, temperature=0))
    stop = whole[4:6]
    cut = generate_text(gpt(), vocabulary, "abc", Sampling(max_new=10, temperature=0), stop=[stop])
    assert cut == whole[: whole.index(stop)]


class Recited:
    """A model that writes given ids after a prompt of one token, whatever it is asked."""

    context = 64

    def __init__(self, ids, n_vocab):
        self.ids, self.n_vocab = ids, n_vocab

    def new_cache(self, batch, max_length):
        """Return nothing: it is asked without a cache."""

    def __call__(self, ids, padding=None, cache=None):
        """Score the next id of the row highest."""
        following = [self.ids[min(n, len(self.ids) - 1)] for n in range(ids.shape[1])]
        return torch.nn.functional.one_hot(torch.tensor([following]), self.n_vocab).float()


TEXTS = [
    "éé",
    "aééb",
    "我我们",
    "x我",
    "😀😀!",
    "a\ufffdb\ufffd",
    "ab\n\nc",
    "日本語日本",
    "naïve naïf",
    "eé",
]
_bpe = BPE.train("éé 我们 我们 日本語 日本語 naïve naïf 😀😀 ab\n\nc" * 3, 290)
TOKENIZERS = {
    "bytes": ByteVocabulary(),
    "characters": CharacterVocabulary("".join(TEXTS)),
    "BPE": _bpe,
    "tiktoken": tiktoken.Encoding(
        name="small",
        pat_str=_bpe.pattern,
        mergeable_ranks={b: i for i, b in _bpe.vocab.items()},
        special_tokens={},
    ),
}


def before_the_first(text, stop):
    """What stands before the stop string that is complete first: the plain rule, for whole texts."""
    for end in range(1, len(text) + 1):
        starts = [end - len(s) for s in stop if text[:end].endswith(s)]
        if starts:
            return text[: min(starts)]
    return text


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("text", TEXTS)
def test_a_stop_string_never_leaks_and_swallows_nothing(tokenizer, text):
    """Every part of a text as a stop string, alone and in pairs: each piece given out belongs to the answer."""
    tokens = TOKENIZERS[tokenizer]
    ids = tokens.encode(text)
    model, sampling = Recited(ids, 512), Sampling(max_new=len(ids), temperature=0)
    parts = sorted({text[a:b] for a in range(len(text)) for b in range(a + 1, len(text) + 1)})
    cases = [(part,) for part in parts] + [(parts[i], parts[-1 - i]) for i in range(len(parts) // 2)]
    for stop in [*cases, ("é" * 3,), ("\ufffd",), ("我们们", "zz")]:
        said = ""
        for piece in stream_text(model, tokens, "a", sampling, stop=stop, cached=False):
            said += piece
            assert before_the_first(text, stop).startswith(said), (stop, said)
        assert said == before_the_first(text, stop), stop


def test_a_stop_string_may_stand_alone():
    """A string is one stop string, not a row of letters."""
    tokens = CharacterVocabulary("abcd")
    model, sampling = Recited(tokens.encode("dcbabc"), 4), Sampling(max_new=6, temperature=0)
    assert generate_text(model, tokens, "a", sampling, stop="bc", cached=False) == "dcba"


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
@pytest.mark.parametrize("row", [0, 1])
def test_scores_that_are_no_numbers_are_one_sentence(bad, row):
    """NaN or +∞ among the scores, or nothing but −∞, stop drawing, greedy decoding and beams alike."""

    class Broken(Recited):
        def __call__(self, ids, padding=None, cache=None):
            scores = super().__call__(ids).expand(len(ids), -1, -1).clone()
            scores[min(row, len(ids) - 1), :, slice(None) if bad < 0 else slice(2, 3)] = bad
            return scores

    model = Broken([1, 2, 3], V)
    for write in (
        lambda: generate(model, [[1], [2]], Sampling(max_new=3), cached=False),
        lambda: generate(model, [[1], [2]], Sampling(max_new=3, top_k=5, top_p=0.9, min_p=0.1), cached=False),
        lambda: generate(model, [[1], [2]], cached=False),
        lambda: beam_search(model, [1], Beam(max_new=3), cached=False),
        lambda: log_probability(model, [1], [2, 3]),
    ):
        with pytest.raises(
            ValueError, match=r"scores of the next token are .*, so none can be chosen: its weights"
        ):
            write()


def test_one_score_of_minus_infinity_is_a_choice_like_another():
    """A model may rule tokens out; at the hottest and the coldest temperature none of them is drawn."""

    class Choosy(Recited):
        def __call__(self, ids, padding=None, cache=None):
            return super().__call__(ids).log()

    for temperature in (0, LEAST, 1.0, MOST):
        sampling = Sampling(max_new=3, temperature=temperature, repetition_penalty=MOST)
        assert generate(Choosy([1, 2, 3], V), [[1]], sampling, cached=False) == [[1, 2, 3]]


@given(st.text(min_size=1, max_size=6), st.integers(0, 20))
@settings(max_examples=20)
def test_pieces_are_whole_characters_and_make_the_text(prompt, seed):
    """Streamed pieces joined are the text, and no piece but the last has half a character."""
    model = gpt(vocab_size=256, context=32, seed=seed)
    sampling = Sampling(max_new=12, temperature=2.0, seed=seed)
    pieces = list(stream_text(model, ByteVocabulary(), prompt, sampling))
    ids = generate(model, [ByteVocabulary().encode(prompt)], sampling)[0]
    assert "".join(pieces) == ByteVocabulary().decode(ids)


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda m: generate(m, []), "there is no prompt to go on from"),
        (lambda m: generate(m, [[1], []]), "prompt 1 is empty"),
        (lambda m: generate(m, [[V]]), f"token id {V} is outside the vocabulary of {V} ids"),
        (
            lambda m: generate(m, [[1]], stride=99),
            r"stride \(99\) is how many tokens a full window of 12 drops",
        ),
        (
            lambda m: beam_search(m, [1] * 9, Beam(max_new=8)),
            "a prompt of 9 and 8 new tokens do not fit the 12",
        ),
        (lambda m: beam_search(m, [1] * 20, Beam(max_new=8)), "looks at: shorten the prompt$"),
        (lambda m: Beam(width=2.0), r"width \(2\.0\) is how many texts are kept"),
        (lambda m: Beam(max_new=True), r"max_new \(True\) is how many tokens"),
        (
            lambda m: Beam(length_penalty=float("nan")),
            r"length_penalty \(nan\) must be a number from -10 to 10",
        ),
        (lambda m: Beam(length_penalty=1e308), r"length_penalty \(1e\+308\) must be a number"),
        (lambda m: Beam(stop="a"), r"stop \('a'\) must be a tuple of token ids"),
        (lambda m: Beam(width=0), r"width \(0\) is how many texts are kept"),
        (lambda m: generate_text(m, CharacterVocabulary("ab"), ""), "the prompt is empty"),
        (lambda m: generate_text(m, CharacterVocabulary("ab"), "z"), "the character 'z'"),
        (lambda m: generate_text(m, CharacterVocabulary("ab"), "a", stop=[""]), "an empty stop string"),
        (lambda m: log_probability(m, [1] * 9, [1] * 9), "the text has 18 tokens and the model looks at 12"),
    ],
)
@pytest.mark.usefixtures("as_a_reader_calls_it")
def test_odd_input_gets_one_sentence(call, rule):
    """Every wrong call says what is wrong and what to do."""
    with pytest.raises(ValueError, match=rule) as caught:
        call(gpt())
    assert "\n" not in str(caught.value)
