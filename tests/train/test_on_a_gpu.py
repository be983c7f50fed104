"""Training on a CUDA GPU, where there is one: a step of each family, bfloat16, compiling, checkpoints."""

import needs
import pytest
import torch
from train.toy_training import Counted, batches, loss, toy

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig
from tfm.models.transformer import Transformer, TransformerConfig
from tfm.train.averages import EMA
from tfm.train.errors import TrainingError
from tfm.train.loop import Trainer
from tfm.train.losses import next_token_loss
from tfm.train.optimisers import adamw, muon
from tfm.train.progress import Progress
from tfm.train.settings import Settings

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason=needs.GPU)

MODELS = {
    "GPT": lambda: GPT(GPTConfig(vocab_size=11, context=8, d_model=16, n_layers=2, n_heads=2)),
    "Llama": lambda: GPT(
        GPTConfig(
            vocab_size=11, context=8, d_model=16, n_layers=2, n_heads=4, n_kv_heads=2, positions="rotary",
            norm="rms", feed_forward="swiglu", bias=False, tied=False,
        )
    ),
    "Transformer": lambda: Transformer(
        TransformerConfig(
            source_vocab_size=11, target_vocab_size=11, d_model=16, n_layers=1, n_heads=2, d_ff=16, pad_id=10
        )
    ),
}  # fmt: skip


def family_loss(model, batch):
    """Next token, or the target given the source."""
    inner = getattr(model, "_orig_mod", model)
    logits = model(batch[0], batch[0]) if isinstance(inner, Transformer) else model(batch[0])
    return next_token_loss(logits, batch[1])


@pytest.mark.parametrize("optimiser", [adamw, muon])
@pytest.mark.parametrize("family", MODELS)
def test_each_family_learns_on_the_gpu(family, optimiser):
    """Thirty steps in bfloat16 lower the loss; weights stay float32 and lie on the GPU."""
    data = [tuple(part % 10 for part in batch) for batch in batches(1)]
    settings = Settings(steps=30, rate=0.01, seed=0)
    trainer = Trainer(MODELS[family](), family_loss, data, settings, optimiser=optimiser)
    assert (trainer.device.type, trainer.dtype) == ("cuda", torch.bfloat16)
    losses = [step.loss for step in trainer.steps()]
    assert losses[-1] < losses[0]
    assert {(p.device.type, p.dtype) for p in trainer.model.parameters()} == {("cuda", torch.float32)}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_compiled_model_trains():
    """“auto” compiles here, and the losses are those of the plain model."""
    runs = {
        mode: [step.loss for step in Trainer(toy(), loss, batches(), Settings(steps=5, compile=mode)).steps()]
        for mode in ("off", "auto")
    }
    assert runs["auto"] == pytest.approx(runs["off"], abs=2e-2)  # bfloat16, in another order


def test_a_checkpoint_goes_on(tmp_path):
    """Saved at step 4 and resumed, with dropout and an average, the losses are those of the whole run."""

    def trainer(steps, folder=None):
        settings = Settings(steps=steps, rate=0.01, save_every=4)
        return Trainer(toy(0.2), loss, Counted(), settings, average=EMA, folder=folder)

    whole = [step.loss for step in trainer(8).steps()]
    trainer(4, tmp_path).run()
    again = trainer(8, tmp_path)
    assert again.resume() == 4
    assert [step.loss for step in again.steps()] == pytest.approx(whole[4:], abs=1e-3)


def first_batches(count):
    """The first batches of `Counted`."""
    source = Counted()
    return [next(source) for _ in range(count)]


def test_a_loss_that_is_no_number_names_its_step():
    """The loss is looked at now and then only, and yet the first bad step is named."""
    data = [(torch.full((6, 1), n == 6), *batch) for n, batch in enumerate(first_batches(10))]

    def explode(model, batch):
        return loss(model, batch[1:]) + torch.where(batch[0].any(), torch.nan, 0.0)

    with pytest.raises(TrainingError, match="at step 7 the loss is nan"):
        Trainer(toy(), explode, data, Settings(steps=10, clip=None)).run()


def test_the_bar_reads_the_gpus_memory():
    """The words hold the memory that PyTorch has held on the GPU."""
    bar = Progress(torch.device("cuda"))
    Trainer(toy(), loss, batches(), Settings(steps=2), listeners=[bar]).run()
    assert torch.cuda.max_memory_allocated() > 0
