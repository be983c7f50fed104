"""The loop: what an update is, when it validates, stops and saves, and a sentence for whatever goes wrong."""

import itertools
import os
import re
import signal
import warnings

import pytest
import torch
from torch import nn
from train.toy_training import ROWS, Counted, batches, loss, toy

from tfm.train.averages import EMA
from tfm.train.engine import targets
from tfm.train.errors import Interrupted, TrainingError
from tfm.train.loop import Trainer
from tfm.train.losses import IGNORE, next_token_loss
from tfm.train.optimisers import adamw
from tfm.train.schedules import warmup_linear
from tfm.train.settings import Settings
from tfm.train.stopping import SIGNALS, Stopper

SUM_ORDER = (
    1e-6  # one batch against the same rows in pieces: the sums are the same up to order; worst seen 2.4e-7
)


def settings(**changes):
    """Ten steps in float32, with changes."""
    return Settings(**{"steps": 10, "rate": 0.01, "autocast": "off", "device": "cpu"} | changes)


def bare_loop(model, steps):
    """What the trainer should do, written out."""
    optimiser, losses = adamw(model, 0.01, 0.1), []
    schedule = warmup_linear(steps, 3)
    for number, batch in zip(range(steps), itertools.cycle(batches()), strict=False):
        for group in optimiser.param_groups:
            group["lr"] = 0.01 * schedule(number)
        value = loss(model, batch)
        optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        losses.append(value.item())
    return losses


def same(some, other):
    """Whether two modules have the very same weights."""
    return all(torch.equal(a, b) for a, b in zip(some.parameters(), other.parameters(), strict=True))


def test_it_does_what_the_written_out_loop_does():
    """Bit for bit the losses and weights of a plain loop with schedule, clipping and AdamW."""
    ours, theirs = toy(), toy()
    trainer = Trainer(ours, loss, batches(), settings(), schedule=warmup_linear(10, 3))
    assert [step.loss for step in trainer.steps()] == bare_loop(theirs, 10)
    assert same(ours, theirs)


@pytest.mark.parametrize("pieces", [2, 3])
def test_accumulated_pieces_make_the_whole_batch(pieces):
    """A batch in pieces gives the loss and weights of the whole, even where its pieces have unequal sizes."""
    whole = list(itertools.islice(Counted(), 3))
    cuts = {2: (0, 1, ROWS), 3: (0, 2, 5, ROWS)}[pieces]
    parts = [tuple(t[a:b] for t in batch) for batch in whole for a, b in itertools.pairwise(cuts)]
    one, two = toy(), toy()
    first = Trainer(one, loss, whole, settings(steps=6))
    second = Trainer(two, loss, parts, settings(steps=6, accumulate=pieces))
    for a, b in zip(first.steps(), second.steps(), strict=True):
        assert abs(a.loss - b.loss) < SUM_ORDER
        assert a.tokens == b.tokens
    for a, b in zip(one.parameters(), two.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5)


def ignoring(batch, places):
    """A batch some of whose targets, by row, do not count."""
    inputs, targets = batch[0], batch[1].clone()
    targets[places] = IGNORE
    return inputs, targets


def smoothed(model, batch):
    """Mean cross-entropy with some of the target spread over all tokens."""
    return next_token_loss(model(batch[0]), batch[1], label_smoothing=0.3)


@pytest.mark.parametrize("mean", [loss, smoothed])
@pytest.mark.parametrize(
    "ignored",
    [
        [(slice(0, 1), slice(1, None)), (slice(2, 4), slice(0, 3))],
        [(slice(0, 3), slice(None))],
        [(slice(3, ROWS), slice(None)), (0, 2)],
    ],
    ids=["unequally many", "none in the first piece", "none in the second"],
)
def test_targets_that_do_not_count_weigh_nothing(ignored, mean):
    """Pieces with unequally many targets of −100, or with nothing else, have the gradient of one large batch."""
    whole = batches()[0]
    for places in ignored:
        whole = ignoring(whole, places)
    pieces = [tuple(t[a:b] for t in whole) for a, b in ((0, 3), (3, ROWS))]
    one, two = toy(), toy()
    mean(one, whole).backward()
    trainer = Trainer(
        two,
        mean,
        pieces,
        settings(steps=1, accumulate=2, clip=None, rate=1e-30, weight_decay=0.0),
        validation=pieces,
    )
    step = trainer.run()
    assert step.tokens == int((whole[1] != IGNORE).sum())
    assert step.loss == pytest.approx(mean(one, whole).item(), abs=SUM_ORDER)
    assert step.validation_loss == pytest.approx(mean(one, whole).item(), abs=SUM_ORDER)
    for (name, a), b in zip(one.named_parameters(), two.parameters(), strict=True):
        assert (a.grad - b.grad).abs().max() < SUM_ORDER, name


def test_targets_that_are_no_ids_all_count():
    """A number of −100 that is to be met, not a class, is a prediction like another."""
    assert targets((torch.zeros(2, 1), torch.full((2, 1), -100.0))) == 2


def test_a_step_tells_its_numbers():
    """Number, rate, gradient, tokens and seconds are those of the update; nothing unmeasured is invented."""
    schedule = warmup_linear(10, 5)
    steps = list(Trainer(toy(), loss, batches(), settings(), schedule=schedule).steps())
    assert [step.number for step in steps] == list(range(1, 11))
    assert [step.rate for step in steps] == [pytest.approx(0.01 * schedule(n)) for n in range(10)]
    assert all(step.gradient_norm > 0 and step.tokens == 30 and step.seconds > 0 for step in steps)
    assert steps[0].tokens_per_second == steps[0].tokens / steps[0].seconds
    assert [step.validation_loss for step in steps] == [None] * 10
    assert "validation_loss" not in steps[0].as_dict()
    no_clip = next(Trainer(toy(), loss, batches(), settings(clip=None)).steps())
    assert no_clip.gradient_norm is None


def test_listeners_get_every_step_and_are_closed():
    """Each listener sees all steps, and is closed when the loop ends, however it ends."""
    seen = []

    class Listener:
        def __call__(self, step):
            seen.append(step.number)

        def close(self):
            seen.append("closed")

    Trainer(toy(), loss, batches(), settings(steps=3), listeners=[Listener()]).run()
    assert seen == [1, 2, 3, "closed"]
    for _ in Trainer(toy(), loss, batches(), settings(), listeners=[Listener()]).steps():
        break
    assert seen[4:] == [1, "closed"]


def test_validation_counts_every_prediction_once():
    """The validation loss is the mean over predictions, although the last batch is smaller, without dropout."""
    rows = [torch.cat(parts) for parts in zip(*batches(), strict=True)]
    unequal = [tuple(part[:20] for part in rows), tuple(part[20:] for part in rows)]
    model = toy(dropout=0.5)
    trainer = Trainer(model, loss, batches(), settings(steps=4, evaluate_every=2), validation=unequal)
    for step in trainer.steps():
        if step.number % 2:
            assert step.validation_loss is None
        else:
            model.eval()
            assert step.validation_loss == pytest.approx(loss(model, rows).item(), abs=SUM_ORDER)
            model.train()
    assert trainer.evaluate() == step.validation_loss
    assert model.training


def test_early_stopping_keeps_the_best():
    """When validation only gets worse, the run ends after `patience` more looks; the best weights can be had."""
    validation = [(inputs, (targets + 5) % 11) for inputs, targets in batches()]  # the wrong answers
    model = toy()
    trainer = Trainer(
        model,
        loss,
        batches(),
        settings(steps=100, rate=0.05, evaluate_every=1, patience=3),
        validation=validation,
    )
    sizes = [(step.validation_loss, step.best) for step in trainer.steps()]
    assert len(sizes) < 100
    assert [best for _, best in sizes[-4:]] == [True, False, False, False]
    assert trainer.finished
    trainer.load_best()
    assert trainer.evaluate() == trainer.best_loss == sizes[-4][0] == min(value for value, _ in sizes)


def test_the_average_is_judged_and_kept(tmp_path):
    """With an average, validation and the best weights are the average's, and training's own go on as ever."""
    model, plain = toy(), toy()
    average = EMA(model, 0.9)
    trainer = Trainer(
        model, loss, batches(), settings(), validation=batches(), average=average, folder=tmp_path
    )
    last = trainer.run()
    Trainer(plain, loss, batches(), settings()).run()
    assert same(model, plain)
    with average.applied(model):
        assert (
            last.validation_loss
            == trainer.evaluate()
            == pytest.approx(sum(loss(model, batch).item() for batch in batches()) / 4, abs=SUM_ORDER)
        )
        means = [p.clone() for p in model.parameters()]
    trainer.load_best()
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), means, strict=True))


def test_a_model_on_autocast_learns_and_keeps_float32():
    """With products in bfloat16 the loss falls, and weights and reported losses stay float32."""
    model = toy()
    steps = list(Trainer(model, loss, batches(), settings(steps=60, autocast="bf16")).steps())
    assert steps[-1].loss < steps[0].loss - 0.5
    assert {p.dtype for p in model.parameters()} == {steps[0].update.loss.dtype} == {torch.float32}


def test_a_loss_that_is_no_number_stops_before_the_weights():
    """The step is named, the weights are those of the step before, and all are numbers."""
    model, twin = toy(), toy()
    bad = (batch if n < 3 else (batch[0], batch[1], True) for n, batch in enumerate(Counted()))

    def explode(model, batch):
        return loss(model, batch) * (float("nan") if len(batch) == 3 else 1)

    with pytest.raises(
        TrainingError, match=r"at step 4 the loss is nan.*keeps the weights of step 3.*lower learning"
    ):
        Trainer(model, explode, bad, settings()).run()
    Trainer(twin, loss, Counted(), settings(steps=3)).run()
    assert same(model, twin)


def test_a_rate_that_is_too_high_names_the_checkpoint(tmp_path):
    """An absurd learning rate ends in one sentence, and the checkpoint before it holds finite weights."""
    trainer = Trainer(
        toy(), loss, batches(), settings(steps=300, rate=1e30, save_every=1, clip=None), folder=tmp_path
    )
    with pytest.raises(TrainingError, match=r"the checkpoint of step \d+ in .* is whole") as stopped:
        trainer.run()
    saved = int(re.search(r"checkpoint of step (\d+)", str(stopped.value))[1])
    again = Trainer(toy(), loss, batches(), settings(steps=300), folder=tmp_path)
    assert again.resume() == saved == trainer.step
    assert all(p.isfinite().all() for p in again.model.parameters())


@pytest.mark.parametrize(
    ("error", "rows", "advice"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory"),
            6,
            r"halve batch \(6 → 3\) and double accumulate \(2 → 4\)",
        ),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), 6, r"halve batch \(6 → 3\)"),
        (MemoryError(), 1, "halve context"),
    ],
)
def test_out_of_memory_names_the_setting_to_halve(error, rows, advice):
    """In whichever words a device says it, the sentence names the setting; other errors stay as they are."""

    def greedy(model, batch):
        raise error

    few = [tuple(part[:rows] for part in batch) for batch in batches()]
    with pytest.raises(TrainingError, match=rf"memory of cpu ran out at step 1: .*{advice}"):
        Trainer(toy(), greedy, few, settings(accumulate=2)).run()

    def endless():
        raise MemoryError
        yield

    with pytest.raises(
        TrainingError, match="halve batch and double accumulate: the same run in smaller pieces"
    ):
        Trainer(toy(), loss, endless(), settings()).run()

    def broken(model, batch):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        Trainer(toy(), broken, few, settings()).run()


class Hurt(torch.autograd.Function):
    """A number that stays as it is, with a gradient of NaN or infinity at one place."""

    @staticmethod
    def forward(ctx, x, value):
        """The number itself."""
        ctx.value = value
        return x.clone()

    @staticmethod
    def backward(ctx, gradient):
        """Its gradient, spoiled."""
        gradient = gradient.clone()
        gradient.view(-1)[0] = ctx.value
        return gradient, None


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("clip", [None, 1.0])
def test_a_gradient_that_is_no_number_never_reaches_the_weights(tmp_path, clip, value):
    """The loss is a number and its gradient is none: it stops before the step, clipped or not, and says so."""

    def hurting(model, batch):
        scores = model(batch[0])
        return loss(lambda _: Hurt.apply(scores, value) if trainer.step == 3 else scores, batch)

    trainer = Trainer(toy(), hurting, Counted(), settings(clip=clip, save_every=1), folder=tmp_path)
    words = "length" if clip else "largest number"
    with pytest.raises(
        TrainingError, match=f"at step 4 the gradient's {words} is .*checkpoint of step 3 .* whole"
    ):
        trainer.run()
    assert all(p.isfinite().all() for p in trainer.model.parameters())
    assert Trainer(toy(), loss, Counted(), settings(), folder=tmp_path).resume() == 3


def test_a_large_gradient_is_a_number(tmp_path):
    """Squares of 1e25 are none in float32, but its largest number is: without clipping, training goes on."""
    trainer = Trainer(toy(), lambda m, b: 1e25 * loss(m, b), Counted(), settings(clip=None), folder=tmp_path)
    assert trainer.run().number == 10


@pytest.mark.parametrize("spoiled", ["weights", "optimiser", "average"])
def test_numbers_that_are_none_are_not_saved(tmp_path, spoiled):
    """Whatever a checkpoint holds is judged before it is written; the older one stays."""
    model = toy()
    average = EMA(model, 0.9)
    trainer = Trainer(model, loss, Counted(), settings(save_every=2), average=average, folder=tmp_path)
    for step in trainer.steps():
        if step.number == 4:
            found = {
                "weights": model.embedding.weight,
                "optimiser": trainer.optimiser.state[model.embedding.weight]["exp_avg"],
                "average": average.average["embedding.weight"],
            }
            with torch.no_grad():
                found[spoiled][0, 0] = float("nan")
            with pytest.raises(TrainingError, match=r"at step 4 the numbers in .* step 2 .* whole"):
                trainer.save()
            break
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000002"]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_finishes_the_step_saves_and_says_how_to_go_on(tmp_path, number):
    """An interrupt lets the step end; the run then goes on to the weights of one that was never stopped."""

    def interrupting(model, batch):
        if trainer.step == 4:
            os.kill(os.getpid(), number)
        return loss(model, batch)

    before = signal.signal(number, signal.SIG_DFL)  # the tests themselves may run where it is ignored
    trainer = Trainer(toy(), interrupting, Counted(), settings(), folder=tmp_path)
    with pytest.raises(
        Interrupted, match=r"stopped after step 5; everything is saved in .* --resume goes on"
    ):
        trainer.run()
    assert signal.signal(number, before) is signal.SIG_DFL
    whole, resumed = toy(), toy()
    Trainer(whole, loss, Counted(), settings()).run()
    again = Trainer(resumed, loss, Counted(), settings(), folder=tmp_path)
    assert again.resume() == 5
    assert again.run().number == 10
    assert same(whole, resumed)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system's terminals send no such signal")
def test_nohup_outlives_its_terminal():
    """Where the end of the terminal was to be ignored, it is."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Stopper().listening():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_stopped_run_without_a_folder_goes_on_in_the_same_program():
    """Without a folder the sentence says that run() goes on, and it does."""

    def interrupting(model, batch):
        if trainer.step == 4 and not trainer._stopper.asked:
            os.kill(os.getpid(), signal.SIGINT)
        return loss(model, batch)

    model, whole = toy(), toy()
    trainer = Trainer(model, interrupting, Counted(), settings())
    with pytest.raises(Interrupted, match=r"run\(\) goes on from here"):
        trainer.run()
    trainer._engine.loss = loss
    trainer.run()
    Trainer(whole, loss, Counted(), settings()).run()
    assert same(model, whole)


def test_a_compiler_that_fails_is_a_warning(monkeypatch):
    """Where torch.compile does not work, a sentence says so once and the result is the plain one."""

    def broken(model):
        def fail(*_):
            raise RuntimeError("no C++ compiler found\nlong story")

        return fail

    monkeypatch.setattr(torch, "compile", broken)
    model, plain = toy(), toy()
    with pytest.warns(
        UserWarning, match=r"torch.compile does not work here \(RuntimeError: no C\+\+ compiler found\)"
    ):
        Trainer(model, loss, batches(), settings(compile="on")).run()
    Trainer(plain, loss, batches(), settings()).run()
    assert same(model, plain)


def test_a_cpu_is_not_compiled_for_by_auto(monkeypatch):
    """“auto” compiles for a GPU alone; a CPU gains a few percent and pays a minute."""
    monkeypatch.setattr(torch, "compile", lambda model: pytest.fail("compiled"))
    Trainer(toy(), loss, batches(), settings(steps=1, compile="auto")).run()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: Trainer(toy(), loss, [], settings()).run(), "the batches ended after 0"),
        (lambda: Trainer(toy(), loss, iter(batches()), settings()).run(), "the batches ended after 4"),
        (lambda: Trainer(toy(), lambda m, b: m(b[0]), batches(), settings()).run(), "the loss has shape"),
        (
            lambda: Trainer(toy(), loss, batches(), settings(), validation=iter([])).run(),
            "gave no prediction to judge",
        ),
        (lambda: Trainer(toy(), loss, batches(), settings()).evaluate(), "no validation data"),
        (lambda: Trainer(toy(), loss, batches(), settings()).save(), "no folder to save to"),
        (lambda: Trainer(toy(), loss, batches(), settings()).resume(), "no folder to go on from"),
        (lambda: Trainer(toy(), loss, batches(), settings()).load_best(), "no weights were the best"),
        (lambda: Trainer(toy(), loss, batches(), settings(device="cuda:9")), "not in this machine"),
        (lambda: Trainer(toy(), loss, batches(), settings(device="gpu")), "none of PyTorch's: try auto"),
        (lambda: Trainer(toy(), loss, batches(), settings(device="meta")), "none that training .* try auto"),
        (
            lambda: Trainer(toy(), loss, [ignoring(batches()[0], slice(None))], settings()).run(),
            "no prediction that counts: every target in its batches .* -100, so leave",
        ),
        (
            lambda: Trainer(
                toy(), loss, batches(), settings(), validation=[ignoring(batches()[0], slice(None))]
            ).evaluate(),
            "gave no prediction to judge: .* not all -100",
        ),
        (lambda: settings(steps=0), r"steps \(0\) must be a whole number from 1 on"),
        (lambda: settings(clip=-1), r"clip \(-1\) must be above 0"),
        (lambda: settings(keep=-1), r"keep \(-1\) must be"),
        (lambda: settings(autocast="bf-16"), "did you mean 'bf16'"),
        (
            lambda: Settings.from_dict({"steps": 1, "leraning_rate": 1}),
            "has no 'leraning_rate': it is one of",
        ),
        (lambda: Settings.from_dict({"steps": 1, "weight_dacay": 1}), "did you mean 'weight_decay'"),
    ],
)
def test_what_cannot_be_is_one_sentence(as_a_reader_calls_it, make, sentence):
    """Each mistake of a caller is a ValueError that names it."""
    with warnings.catch_warnings(), pytest.raises(ValueError, match=sentence) as error:
        make()
    assert "\n" not in str(error.value)


def test_a_finished_run_says_so():
    """To run what is finished is a mistake with a sentence, not a silent nothing."""
    trainer = Trainer(toy(), loss, batches(), settings(steps=2))
    trainer.run()
    with pytest.raises(ValueError, match="the run is finished, at step 2 of 2"):
        trainer.run()
