"""Translating: the one way, so that `tfm generate` decodes as the BLEU of `tfm train` was measured.

The search is that of Vaswani et al., “Attention Is All You Need”, 2017, section 6.1: a beam of four, a length
penalty of 0.6, and a bound on the length that grows with the sentence's. This file trains nothing, and knows
nothing of where sentences come from.
"""

from collections.abc import Sequence
from typing import Any

import torch
from tqdm.auto import tqdm

from tfm.data.pairs import Marks, pad_right
from tfm.data.prepare import marks_of
from tfm.generate.beam import Beam, beam_search
from tfm.generate.sampling import Sampling
from tfm.generate.writing import evaluating, generate

BEAM, LENGTH_PENALTY = 4, 0.6
AT_ONCE = 64  # sentences that greedy writing translates side by side


@torch.no_grad()
def translate(
    model: Any,
    tokenizer: Any,
    sources: Sequence[Sequence[int]],
    *,
    beam: int = BEAM,
    length_penalty: float = LENGTH_PENALTY,
    max_new: int | None = None,
    progress: bool = False,
) -> list[str]:
    """Translate sentences.

    Args:
        model: a `Transformer`; dropout is off while it writes.
        tokenizer: the BPE vocabulary that it was trained with.
        sources: ids without marks, none empty and none longer than the model's context.
        beam: how many texts are kept while searching; 1 takes the likeliest token each time.
        length_penalty: of the search; see `Beam`.
        max_new: tokens of a translation at most; twice the sentence's and ten more when None.
        progress: whether a bar is shown.

    Returns:
        As many texts.

    Raises:
        ValueError: the tokenizer has no marks, a sentence is empty or too long, or a number is out of range.
    """
    marks = marks_of(tokenizer)
    if not all(sources):
        raise ValueError("there is no sentence to translate: type one")
    size = AT_ONCE if beam == 1 else 1
    groups = [sources[start : start + size] for start in range(0, len(sources), size)]
    written: list[Sequence[int]] = []
    with evaluating(model):
        for group in tqdm(groups, desc="translating", leave=False, disable=not progress):
            usual = 2 * max(map(len, group)) + 10
            longest = min(usual if max_new is None else max_new, model.config.context - 1)
            search = Beam(width=beam, max_new=longest, length_penalty=length_penalty, stop=(marks.end,))
            written += _write(model, group, marks, search)
    silent = (marks.pad, marks.start, marks.end)
    return [tokenizer.decode([i for i in ids if i not in silent]) for ids in written]


def _write(model: Any, sources: Sequence[Sequence[int]], marks: Marks, search: Beam) -> list[Sequence[int]]:
    """Translate one group of sentences to ids: side by side where nothing is searched for."""
    rows = pad_right(sources, marks.pad).to(next(model.parameters()).device)
    writer = model.writer(rows)
    if search.width > 1:
        return [beam_search(writer, [marks.start], search)[0].ids]
    greedy = Sampling(temperature=0, max_new=search.max_new, stop=search.stop)
    return list(generate(writer, [[marks.start]] * len(rows), greedy))
