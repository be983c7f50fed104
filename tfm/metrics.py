"""How good is it? The scores that people publish, from the libraries that they publish them with.

scikit-learn judges decisions, sacreBLEU translations; this file turns their answers into plain records with one
sentence for an input that makes no sense. What the scores are made of is in `tfm.lessons.evaluation.metrics`,
`classes` and `bleu`, and tests hold the two equal. Sources: Post, “A Call for Clarity in Reporting BLEU
Scores”, 2018; Popović, “chrF: character n-gram F-score for automatic MT evaluation”, 2015. It knows no model:
losses, shares and texts go in.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[Any]
SMALLEST = 1e-15  # a probability of 0 for what happened would make the loss infinite
OVERFLOW = math.log(1.7e308)  # a mean loss above this has no perplexity that fits a float


@dataclass(frozen=True, kw_only=True, slots=True)
class Report:
    """A classifier's scores on one test set.

    Attributes:
        cases: N.
        accuracy: share of right guesses.
        precision: of each class, K numbers; NaN for a class that was never guessed.
        recall: of each class; NaN for a class that never occurs.
        f1: of each class; NaN for a class that neither occurs nor was guessed.
        macro_f1: mean of the classes' F1s.
        micro_f1: F1 of all counts together.
        loss: mean of −ln p of the right class, in nats.
        matrix: K × K counts, a row what it is, a column what it was taken for.
    """

    cases: int
    accuracy: float
    precision: Array
    recall: Array
    f1: Array
    macro_f1: float
    micro_f1: float
    loss: float
    matrix: Array


def judge_classes(answers: ArrayLike, shares: ArrayLike) -> Report:
    """Judge a classifier by the probabilities it gave; its guess is the likeliest class.

    Args:
        answers: N classes, 0 to K − 1.
        shares: N × K probabilities, each row summing to 1.

    Raises:
        ValueError: the shapes do not fit, a class is not from 0 to K − 1, or a row is no distribution.

    Example:
        >>> report = judge_classes([0, 1, 1], [[0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
        >>> round(report.accuracy, 3), report.precision.tolist(), report.recall.tolist()
        (0.667, [0.5, 1.0], [1.0, 0.5])
    """
    from sklearn import metrics  # noqa: PLC0415 (a second that whoever judges texts need not wait)

    classes, p = _checked(answers, shares)
    guesses, labels = p.argmax(axis=1), np.arange(p.shape[1])
    each = metrics.precision_recall_fscore_support(classes, guesses, labels=labels, zero_division=np.nan)
    return Report(
        cases=len(classes),
        accuracy=float(metrics.accuracy_score(classes, guesses)),
        precision=each[0],
        recall=each[1],
        f1=each[2],
        macro_f1=float(metrics.f1_score(classes, guesses, labels=labels, average="macro", zero_division=0)),
        micro_f1=float(metrics.f1_score(classes, guesses, labels=labels, average="micro")),
        loss=float(metrics.log_loss(classes, np.clip(p, SMALLEST, 1), labels=labels)),
        matrix=metrics.confusion_matrix(classes, guesses, labels=labels),
    )


@dataclass(frozen=True, slots=True)
class TextScore:
    """A score of texts, and how it was computed.

    Attributes:
        value: 0 to 100.
        signature: sacreBLEU's line that says how; a number without it cannot be compared.

    Example:
        >>> TextScore(36.25, "nrefs:1|tok:13a")
        36.25 (nrefs:1|tok:13a)
    """

    value: float
    signature: str

    def __repr__(self) -> str:
        return f"{self.value:.2f} ({self.signature})"


def bleu(
    outputs: Sequence[str], references: Sequence[str | Sequence[str]], language: str = "en"
) -> TextScore:
    """Corpus BLEU by sacreBLEU, with its own tokenizer for the language.

    Args:
        outputs: N texts as people would read them, not cut into tokens.
        references: N texts, or N lists of texts where there are several of a sentence.
        language: of the outputs; `zh` cuts Chinese into characters, most others are cut at spaces and marks; `ja`
            and `ko` need sacreBLEU's extra packages.

    Raises:
        TypeError: a single text stands where a list of texts should.
        ValueError: there are no outputs, or not a reference for each.

    Example:
        >>> bleu(["The cat sat on the mat."], ["The cat sat on the mat."]).value
        100.0
    """
    from sacrebleu.metrics.bleu import BLEU  # noqa: PLC0415

    metric = BLEU(trg_lang=language)
    found = metric.corpus_score(list(outputs), _streams(outputs, references))
    return TextScore(min(found.score, 100.0), str(metric.get_signature()))  # 100.00000000000004 is 100


def chrf(outputs: Sequence[str], references: Sequence[str | Sequence[str]]) -> TextScore:
    """Corpus chrF by sacreBLEU: F-score of chains of 1 to 6 characters, recall counting twice as much.

    It needs no tokenizer, and gives credit for the right word in the wrong form.

    Args:
        outputs: N texts.
        references: N texts, or N lists of texts.

    Raises:
        TypeError: a single text stands where a list of texts should.
        ValueError: there are no outputs, or not a reference for each.

    Example:
        >>> chrf(["cats sat"], ["the cat sat"]).value > bleu(["cats sat"], ["the cat sat"]).value
        True
    """
    from sacrebleu.metrics.chrf import CHRF  # noqa: PLC0415

    metric = CHRF()
    found = metric.corpus_score(list(outputs), _streams(outputs, references))
    return TextScore(min(found.score, 100.0), str(metric.get_signature()))


def perplexity(loss: float) -> float:
    """exp(loss): among how many equally likely tokens a model hesitates; ∞ where that fits no float.

    It belongs to a tokenizer: two perplexities over different tokens cannot be compared.

    Args:
        loss: mean of −ln p over tokens, in nats, 0 or more.

    Example:
        >>> round(perplexity(math.log(65)), 6)
        65.0
    """
    _require_loss(loss)
    return math.exp(loss) if loss <= OVERFLOW else math.inf


def bits_per_byte(loss: float, tokens: int, text: str) -> float:
    """Loss in bits, spread over the text's UTF-8 bytes: the same unit for every tokenizer.

    Args:
        loss: mean of −ln p over tokens, in nats.
        tokens: how many tokens the mean was taken over.
        text: what they spell.

    Raises:
        ValueError: the loss is negative or NaN, or there is no text.

    Example:
        >>> bits_per_byte(math.log(256), 5, "bytes")  # a model that knows nothing but that bytes exist
        8.0
    """
    return _bits(loss, tokens) / _size(text.encode("utf-8"))


def bits_per_character(loss: float, tokens: int, text: str) -> float:
    """Loss in bits, spread over the text's characters.

    Example:
        >>> bits_per_character(math.log(2), 4, "我是学生")
        1.0
    """
    return _bits(loss, tokens) / _size(text)


def _bits(loss: float, tokens: int) -> float:
    _require_loss(loss)
    return loss * tokens / math.log(2)


def _size(text: str | bytes) -> int:
    if not text:
        raise ValueError("the text is empty: give the text that the tokens spell")
    return len(text)


def _require_loss(loss: float) -> None:
    if not loss >= 0:  # NaN is not either
        raise ValueError(f"the loss ({loss}) must be 0 or more: it is a mean of −ln p")


def _checked(answers: ArrayLike, shares: ArrayLike) -> tuple[Array, Array]:
    classes, p = np.asarray(answers), np.asarray(shares, dtype=float)
    if p.ndim != 2 or classes.shape != p.shape[:1] or not p.size:
        raise ValueError(f"answers has shape {classes.shape} and shares {p.shape}: they must be N and N × K")
    if not (np.isin(classes, np.arange(p.shape[1]))).all():
        raise ValueError(f"an answer is not from 0 to {p.shape[1] - 1}: shares has a column for each class")
    if not ((p >= 0).all() and np.allclose(p.sum(axis=1), 1, atol=1e-4)):
        raise ValueError("a row of shares does not sum to 1: put the logits through softmax first")
    p /= p.sum(axis=1, keepdims=True)  # float32 misses 1 by a little, of which scikit-learn warns
    return classes.astype(int), p


def _streams(outputs: Sequence[str], references: Sequence[str | Sequence[str]]) -> list[list[Any]]:
    """References as sacreBLEU wants them: a list for the first of each sentence, one for the second, and so on."""
    if isinstance(outputs, str) or isinstance(references, str):
        raise TypeError("outputs and references must be lists of texts: put a single text in brackets")
    each = [[reference] if isinstance(reference, str) else list(reference) for reference in references]
    if not outputs or len(outputs) != len(each) or not all(each):
        raise ValueError(
            f"there are {len(outputs)} outputs and {len(each)} references: give at least one for each output"
        )
    return [list(stream) for stream in zip_longest(*each)]
