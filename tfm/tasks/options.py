"""What a run is told beside its model's sizes and the trainer's settings. This file knows nothing of tasks."""

from dataclasses import dataclass
from typing import Annotated, Literal

from tfm.names import Between, Fields

MOST = 2**40
Count, Share = Annotated[int, Between(1, MOST)], Annotated[float, Between(0, 1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class RunOptions(Fields):
    """What a run needs beside its model and the trainer's settings.

    Attributes:
        batch: rows of a batch, over all processes: windows of text, or sentence pairs.
        optimiser: “adamw”, or “muon” for the layers' matrices with AdamW for the rest.
        beta2: of AdamW: how much of the squared gradient's mean stays.
        adam_rate: with muon, AdamW's rate.
        token_rate: with muon, the token table's own rate; None: as `adam_rate`.
        score_rate: with muon, the scores' own rate; None: as `adam_rate`.
        schedule: how the rate goes down after the warm-up.
        warmup: updates until the full rate.
        decay: with “trapezoid”, the share of the steps, at the end, in which the rate falls.
        floor: share of the rate that is left at the end.
        label_smoothing: share of each target that is spread over all tokens.
        average: decay of a running mean of the weights, which is then judged and kept; None: no mean.
        start: “usual” first weights, or “identity”: each layer begins as nothing.
        tokenizer: how a text is cut; see `tfm data prepare`.
        vocabulary: tokens of a BPE vocabulary.
        validate_on: tokens of the validation text at most; None: all.
        longest: sentences with more tokens are left out of training.
        beam: texts that are kept while the test sentences are translated; 1: the likeliest token each time.
        judge_on: test pairs at most; None: all.
    """

    batch: Count = 12
    optimiser: Literal["adamw", "muon"] = "adamw"
    beta2: Share = 0.99
    adam_rate: float = 0.01
    token_rate: float | None = None
    score_rate: float | None = None
    schedule: Literal["cosine", "linear", "trapezoid", "constant", "vaswani"] = "cosine"
    warmup: Annotated[int, Between(0, MOST)] = 0
    decay: float = 0.8
    floor: Share = 0.1
    label_smoothing: Share = 0.0
    average: Share | None = None
    start: Literal["usual", "identity"] = "usual"
    tokenizer: str = "characters"
    vocabulary: Count | None = None
    validate_on: Count | None = 200_000
    longest: Count = 100
    beam: Count = 4
    judge_on: Count | None = None
