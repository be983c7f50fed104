"""Behind lesson 07, Embeddings: what its notebook imports."""

from tfm.lessons.embeddings.figures import ranking_svg, word_map_svg
from tfm.lessons.embeddings.search import (
    best_first,
    cosines,
    inverse_document_frequency,
    mean_vector,
    nearest,
    word_counts,
)
from tfm.lessons.embeddings.search_widget import Search
from tfm.lessons.embeddings.twin import one_hot
from tfm.lessons.embeddings.words_widget import Words

__all__ = [
    "Search",
    "Words",
    "best_first",
    "cosines",
    "inverse_document_frequency",
    "mean_vector",
    "nearest",
    "one_hot",
    "ranking_svg",
    "word_counts",
    "word_map_svg",
]
