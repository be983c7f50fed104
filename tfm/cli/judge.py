"""How well a translator does on sentences it has never seen: its translations, their BLEU and chrF.

BLEU is sacreBLEU's, with the signature that makes it comparable (Post, “A Call for Clarity in Reporting BLEU
Scores”, 2018). This file trains nothing.
"""

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfm.cli.train_config import RunConfig
from tfm.cli.translate import translate
from tfm.data.prepare import PreparedPairs
from tfm.json_files import read_json
from tfm.metrics import bleu, chrf
from tfm.pretrained import load_model
from tfm.train.checkpoint import model_folder
from tfm.train.device import pick_device
from tfm.whole_files import write_whole

SCORES, TRANSLATIONS = "test.json", "test.txt"
NAMES = {"bleu": "BLEU", "chrf": "chrF"}
LANGUAGES = {"eng-cmn": "zh", "multi30k": "de"}  # of the targets; they decide how BLEU cuts words


def judged(config: RunConfig, data: PreparedPairs, out: Path) -> list[str]:
    """Give the scores of a run's best weights; translate only where that was not done yet.

    Args:
        config: of the run.
        data: the pairs.
        out: folder of the run.

    Returns:
        The scores, in lines for people.
    """
    options, path = config.options, out / SCORES
    with contextlib.suppress(OSError, ValueError, KeyError):
        told = read_json(path, "the scores of a run")
        if (told.get("beam"), told.get("judge_on")) == (options.beam, options.judge_on):
            return _lines(told)
    model, _ = load_model(model_folder(out))
    model.to(pick_device(config.settings.device))
    return judge_translations(model, data, out, options.beam, options.judge_on)


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
    values = {name: f"{score.value:.2f} {score.signature}" for name, score in zip(NAMES, scores, strict=True)}
    told = {"pairs": len(found), "beam": beam, "judge_on": most, **values}
    blocks = ["\n".join(three) for three in zip(read, found, references, strict=True)]
    write_whole(folder / TRANSLATIONS, "\n\n".join(blocks) + "\n")
    write_whole(folder / SCORES, json.dumps(told, indent=1) + "\n")  # the last: with it, all is done
    return _lines(told)


def _lines(told: Mapping[str, Any]) -> list[str]:
    return [f"{'test ' + words:<11}{told[name]}" for name, words in NAMES.items()]
