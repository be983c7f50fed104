"""The line-up: every answer is right, and the examination's rows were never trained on."""

import pytest
import torch

from tfm.data.line_up import QUESTIONS, ROW, VOCABULARY, answer, batch, encode, rows


def test_training_and_examination_share_no_row():
    """The two tables are disjoint, and together they are all rows."""
    train, exam = ({tuple(row) for row in rows(held_out=held).tolist()} for held in (False, True))
    assert not train & exam
    assert len(train | exam) == 720 * 32


def test_held_out_rows_wear_every_hat():
    """In each place about half of the held-out children wear a hat: the examination has no habit of its own."""
    shares = (rows(held_out=True) % 2).float().mean(0)
    assert ((shares - 0.5).abs() < 0.02).all()


def test_batch_and_answer_agree():
    """The vectorised answers are those of the sentence-by-sentence rule."""
    ids, answers = batch(rows(held_out=True), 50, torch.Generator().manual_seed(0))
    for line, right in zip(ids.tolist(), answers.tolist(), strict=True):
        signs = [VOCABULARY[i] for i in line]
        assert [answer(signs[:ROW], q) for q in signs[ROW:]] == [VOCABULARY[i] for i in right]
    assert answers.shape == (50, QUESTIONS)


def test_the_same_seed_asks_the_same():
    """Draws come from the generator alone."""
    one, two = (batch(rows(held_out=True), 5, torch.Generator().manual_seed(3))[0] for _ in range(2))
    assert torch.equal(one, two)


@pytest.mark.parametrize("question", ["f", "F", "e"])
def test_nobody_behind_is_said(question):
    """The last child and an absent one get a sentence."""
    with pytest.raises(ValueError, match="nobody stands behind"):
        answer(["b", "D", "a", "C", "f"], question)


@pytest.mark.parametrize("sign", ["z", "ab", "😀", ""])
def test_strangers_are_refused(sign):
    """A sign that is no child gets a sentence."""
    with pytest.raises(ValueError, match="there is no child"):
        encode([sign])
