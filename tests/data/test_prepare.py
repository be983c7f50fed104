"""Prepared folders: from a text or pairs to ids and back, and folders whose files do not belong together."""

import shutil
import subprocess
import sys

import needs
import numpy as np
import pytest

from tfm.data import prepare
from tfm.data.corpora import load_pairs
from tfm.data.prepare import END, START, load_prepared
from tfm.text.tokenizer_file import save_tokenizer

POEM = "床前明月光，疑是地上霜。\n舉頭望明月，低頭思故鄉。\n" * 20


@pytest.fixture
def poem(tmp_path):
    """A text file."""
    path = tmp_path / "poem.txt"
    path.write_text(POEM, encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["characters", "bytes", "bpe"])
def test_a_text_comes_back_from_its_ids(poem, tmp_path, kind):
    """Both files decoded, one after the other, are the text, whatever cut it."""
    prepared = prepare.prepare(poem, tmp_path / "out", tokenizer=kind, vocab_size=280)
    ids = [*prepared.train.ids.tolist(), *prepared.val.ids.tolist()]
    assert prepared.tokenizer.decode(ids) == POEM
    assert prepared.name == "poem.txt"
    assert load_prepared(tmp_path / "out").thanks == "your own text"
    assert prepared.train.about["n_vocab"] == str(prepared.tokenizer.n_vocab)


def test_a_vocabulary_of_gpt(poem, tmp_path):
    """With gpt2 only the vocabulary's name is kept, and the ids are GPT-2's."""
    poem.write_text("Hello world! <|endoftext|> is text here.\n" * 50)
    prepared = prepare.prepare(poem, tmp_path / "out", tokenizer="gpt2")
    assert prepared.train.ids[:3].tolist() == [15496, 995, 0]
    assert 50256 not in prepared.train.ids


def test_the_validation_part_is_the_texts_end(poem, tmp_path):
    """A quarter kept for judging is the last quarter."""
    prepared = prepare.prepare(poem, tmp_path / "out", validation=0.25)
    assert prepared.tokenizer.decode(prepared.val.ids.tolist()) == POEM[int(len(POEM) * 0.75) :]


def test_files_of_two_folders_do_not_mix(poem, tmp_path):
    """A tokenizer put beside another's ids is found out, though its size may be the same."""
    prepare.prepare(poem, tmp_path / "a")
    poem.write_text(POEM.replace("月", "日"), encoding="utf-8")
    prepare.prepare(poem, tmp_path / "b")
    shutil.copy(tmp_path / "b" / "tokenizer.json", tmp_path / "a")
    with pytest.raises(
        ValueError, match=r"train\.bin was written with another vocabulary than .*tokenizer\.json"
    ):
        load_prepared(tmp_path / "a")


def test_a_folder_that_was_not_prepared_gets_one_sentence(tmp_path):
    """Without a tokenizer it is no prepared folder; without the ids the missing file is named."""
    with pytest.raises(ValueError, match=r"is no prepared folder, for it has no tokenizer\.json"):
        load_prepared(tmp_path)
    from tfm.text.characters import CharacterVocabulary

    save_tokenizer(CharacterVocabulary("ab"), tmp_path / "tokenizer.json")
    with pytest.raises(OSError, match=r"train\.bin"):
        load_prepared(tmp_path)


def test_an_unknown_tokenizer_suggests_the_nearest(poem, tmp_path):
    """A slip of the finger is answered, and nothing is written."""
    with pytest.raises(ValueError, match="did you mean 'characters'"):
        prepare.prepare(poem, tmp_path / "out", tokenizer="charakters")
    assert not (tmp_path / "out").exists()


FEW = 1_500  # pairs of each split: all of them take half a minute under the type checker of the tests


def few_pairs(name):
    """Return the first pairs of each split of a real set."""
    return {split: pairs[:FEW] for split, pairs in load_pairs(name).items()}


def test_real_pairs_come_back(tmp_path, monkeypatch):
    """Tatoeba: every sentence decodes to itself, marks are no words, and the authors are written beside."""
    needs.data("eng-cmn")
    monkeypatch.setattr(prepare, "load_pairs", few_pairs)
    prepared = prepare.prepare("eng-cmn", tmp_path / "out", vocab_size=1_000)
    for split, pairs in few_pairs("eng-cmn").items():
        sources, targets = prepared.splits[split]
        assert len(sources) == len(targets) == len(pairs)
        for i in (0, 7, len(pairs) - 1):
            assert (prepared.tokenizer.decode(sources[i]), prepared.tokenizer.decode(targets[i])) == pairs[i]
    words = {i for part in prepared.splits["test"] for row in part for i in row}
    assert not words & {prepared.marks.pad, prepared.marks.start, prepared.marks.end}
    assert "musclegirlxyp" in (tmp_path / "out" / "ATTRIBUTION.txt").read_text(encoding="utf-8")
    assert "CC-BY" in prepared.thanks


def test_real_captions_come_back(tmp_path, monkeypatch):
    """Multi30k: German and English decode to themselves from one shared vocabulary."""
    needs.data(*(f"multi30k-{part}-{lang}" for part in ("train", "val", "test") for lang in ("en", "de")))
    monkeypatch.setattr(prepare, "load_pairs", few_pairs)
    prepared = prepare.prepare("multi30k", tmp_path / "out", vocab_size=600)
    sources, targets = prepared.splits["test"]
    assert prepared.tokenizer.decode(sources[0]) == "A man in an orange hat starring at something."
    assert prepared.tokenizer.decode(targets[0]).startswith("Ein Mann mit einem orangefarbenen Hut")


def test_marks_that_do_not_pair_up_are_found(tmp_path, monkeypatch):
    """Pairs whose file lost its last sentence's end are named as damaged."""
    from tfm.data.tokens import TokenFile, write_tokens

    few = {split: [("a b", "c"), ("d", "e f")] for split in prepare.SPLITS}
    monkeypatch.setattr(prepare, "load_pairs", lambda name: few)
    monkeypatch.setitem(prepare.PAIRS, "few", lambda: few)
    monkeypatch.setattr(prepare, "thanks_for", lambda name: "nobody")
    prepared = prepare.prepare("few", tmp_path / "out", vocab_size=262)
    assert [prepared.tokenizer.decode(row) for row in prepared.splits["val"][1]] == ["c", "e f"]
    assert {START, END} <= set(prepared.tokenizer.special_tokens)
    path = tmp_path / "out" / "test.target.bin"
    whole = TokenFile(path)
    write_tokens(path, np.array(whole.ids[:-1]), whole.about)
    with pytest.raises(ValueError, match=r"test\.target\.bin is damaged, for its marks do not pair up"):
        load_prepared(tmp_path / "out")


def test_preparing_a_text_loads_no_torch(poem, tmp_path):
    """PyTorch takes more memory than the whole work, so neither the command nor its processes import it."""
    program = "import sys; from tfm.data.prepare import prepare; prepare(*sys.argv[1:]); "
    program += "print('torch' in sys.modules)"
    command = [sys.executable, "-c", program, str(poem), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("name", ["tokenizer.json", "train.bin", "manifest.json"])
def test_what_others_wrote_is_not_removed(poem, tmp_path, name):
    """A model's tokenizer, another program's token file or manifest stays, and nothing is written beside it."""
    out = tmp_path / "out"
    out.mkdir()
    (out / name).write_text("theirs")
    with pytest.raises(OSError, match=f"{name} was not written by `tfm data prepare`, and would be lost"):
        prepare.prepare(poem, out)
    assert [(path.name, path.read_text()) for path in out.iterdir()] == [(name, "theirs")]


@pytest.mark.parametrize("spoilt", ["manifest.json", "train.bin", "tokenizer.json"])
def test_what_it_wrote_is_written_anew(poem, tmp_path, spoilt):
    """A folder of ours is taken whatever became of its files, as every sentence about it advises."""
    whole = prepare.prepare(poem, tmp_path / "out").train.ids.tolist()
    (tmp_path / "out" / spoilt).write_text("spoilt")
    assert prepare.prepare(poem, tmp_path / "out").train.ids.tolist() == whole
