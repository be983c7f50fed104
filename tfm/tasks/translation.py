"""Translation: a Transformer learns from sentence pairs, translates, and is judged by sentences it has never seen.

The search is that of Vaswani et al., “Attention Is All You Need”, 2017, section 6.1: a beam of four, a length
penalty of 0.6, and a bound on the length that grows with the sentence's. It is the one way to translate, so that
`tfm generate` decodes as the BLEU of `tfm train` was measured. BLEU is sacreBLEU's, with the signature that makes
it comparable (Post, “A Call for Clarity in Reporting BLEU Scores”, 2018).
"""

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor
from tqdm.auto import tqdm

from tfm.data.pairs import Marks, Pairs, pad_right
from tfm.data.prepare import marks_of
from tfm.data.prepared import PreparedPairs
from tfm.generate.beam import Beam, beam_search
from tfm.generate.sampling import Sampling
from tfm.generate.writing import evaluating, generate
from tfm.json_files import read_json
from tfm.metrics import bleu, chrf
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.pretrained import load_model
from tfm.tasks.options import RunOptions
from tfm.tasks.task import DRAWING, Job, Task, chosen, require_effect
from tfm.text.door import Plain
from tfm.train.checkpoint import model_folder
from tfm.train.device import pick_device
from tfm.train.losses import next_token_loss
from tfm.train.settings import Settings
from tfm.whole_files import write_whole

BEAM, LENGTH_PENALTY = 4, 0.6
AT_ONCE = 64  # sentences that greedy writing translates side by side
SCORES, TRANSLATIONS = "test.json", "test.txt"
NAMES = {"bleu": "BLEU", "chrf": "chrF"}
LANGUAGES = {"eng-cmn": "zh", "multi30k": "de"}  # of the targets; they decide how BLEU cuts words

SMALL: dict[str, Any] = {
    "d_model": 256, "n_layers": 3, "n_heads": 4, "d_ff": 1024, "dropout": 0.3, "wiring": "pre", "context": 256,
    "steps": 6_000, "batch": 128, "rate": 1e-3, "weight_decay": 0.01, "beta2": 0.98, "warmup": 600, "floor": 0.0,
    "label_smoothing": 0.1, "average": 0.999, "evaluate_every": 500, "save_every": 500,
}  # fmt: skip
BASE: dict[str, Any] = {  # Vaswani et al., 2017, table 3 and section 5.3
    "d_model": 512, "n_layers": 6, "n_heads": 8, "d_ff": 2048, "dropout": 0.1, "steps": 100_000, "batch": 512,
    "rate": 1.0, "weight_decay": 0.0, "beta2": 0.98, "schedule": "vaswani", "warmup": 4_000, "clip": None,
    "label_smoothing": 0.1, "evaluate_every": 1_000, "save_every": 1_000,
}  # fmt: skip


class Translation(Task):
    """Translate sentences."""

    takes, model, config = PreparedPairs, Transformer, TransformerConfig
    presets: ClassVar = {"small": SMALL, "base": BASE}
    results = (SCORES, TRANSLATIONS)

    def build(self, sizes: Mapping[str, Any], options: RunOptions, data: PreparedPairs) -> Transformer:
        """Build a Transformer that reads and writes the data's one vocabulary."""
        del options
        n_vocab = data.tokenizer.n_vocab
        vocabulary = {"source_vocab_size": n_vocab, "target_vocab_size": n_vocab, "pad_id": data.marks.pad}
        return Transformer(TransformerConfig.from_dict({**vocabulary, **sizes}))

    def job(self, model: Transformer, settings: Settings, options: RunOptions, data: PreparedPairs) -> Job:
        """Batches of pairs, each token of a target to be predicted from the source and those before it."""
        marks, longest = data.marks, min(options.longest, model.config.context - 1)

        def pairs(split: str) -> Pairs:
            sources, targets = data.splits[split]
            return Pairs(
                sources, targets, batch=options.batch, marks=marks, seed=settings.seed, longest=longest
            )

        def loss(model: Any, batch: tuple[Tensor, Tensor, Tensor]) -> Tensor:
            smoothing = options.label_smoothing if model.training else 0.0
            return next_token_loss(model(batch[0], batch[1]), batch[2], smoothing, ignore=marks.pad)

        return Job(
            model=model,
            loss=loss,
            count=lambda batch: int((batch[2] != marks.pad).sum()),
            batches=pairs("train"),
            validation=list(pairs("val").in_order()),
            flops_per_token=6.0 * sum(p.numel() for p in model.parameters()),
        )

    def judge(self, options: RunOptions, data: PreparedPairs, folder: Path, device: str) -> list[str]:
        """Give BLEU and chrF of the test sentences; they are translated only where that was not done yet."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            told = read_json(folder / SCORES, "the scores of a run")
            if (told.get("beam"), told.get("judge_on")) == (options.beam, options.judge_on):
                return _lines(told)
        model, _ = load_model(model_folder(folder))
        model.to(pick_device(device))
        return judge_translations(model, data, folder, options.beam, options.judge_on)

    def require_effect(self, told: Mapping[str, Any]) -> None:
        """Translating searches."""
        require_effect(told, DRAWING, "translating searches for the likeliest text", "leave it out")

    def sample(self, model: Any, tokenizer: Any, prompt: str, told: Mapping[str, Any]) -> Iterator[str]:
        """Translate one sentence."""
        self.require_effect(told)
        how = chosen(told, beam="beams", length_penalty="length_penalty", max_new="max_new")
        return iter(translate(model, tokenizer, [Plain(tokenizer).encode(prompt.strip())], **how))


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


def _lines(told: Mapping[str, Any]) -> list[str]:
    return [f"{'test ' + words:<11}{told[name]}" for name, words in NAMES.items()]
