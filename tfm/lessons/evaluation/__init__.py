"""Behind lesson 20, Evaluation: what its notebook imports."""

from tfm.lessons.evaluation.bleu import brevity_penalty, clipped_matches, corpus_bleu, sentence_bleu
from tfm.lessons.evaluation.classes import confusion_matrix, macro_f1, micro_f1, reliability
from tfm.lessons.evaluation.figures import classes_svg, reliability_figure, scores_svg, spread_figure
from tfm.lessons.evaluation.metrics import confusion, curve, ranking_share
from tfm.lessons.evaluation.resampling import bootstrap, interval, paired_bootstrap
from tfm.lessons.evaluation.widget import Threshold

__all__ = [
    "Threshold",
    "bootstrap",
    "brevity_penalty",
    "classes_svg",
    "clipped_matches",
    "confusion",
    "confusion_matrix",
    "corpus_bleu",
    "curve",
    "interval",
    "macro_f1",
    "micro_f1",
    "paired_bootstrap",
    "ranking_share",
    "reliability",
    "reliability_figure",
    "scores_svg",
    "sentence_bleu",
    "spread_figure",
]
