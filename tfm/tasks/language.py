"""Language: a GPT learns to go on with a text, and writes."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor, nn

from tfm.data.prepared import PreparedText
from tfm.data.tokens import Sequential, Windows
from tfm.generate.beam import Beam, beam_search
from tfm.generate.drafts import LookBack
from tfm.generate.packed import PackedModel
from tfm.generate.sampling import Sampling
from tfm.generate.speculative import Speculative
from tfm.generate.text import stream_text
from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.models.identity_start import identity_start
from tfm.tasks.options import RunOptions
from tfm.tasks.task import DRAWING, Job, Task, chosen, require_effect
from tfm.text.door import Plain
from tfm.train.losses import next_token_loss
from tfm.train.settings import Settings

MAX_NEW, TEMPERATURE = 200, 0.8  # of what is written, when nothing else is said
JUDGED_AT_ONCE = 8_192  # tokens of a validation batch at least: without gradients they need little memory

SMALL: dict[str, Any] = {  # to a loss as quickly as we can: `benchmarks/bench_time_to_loss.py`
    "context": 64, "d_model": 128, "n_layers": 3, "n_heads": 4, "positions": "rotary", "norm": "rms",
    "feed_forward": "squared_relu", "bias": False, "tied": False, "start": "identity",
    "steps": 300, "batch": 12, "optimiser": "muon", "rate": 0.02, "weight_decay": 0.0, "adam_rate": 0.01,
    "token_rate": 0.02, "score_rate": 0.02, "schedule": "trapezoid", "floor": 0.0, "clip": None,
    "evaluate_every": 100, "save_every": 100,
}  # fmt: skip
BABY: dict[str, Any] = {  # nanoGPT's `config/train_shakespeare_char.py`
    "context": 256, "d_model": 384, "n_layers": 6, "n_heads": 6, "bias": False, "dropout": 0.2,
    "steps": 5_000, "batch": 64, "rate": 1e-3, "weight_decay": 0.1, "warmup": 100, "compile": "auto",
    "evaluate_every": 250, "save_every": 250,
}  # fmt: skip
GPT2: dict[str, Any] = {  # nanoGPT's `config/train_gpt2.py`, for one process
    "context": 1024, "d_model": 768, "n_layers": 12, "n_heads": 12, "bias": False, "feed_forward": "gelu_tanh",
    "steps": 600_000, "batch": 12, "accumulate": 40, "rate": 6e-4, "weight_decay": 0.1, "beta2": 0.95,
    "warmup": 2_000, "compile": "auto", "tokenizer": "gpt2", "evaluate_every": 1_000, "save_every": 1_000,
}  # fmt: skip


class Language(Task):
    """Go on with a text."""

    takes, model, config = PreparedText, GPT, GPTConfig
    presets: ClassVar = {"small": SMALL, "baby": BABY, "gpt2": GPT2}

    def build(self, sizes: Mapping[str, Any], options: RunOptions, data: PreparedText) -> GPT:
        """Build a GPT for the data's vocabulary."""
        model = GPT(GPTConfig.from_dict({"vocab_size": data.tokenizer.n_vocab, **sizes}))
        if options.start == "identity":
            identity_start(model)
        return model

    def job(self, model: GPT, settings: Settings, options: RunOptions, data: PreparedText) -> Job:
        """Windows of the text, each token a target."""
        context = model.config.context
        judged = data.val.ids[: options.validate_on and options.validate_on + 1]
        at_once = max(options.batch, JUDGED_AT_ONCE // context)

        def loss(model: Any, batch: tuple[Tensor, Tensor]) -> Tensor:
            smoothing = options.label_smoothing if model.training else 0.0
            return next_token_loss(model(batch[0]), batch[1], smoothing)

        return Job(
            model=model,
            loss=loss,
            count=lambda batch: batch[1].numel(),
            batches=Windows(data.train, context, options.batch, settings.seed),
            validation=Sequential(judged, min(context, len(judged) - 1), at_once),
            flops_per_token=_flops(model, model.config, context),
        )

    def judge(self, options: RunOptions, data: PreparedText, folder: Path, device: str) -> list[str]:
        """Nothing beside the validation loss."""
        del options, data, folder, device
        return []

    def require_effect(self, told: Mapping[str, Any]) -> None:
        """A search draws nothing, and drawing searches for nothing."""
        if "beams" in told:
            require_effect(told, DRAWING, "--beams searches", "leave one of the two out")
        else:
            idle, why = ("length_penalty",), "without --beams nothing is searched for"
            require_effect(told, idle, why, "add --beams 4")

    def sample(self, model: Any, tokenizer: Any, prompt: str, told: Mapping[str, Any]) -> Iterator[str]:
        """Write after a prompt; drawn token by token, or searched for with `beams`."""
        self.require_effect(told)
        plain, settings = Plain(tokenizer), drawing(told)
        if "beams" in told:
            ids = plain.encode(prompt)
            most = min(settings.max_new, max(1, model.context - len(ids) + 1))
            search = Beam(max_new=most, **chosen(told, width="beams", length_penalty="length_penalty"))
            return iter([prompt + plain.decode(beam_search(model, ids, search)[0].ids)])
        pieces = stream_text(_quickest(model), plain, prompt, settings, stop=told.get("stop", ()))
        return _after(prompt, pieces)


def drawing(told: Mapping[str, Any]) -> Sampling:
    """How tokens are drawn.

    Raises:
        ValueError: a number is out of range.
    """
    names = {name: name for name in DRAWING if name != "stop"}
    usual = {"max_new": MAX_NEW, "temperature": TEMPERATURE}
    return Sampling(**usual | chosen(told, max_new="max_new", **names))


def _after(prompt: str, pieces: Iterator[str]) -> Iterator[str]:
    yield prompt
    yield from pieces


def _quickest(model: Any) -> Any:
    """On a CPU one text is written more quickly by `PackedModel`, and what repeats itself more quickly still."""
    if next(model.parameters()).device.type != "cpu":
        return model
    return Speculative(PackedModel(model), LookBack(shortest=8))


def _flops(model: nn.Module, config: GPTConfig, context: int) -> float:
    """Operations of one token: six for each weight it is multiplied with, twelve for each width of attention.

    Source: Chowdhery et al., “PaLM”, 2022, appendix B.
    """
    looked_up = 0 if config.tied else config.vocab_size * config.d_model
    looked_up += config.context * config.d_model if config.positions == "learned" else 0
    weights = sum(p.numel() for p in model.parameters()) - looked_up
    return 6.0 * weights + 12.0 * config.n_layers * config.d_model * context
