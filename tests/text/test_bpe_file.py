"""A vocabulary on disk: it comes back whole, a person can read it, and damage is found."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfm.text.bpe import BPE
from tfm.text.patterns import CL100K_SPLIT

BYTES_BACKWARDS = bytes(range(255, -1, -1))


@pytest.fixture
def saved(tmp_path):
    """A vocabulary and the file that holds it."""
    bpe = BPE.train("low lower 我我", 270, pattern=CL100K_SPLIT, special_tokens=["<|end|>", "我<|>"])
    path = tmp_path / "bpe.json"
    bpe.save(path, note="three words, for a test")
    return bpe, path


def test_it_comes_back_whole(saved):
    """Merges, pattern, special tokens and order of bytes survive a round trip, and so do the ids."""
    bpe, path = saved
    again = BPE.load(path)
    assert (again.merges, again.pattern, again.special_tokens) == (
        bpe.merges,
        bpe.pattern,
        bpe.special_tokens,
    )
    assert again.vocab == bpe.vocab
    assert again.encode("lower 我!") == bpe.encode("lower 我!")
    BPE([(1, 2)], byte_order=BYTES_BACKWARDS, special_tokens={"<|x|>": 999}).save(path)
    assert BPE.load(str(path)).vocab == {
        **dict(enumerate(bytes([b]) for b in BYTES_BACKWARDS)),
        256: b"\xfe\xfd",
        999: b"<|x|>",
    }


def test_it_is_json_that_a_person_can_read(saved):
    """The file is JSON with the note, and one merge a line."""
    bpe, path = saved
    fields = json.loads(path.read_text(encoding="utf-8"))
    assert fields["note"] == "three words, for a test"
    assert fields["merges"] == [list(pair) for pair in bpe.merges]
    assert len(path.read_text(encoding="utf-8").splitlines()) == 10 + len(bpe.merges)


def _means_the_same(folder):
    """Whether a change was to white space between JSON's fields, which means nothing."""
    try:
        return json.loads((folder / "bpe.json").read_bytes()) == json.loads(
            (folder / "whole.json").read_bytes()
        )
    except ValueError:
        return False


@given(st.data())
def test_any_damage_is_found(tmp_path_factory, data):
    """Whichever byte of the file is changed, or wherever it is cut: a sentence, or nothing was changed."""
    folder = tmp_path_factory.mktemp("damaged")
    bpe = BPE.train("low lower", 260)
    bpe.save(folder / "whole.json")
    whole = (folder / "whole.json").read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.binary(max_size=2))
    (folder / "bpe.json").write_bytes(
        whole[:at] + other + whole[at + 1 :] if data.draw(st.booleans()) else whole[:at]
    )
    if _means_the_same(folder):
        assert BPE.load(folder / "bpe.json").merges == bpe.merges
    else:
        with pytest.raises(ValueError, match=r"damaged|no vocabulary of the format"):
            BPE.load(folder / "bpe.json")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is damaged or not a vocabulary"),
        (b"\xff\xfe", "is damaged or not a vocabulary"),
        (b"[1, 2]", "it holds no object, but a list"),
        (b'{"format": "tfm-bpe-9"}', "is no vocabulary of the format tfm-bpe-1"),
        (b'{"format": "tfm-bpe-1", "merges": []}', "is damaged, for its checksum does not fit what it holds"),
    ],
)
def test_what_is_no_vocabulary_gets_a_sentence(tmp_path, content, sentence):
    """An empty file, no text, other JSON and missing fields are refused with the file's name."""
    path = tmp_path / "bpe.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=sentence) as caught:
        BPE.load(path)
    assert str(path) in str(caught.value)


def test_a_merge_changed_by_hand_is_found(saved):
    """Editing a merge makes the checksum wrong."""
    _, path = saved
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  [111, 119]", "  [111, 118]").replace("  [108, 111]", "  [108, 110]"))
    assert path.read_text(encoding="utf-8") != text
    with pytest.raises(
        ValueError, match="is damaged, for its checksum does not fit what it holds: write it anew"
    ):
        BPE.load(path)


def test_a_missing_file_is_an_oserror(tmp_path):
    """A file that is not there is the system's own error, with its name."""
    with pytest.raises(FileNotFoundError, match=r"nowhere\.json"):
        BPE.load(tmp_path / "nowhere.json")
