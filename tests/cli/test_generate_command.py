"""`tfm generate`: a model in a folder writes, searches or translates, and a wrong word gets one sentence."""

import io
from importlib.resources import files

import pytest
import torch

from tfm import cli
from tfm.data.prepare import END, PAD, START
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.pretrained.folder import save_model
from tfm.text.bpe import BPE

TINY = str(files("tfm") / "assets" / "tiny_gpt")


@pytest.fixture(scope="module")
def translator(tmp_path_factory):
    """Return the folder of an untrained Transformer whose vocabulary has marks."""
    bpe = BPE.train("the cat sat on the mat", 270, special_tokens=[PAD, START, END])
    torch.manual_seed(0)
    size = {"source_vocab_size": bpe.n_vocab, "target_vocab_size": bpe.n_vocab}
    config = TransformerConfig(
        **size, d_model=8, n_heads=2, n_layers=1, d_ff=16, pad_id=bpe.special_tokens[PAD]
    )
    return str(save_model(tmp_path_factory.mktemp("translator"), Transformer(config), bpe))


def written(capsys, *words):
    """Run the command and return what it printed."""
    assert cli.main(["generate", *words]) == 0
    return capsys.readouterr().out


def test_a_model_goes_on_from_the_prompt(capsys):
    """The prompt stands first, as many characters follow as were asked for, and a seed repeats them."""
    first = written(capsys, TINY, "ROMEO:", "--max-new", "30", "--seed", "3")
    assert first.startswith("ROMEO:")
    assert len(first) == len("ROMEO:") + 30 + 1
    assert first == written(capsys, TINY, "ROMEO:", "--max-new", "30", "--seed", "3")
    assert first != written(capsys, TINY, "ROMEO:", "--max-new", "30", "--seed", "4")


def test_a_prompt_may_come_from_standard_input(capsys, monkeypatch):
    """Without a prompt among the words it is read, so that a pipe works."""
    monkeypatch.setattr("sys.stdin", io.StringIO("JULIET:\n"))
    assert written(capsys, TINY, "--max-new", "5").startswith("JULIET:\n")


def test_an_idle_flag_is_refused_before_a_prompt_is_typed(capsys, monkeypatch):
    """Nobody types a text for a command that is refused anyway: standard input is not read."""
    stream = io.StringIO("JULIET:\n")
    monkeypatch.setattr("sys.stdin", stream)
    assert cli.main(["generate", TINY, "--length-penalty", "0.5"]) == 2
    assert "--length-penalty has no effect there: add --beams 4" in capsys.readouterr().err
    assert stream.tell() == 0


def test_a_prompt_is_cleaned_as_a_file_is(capsys, monkeypatch):
    """Line ends and a byte order mark of Windows change nothing, in an argument, and in the bytes of a pipe."""
    options = ("--max-new", "5", "--seed", "3")
    plain = written(capsys, TINY, "JULIET:\nO", *options)
    assert written(capsys, TINY, "\ufeffJULIET:\r\nO", *options) == plain
    pipe = io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbfJULIET:\r\nO"), encoding="cp1252", newline="")
    monkeypatch.setattr("sys.stdin", pipe)
    assert written(capsys, TINY, *options) == plain
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"caf\xe9")))
    assert cli.main(["generate", TINY]) == 2
    assert "standard input is not UTF-8 but another encoding: byte 3 (0xE9)" in capsys.readouterr().err


@pytest.mark.parametrize("search", [[], ["--beams", "2"]])
def test_a_special_token_in_a_prompt_is_text(capsys, tmp_path, search):
    """As in training: the name of the end of a document is read letter by letter, and not refused."""
    bpe = BPE.train("the cat sat on the mat", 270, special_tokens=["<|endoftext|>"])
    torch.manual_seed(0)
    config = GPTConfig(vocab_size=bpe.n_vocab, d_model=8, n_heads=2, n_layers=1, context=32)
    folder = str(save_model(tmp_path / "gpt", GPT(config), bpe))
    out = written(capsys, folder, "the <|endoftext|>", "--max-new", "2", *search)
    assert out.startswith("the <|endoftext|>")


def test_a_text_ends_before_a_stop_string(capsys):
    """The likeliest text is cut where the string begins."""
    whole = written(capsys, TINY, "KING", "--max-new", "40", "--temperature", "0").rstrip("\n")
    stop = whole[12:15]
    cut = written(capsys, TINY, "KING", "--max-new", "40", "--temperature", "0", "--stop", stop)
    assert cut == whole[: whole.index(stop, 4)] + "\n"


def test_a_beam_is_no_less_likely_than_greedy(capsys):
    """With --beams the text is searched for, and needs no seed."""
    first = written(capsys, TINY, "KING", "--max-new", "10", "--beams", "3")
    assert first == written(capsys, TINY, "KING", "--max-new", "10", "--beams", "3")


def test_a_transformer_translates(capsys, translator):
    """With a model for translation the prompt is the source; marks are not printed."""
    answer = written(capsys, translator, "the cat", "--max-new", "6", "--beams", "2")
    assert answer.endswith("\n")
    assert "<|" not in answer


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        (["nowhere", "hello"], "nowhere holds no model.safetensors"),
        ([TINY, "日"], "the character '日'"),
        ([TINY, ""], "the prompt is empty"),
        ([TINY, "a", "--temperature", "-1"], r"temperature (-1.0) must be 0 (greedy) or a number from 1e-06"),
        ([TINY, "a", "--top-k", "0"], "top_k (0) is how many tokens stay"),
        ([TINY, "a", "--device", "gpu"], "device 'gpu' is none of PyTorch's"),
        ([TINY, "a", "--device", "meta"], "device 'meta' is none that training and writing know: try auto"),
        ([TINY, "a", "--beams", "-2"], "width (-2) is how many texts are kept"),
        ([TINY, "a", "--beams", "0"], "width (0) is how many texts are kept"),
        (
            [TINY, "a", "--beams", "2", "--length-penalty", "1e308"],
            "length_penalty (1e+308) must be a number",
        ),
        (
            [TINY, "a", "--temperature", "1e-38"],
            "temperature (1e-38) must be 0 (greedy) or a number from 1e-06",
        ),
        ([TINY, "a", "--temperature", "nan"], "temperature (nan) must be 0 (greedy) or a number from 1e-06"),
        (
            [TINY, "a", "--repetition-penalty", "1e-300"],
            "repetition_penalty (1e-300) must be a number from 1e-06",
        ),
        ([TINY, "a", "--top-p", "nan"], "top_p (nan) is a probability"),
        ([TINY, "a", "--seed", str(1 << 64)], "seed (18446744073709551616) must be a whole number"),
        ([TINY, "a", "--stop", ""], "an empty stop string would end every text"),
        (
            [TINY, "a", "--length-penalty", "1"],
            "without --beams nothing is searched for, and --length-penalty has",
        ),
        *(
            (
                [TINY, "a", "--beams", "2", flag, "1"],
                f"--beams searches, and {flag} has no effect there: leave",
            )
            for flag in (
                "--temperature",
                "--top-k",
                "--top-p",
                "--min-p",
                "--repetition-penalty",
                "--seed",
                "--stop",
            )
        ),
    ],
)
def test_a_wrong_word_gets_one_sentence(capsys, words, rule):
    """The command ends with code 2 and says what is wrong, without a traceback and without half a text."""
    assert cli.main(["generate", *words]) == 2
    said = capsys.readouterr()
    assert rule in said.err
    assert said.err.count("\n") == 1
    assert not said.out


@pytest.mark.parametrize("flag", ["--temperature", "--top-k", "--seed", "--stop"])
def test_a_translator_refuses_what_it_cannot_honour(capsys, translator, flag):
    """A translation is searched for, so that a flag of drawing would change nothing."""
    assert cli.main(["generate", translator, "the cat", flag, "1"]) == 2
    assert f"translating searches for the likeliest text, and {flag} has no effect" in capsys.readouterr().err
