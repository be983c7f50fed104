"""Behind lesson 15, Layers: what its notebook imports."""

from tfm.lessons.layers.decoder import decoder_layer
from tfm.lessons.layers.encoder import encoder_layer
from tfm.lessons.layers.experiment import (
    VARIANTS,
    accuracy,
    accuracy_without,
    examination,
    intact,
    results,
    study,
)
from tfm.lessons.layers.figures import circuit_svg, results_svg, span_text
from tfm.lessons.layers.widget import LayerParts, Reading

__all__ = [
    "VARIANTS",
    "LayerParts",
    "Reading",
    "accuracy",
    "accuracy_without",
    "circuit_svg",
    "decoder_layer",
    "encoder_layer",
    "examination",
    "intact",
    "results",
    "results_svg",
    "span_text",
    "study",
]
