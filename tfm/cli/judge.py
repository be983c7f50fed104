"""How well a translator does on sentences it has never seen: its translations, their BLEU and chrF.

BLEU is sacreBLEU's, with the signature that makes it comparable (Post, “A Call for Clarity in Reporting BLEU
Scores”, 2018). This file trains nothing.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from tfm.data.pairs import pad_right
from tfm.data.prepare import PreparedPairs
from tfm.generate.beam import Beam, beam_search
from tfm.generate.sampling import Sampling
from tfm.generate.writing import generate
from tfm.metrics import bleu, chrf

LANGUAGES = {"eng-cmn": "zh", "multi30k": "de"}  # of the targets; they decide how BLEU cuts words
LENGTH_PENALTY = 0.6  # Vaswani et al., 2017, section 6.1
AT_ONCE = 64  # sentences that greedy writing translates side by side


def judge_translations(
    model: Any, data: PreparedPairs, folder: Path, beam: int, most: int | None = None
) -> list[str]:
    """Translate the test pairs, and write what came out beside the run.

    Args:
        model: a `Transformer`, on the device where it shall write.
        data: the pairs.
        folder: receives `test.txt` (source, translation, reference) and `test.json` (the scores).
        beam: how many texts are kept while searching; 1 takes the likeliest token each time.
        most: only so many pairs, from all over the test set; None: all.

    Returns:
        The scores, in lines for people.
    """
    apart = max(1, len(data.splits["test"][0]) // most) if most else 1
    sources, targets = (part[::apart][:most] for part in data.splits["test"])
    found = translate(model, data, sources, beam)
    decode = data.tokenizer.decode
    references, read = [decode(ids) for ids in targets], [decode(ids) for ids in sources]
    scores = bleu(found, references, LANGUAGES.get(data.name, "en")), chrf(found, references)
    lines = [f"{score.value:.2f} {score.signature}" for score in scores]
    told = {"pairs": len(found), "beam": beam, "bleu": lines[0], "chrf": lines[1]}
    (folder / "test.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    blocks = ["\n".join(three) for three in zip(read, found, references, strict=True)]
    (folder / "test.txt").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return [f"{name:<11}{line}" for name, line in zip(("test BLEU", "test chrF"), lines, strict=True)]


@torch.no_grad()
def translate(model: Any, data: PreparedPairs, sources: Sequence[Sequence[int]], beam: int) -> list[str]:
    """Translate sentences.

    Args:
        model: a `Transformer`.
        data: whose tokenizer and marks were trained with.
        sources: ids without marks.
        beam: as for `judge_translations`.
    """
    model.eval()
    device, marks = next(model.parameters()).device, data.marks
    size = 1 if beam > 1 else AT_ONCE
    written: list[Sequence[int]] = []
    for start in tqdm(range(0, len(sources), size), desc="test", leave=False):
        rows = [list(source)[: model.config.context] for source in sources[start : start + size]]
        writer = model.writer(pad_right(rows, marks.pad).to(device))
        longest = min(2 * max(map(len, rows)) + 10, model.config.context - 1)
        if beam > 1:
            search = Beam(width=beam, max_new=longest, length_penalty=LENGTH_PENALTY, stop=(marks.end,))
            written.append(beam_search(writer, [marks.start], search)[0].ids)
        else:
            greedy = Sampling(temperature=0, max_new=longest, stop=(marks.end,))
            written += generate(writer, [[marks.start]] * len(rows), greedy)
    return [data.tokenizer.decode([i for i in ids if i != marks.end]) for ids in written]
