"""The one way of translating: the command line and the judge of a run write the same."""

import pytest
import torch

from tfm import cli
from tfm.data.prepare import END, PAD, START, marks_of
from tfm.data.prepared import PreparedPairs
from tfm.generate.beam import beam_search
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.pretrained.folder import save_model
from tfm.tasks.translation import judge_translations, translate
from tfm.text.bpe import BPE
from tfm.text.byte_level import ByteVocabulary

ENGLISH = ["the cat sat", "a mat", "the cat sat on the mat on a mat", "cats"]


@pytest.fixture(scope="module")
def bpe():
    """Return a vocabulary with marks."""
    return BPE.train("the cat sat on the mat", 270, special_tokens=[PAD, START, END])


@pytest.fixture(scope="module")
def model(bpe):
    """Return a Transformer with large random weights, so that its translations differ, and with dropout on."""
    torch.manual_seed(3)
    size = {"source_vocab_size": bpe.n_vocab, "target_vocab_size": bpe.n_vocab, "pad_id": marks_of(bpe).pad}
    model = Transformer(
        TransformerConfig(**size, d_model=8, n_heads=2, n_layers=1, d_ff=16, context=40, shared=False)
    )
    for p in model.parameters():
        torch.nn.init.normal_(p, std=0.6)
    return model.train()


@pytest.fixture(scope="module")
def sources(bpe):
    """Return English sentences as ids."""
    return [bpe.encode_ordinary(text) for text in ENGLISH]


def test_the_search_is_the_papers(model, bpe, sources, monkeypatch):
    """A beam of four and a length penalty of 0.6, as in Vaswani et al., 2017, and room for long sentences."""
    searches = []

    def spy(writer, prompt, search):
        searches.append(search)
        return beam_search(writer, prompt, search)

    monkeypatch.setattr("tfm.tasks.translation.beam_search", spy)
    translate(model, bpe, sources)
    assert {(search.width, search.length_penalty) for search in searches} == {(4, 0.6)}
    assert [search.max_new for search in searches] == [min(2 * len(ids) + 10, 39) for ids in sources]


@pytest.mark.parametrize("words", [[], ["--beams", "1"]], ids=["beam", "greedy"])
def test_the_command_decodes_as_the_bleu_was_measured(model, bpe, sources, words, tmp_path, capsys):
    """What `tfm generate` prints for a test sentence is what the judge wrote beside the run."""
    folder = str(save_model(tmp_path / "model", model, bpe))
    for text, ids in zip(ENGLISH, sources, strict=True):
        one = {"test": ([ids], [ids])}
        data = PreparedPairs(name="x", splits=one, tokenizer=bpe, marks=marks_of(bpe), thanks="")
        judge_translations(model, data, tmp_path, beam=int(words[1]) if words else 4)
        assert cli.main(["generate", folder, text, *words]) == 0
        three = f"{text}\n{capsys.readouterr().out}{text}\n"
        assert (tmp_path / "test.txt").read_bytes() == three.encode()


def test_greedy_side_by_side_and_alone(model, bpe, sources):
    """Sentences of unlike length in one batch get the translations that each gets alone; training goes on."""
    together = translate(model, bpe, sources, beam=1, max_new=12)
    assert together == [translate(model, bpe, [ids], beam=1, max_new=12)[0] for ids in sources]
    assert len(set(together)) > 1
    assert model.training


def test_no_mark_is_printed(model, bpe, sources):
    """A translation is text alone, whatever marks the model writes."""
    written = translate(model, bpe, sources, max_new=30)
    assert not any(mark in text for text in written for mark in (PAD, START, END))


def test_the_length_is_bound(model, bpe, sources):
    """No translation has more tokens than were asked for."""
    for text in translate(model, bpe, sources, max_new=3):
        assert len(text) <= 3 * max(map(len, bpe.vocab.values()))


@pytest.mark.parametrize(
    ("call", "rule"),
    [
        (lambda model, bpe, ids: translate(model, bpe, [[]]), "there is no sentence to translate"),
        (lambda model, bpe, ids: translate(model, ByteVocabulary(), [ids]), "has no marks for pairs"),
        (lambda model, bpe, ids: translate(model, bpe, [ids], beam=0), "width \\(0\\) is how many texts"),
        (
            lambda model, bpe, ids: translate(model, bpe, [ids], max_new=0),
            "max_new \\(0\\) is how many tokens",
        ),
        (lambda model, bpe, ids: translate(model, bpe, [ids * 20]), "40"),
    ],
)
def test_what_cannot_be_translated_gets_a_sentence(model, bpe, sources, call, rule):
    """An empty or too long sentence, a vocabulary without marks, a number out of range."""
    with pytest.raises(ValueError, match=rule):
        call(model, bpe, sources[0])
