"""The door for text: what it cleans, what it leaves, and what it says of bytes that are no text."""

import pytest

from tfm.text import door
from tfm.text.bpe import BPE
from tfm.text.byte_level import ByteVocabulary

KEPT = "a\ff\u2028\u2029\x85\x0b\x1cé é\ufeff月😀\x00\u00ad"  # a mark inside a text is a character of it


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64])
def test_a_file_in_pieces_is_the_cleaned_whole(tmp_path, monkeypatch, size):
    """Wherever the pieces of a file end, in a character or a line end, they join to what `clean` gives."""
    monkeypatch.setattr(door, "PIECE", size)
    text = "\ufeff" + f"one\r\n\r\r\ntwo\r{KEPT}\r\n\n\r"
    path = tmp_path / "text.txt"
    path.write_bytes(text.encode())
    assert "".join(door.read_file(path)) == door.clean(text) == f"one\n\n\ntwo\n{KEPT}\n\n\n"
    assert door.read_bytes(text.encode(), "the text") == door.clean(text)
    places = list(door.read_pieces(path))
    assert all(path.read_bytes()[place:].startswith(piece.encode()) for place, piece in places)


def test_a_part_of_a_file(tmp_path, monkeypatch):
    """From byte to byte, whatever the size of a piece."""
    path = tmp_path / "text.txt"
    path.write_text("aé月b")
    for size in (1, 2, 100):
        monkeypatch.setattr(door, "PIECE", size)
        assert "".join(text for _, text in door.read_pieces(path, 1, 6)) == "é月"
        assert not list(door.read_pieces(path, 6, 6))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("wrong", [b"\xe9", b"\xe6\x88", b"\xed\xa0\xbd"])
def test_bytes_that_are_no_text_are_named_by_their_place(tmp_path, monkeypatch, mark, wrong):
    """The place counts from the file's first byte, a byte order mark among them, also in a later piece."""
    monkeypatch.setattr(door, "PIECE", 7)
    data = mark + "wörter, ".encode() * 3 + wrong
    path = tmp_path / "text.txt"
    path.write_bytes(data)
    sentence = rf"is not UTF-8 but another encoding: byte {len(data) - len(wrong)} \(0x{wrong[0]:02X}\)"
    with pytest.raises(ValueError, match=sentence):
        list(door.read_pieces(path))
    with pytest.raises(ValueError, match=f"standard input {sentence}"):
        door.read_bytes(data, "standard input")


def test_special_names_are_text():
    """Of every kind of tokenizer: what looks like a special token is encoded letter by letter."""
    bpe = BPE([], special_tokens=["<|end|>"])
    for tokenizer in (bpe, bpe.to_tiktoken("x"), ByteVocabulary()):
        plain = door.Plain(tokenizer)
        assert plain.encode("<|end|>") == list(b"<|end|>")
        assert plain.decode(plain.encode("<|end|>")) == "<|end|>"
