"""The vocabulary that the course ships: what is stored, and that its build gives it again."""

from importlib.resources import files

from tfm.assets.manual_bpe import END, VOCAB_SIZE, build_manual_bpe
from tfm.data.manual import manual_text
from tfm.text.embedded import embedded_bpe, embedded_encoding

PATH = files("tfm") / "assets" / "manual_bpe.json"
LARGEST = 200_000  # bytes


def test_it_is_small_and_whole():
    """It has 4,096 tokens in less than 200 kB, the end of a text among them."""
    assert PATH.stat().st_size <= LARGEST
    bpe = embedded_bpe()
    assert bpe.n_vocab == VOCAB_SIZE == 4_096
    assert bpe.special_tokens == {END: 4_095}
    assert embedded_encoding().n_vocab == VOCAB_SIZE


def test_it_learned_english_and_no_chinese():
    """Of the manual it makes a third of the bytes; a Chinese character it leaves as its three."""
    bpe, text = embedded_bpe(), manual_text()[:20_000]
    assert len(bpe.encode(text)) < len(text.encode()) / 3
    assert len(bpe.encode("我是学生")) == 12


def test_the_build_gives_it_again(tmp_path, capsys):
    """Built anew it is the same, byte for byte."""
    build_manual_bpe(tmp_path / "bpe.json")
    assert "4096 tokens from" in capsys.readouterr().out
    assert (tmp_path / "bpe.json").read_bytes() == PATH.read_bytes()
