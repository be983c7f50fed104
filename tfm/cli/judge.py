"""How well a translator does on sentences it has never seen: its translations, their BLEU and chrF.

BLEU is sacreBLEU's, with the signature that makes it comparable (Post, “A Call for Clarity in Reporting BLEU
Scores”, 2018). This file trains nothing.
"""

import json
from pathlib import Path
from typing import Any

from tfm.cli.translate import translate
from tfm.data.prepare import PreparedPairs
from tfm.metrics import bleu, chrf

SCORES = "test.json"
LANGUAGES = {"eng-cmn": "zh", "multi30k": "de"}  # of the targets; they decide how BLEU cuts words


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
    cut = [ids[: model.config.context] for ids in sources]
    found = translate(model, data.tokenizer, cut, beam=beam, progress=True)
    decode = data.tokenizer.decode
    references, read = [decode(ids) for ids in targets], [decode(ids) for ids in sources]
    scores = bleu(found, references, LANGUAGES.get(data.name, "en")), chrf(found, references)
    lines = [f"{score.value:.2f} {score.signature}" for score in scores]
    told = {"pairs": len(found), "beam": beam, "bleu": lines[0], "chrf": lines[1]}
    (folder / SCORES).write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    blocks = ["\n".join(three) for three in zip(read, found, references, strict=True)]
    (folder / "test.txt").write_text("\n\n".join(blocks) + "\n", encoding="utf-8")
    return [f"{name:<11}{line}" for name, line in zip(("test BLEU", "test chrF"), lines, strict=True)]
