"""The figures and numbers of part 5 up to the writing, from the blocks of lessons 17 to 19 and the small GPT."""

import json
import math
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from slides.patient import ASSETS, UNREAD, chances, patient, training
from tfm.by_hand.descent import SGD, Adam
from tfm.by_hand.softmax import softmax
from tfm.generate.sampling import Sampling
from tfm.generate.text import generate_text
from tfm.generate.writing import generate
from tfm.kit.axis import Axis
from tfm.kit.choice import choice_svg
from tfm.kit.curves import Series, chart_svg
from tfm.kit.drawing import stack_svgs
from tfm.kit.heatmap import heatmap_svg
from tfm.lessons.embeddings.figures import ranking_svg
from tfm.lessons.generation.choosing import beam_rounds, min_p, repeated, top_k, top_p, with_temperature
from tfm.lessons.generation.figures import Node, beam_tree_svg
from tfm.lessons.gpt.budget import device_hours, training_memory, training_work, utilisation
from tfm.lessons.gpt.figures import sample_svg
from tfm.lessons.gpt.looking_back import weight_on_previous
from tfm.models.gpt import GPT
from tfm.nn.attention import Recorded

Array = NDArray[Any]

PATIENT = "My lord, "
CUPS, COIN, CAME = ("e", "a", "i", "o"), np.array([1 / 2, 1 / 4, 1 / 8, 1 / 8]), 1
READ = "To be or"
SAID = {  # lesson 19's parrot: what it says after a word, and how often
    "I": {"drink": 0.5, "am": 0.4, "sing": 0.1},
    "drink": {"tea": 0.4, "milk": 0.3, "water": 0.3},
    "am": {"happy": 0.9, "late": 0.1},
    "sing": {"songs": 1.0},
}
WORDS = ("I", *SAID["I"], "tea", "milk", "water", "happy", "late", "songs")
PLACES = ("KING RICHAR", "KING ", "What is ")
LLAMA, TOKENS, HOURS, PEAK = 70e9, 2e12, 1_720_320, 312e12  # Touvron et al., 2023; an A100's data sheet


# Lesson 17: the bet ---------------------------------------------------------------------------------------------


def cost() -> float:
    """What the bet on four letters costs, in nats."""
    return float(-np.log(COIN[CAME]))


def bet() -> str:
    """The shares of the coin, a bar a letter."""
    return ranking_svg(CUPS, COIN, digits=3)


def slope() -> str:
    """What was bet minus what was true, a bar a letter."""
    return ranking_svg(CUPS, softmax(np.log(COIN)) - np.eye(4)[CAME], digits=3)


def first_steps() -> dict[str, tuple[float, float]]:
    """Where each optimiser takes a weight of 2 by its first gradient: one of 0.5, and one of 500."""
    return {name: (_step(make(), 0.5), _step(make(), 500.0)) for name, make in MAKERS.items()}


MAKERS: dict[str, Any] = {
    "SGD": lambda: SGD(0.1),
    "Adam": lambda: Adam(0.1),
}


def _step(optimiser: Any, gradient: float) -> float:
    weight = np.array([2.0])
    optimiser.step([weight], [np.array([gradient])])
    return float(weight[0])


def read_once_and_six_times() -> list[str]:
    """Validation losses of one recipe, three seeds: a long text, and one so short that it is read six times."""
    record = json.loads((ASSETS / "gpt_losses.json").read_text())["texts"]
    drawn = []
    for name, title in (("manual", "the Python manual"), ("tang300", "300 Tang poems")):
        steps, losses = record[name]["steps"], np.array(record[name]["losses"])
        signs = ("solid", "dashed", "dotted")
        lines = [Series(steps, run, "", sign) for run, sign in zip(losses, signs, strict=True)]  # type: ignore[arg-type]
        low, high = losses.min(), losses.max()
        room = 0.08 * (high - low)
        axes = Axis((0, steps[-1])), Axis((low - room, high + room))
        drawn.append(chart_svg(lines, *axes, ("step", "loss on unread text"), title=title))
    return drawn


def times_read() -> dict[str, float]:
    """How often 200 steps of 12 windows of 64 read each text."""
    record = json.loads((ASSETS / "gpt_losses.json").read_text())
    read = 200 * record["recipe"]["batch"] * record["recipe"]["model"]["context"]
    return {name: read / text["train_tokens"] for name, text in record["texts"].items()}


# Lesson 18: the patient's training ------------------------------------------------------------------------------


def learning() -> str:
    """The patient's loss on plays that it has not read, and that of an even guess."""
    losses = training()["validation_losses"]
    even, last = math.log(patient()[1].n_vocab), max(map(int, losses))
    lines = [
        Series([0, last], [even, even], "an even guess", "dotted"),
        Series([0, *map(int, losses)], [even, *losses.values()], "unread plays"),
    ]
    return chart_svg(lines, Axis((0, last)), Axis((0, 4.5)), ("step", "loss, nats a letter"))


def llama() -> dict[str, float]:
    """What is said of Llama 2 70B, computed."""
    work = training_work(LLAMA, TOKENS)
    return {
        "work": work,
        "used": utilisation(work, 3600, PEAK, HOURS),
        "hours said": device_hours(6000, 12),
        "hours in the paper": HOURS,
        "bytes to use": 2 * LLAMA,
        "bytes to train": training_memory(int(LLAMA)).total,
        "dollars an hour": 2e6 / HOURS,
    }


@cache
def _looks(text: str, trained: bool) -> Array:
    model, letters = patient()
    if not trained:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model = GPT(model.config)
    seen = [Recorded() for _ in range(model.config.n_layers)]
    with torch.no_grad():
        model(torch.tensor([letters.encode(text)[: model.context]]), attends=seen)
    return torch.cat([core.weights for core in seen if core.weights is not None]).numpy()  # L H T T


def back_head() -> tuple[int, int]:
    """Layer and head, from 0, that looks most at the letter before, over 64 letters of an unread scene."""
    back = weight_on_previous(_looks(UNREAD, trained=True))
    layer, head = np.unravel_index(back.argmax(), back.shape)
    return int(layer), int(head)


def back_shares() -> tuple[float, float]:
    """How much that head gives to the letter before, untrained and trained."""
    before, after = (weight_on_previous(_looks(UNREAD, t))[back_head()] for t in (False, True))
    return float(before), float(after)


def looking_back() -> list[str]:
    """The same head before and after training."""
    names = [letter.replace(" ", "␣") for letter in READ]
    titles = {False: "untrained", True: f"after {training()['steps']:,} steps"}
    return [
        heatmap_svg(_looks(READ, t)[back_head()], names, names, title=title) for t, title in titles.items()
    ]


# Lesson 19: writing ---------------------------------------------------------------------------------------------


@cache
def written(temperature: float) -> str:
    """What the patient writes after its prompt: greedily at 0, else with dice."""
    model, letters = patient()
    return str(generate_text(model, letters, PATIENT, Sampling(max_new=200, temperature=temperature, seed=8)))


def sample(temperature: float, title: str) -> str:
    """The first lines of what it writes."""
    return sample_svg(PATIENT, written(temperature), title)


def repeats(temperature: float) -> float:
    """What share of its chains of eight letters stood there before."""
    return float(repeated(written(temperature), 8))


def parrot() -> str:
    """The tree of a beam search over the parrot's sentences, with the greedy path."""
    table = np.array([[SAID.get(a, {}).get(b, 0.0) for b in WORDS] for a in WORDS])
    rounds = beam_rounds(lambda text: table[text[-1] if text else 0], width=2, n=2)
    nodes = [[Node(WORDS[b.text[-1]], b.parent, b.log_probability, b.kept) for b in r] for r in rounds]
    return beam_tree_svg(nodes, start="I", greedy=[0, 1])


@cache
def rut() -> dict[str, float]:
    """How often the last n letters alone lead to the same greedy choice."""
    model, letters = patient()
    start = letters.encode(PATIENT)
    ids = start + generate(model, [start], Sampling(max_new=200, temperature=0))[0]
    text, shares = letters.decode(ids), {}
    for n in (4, 8, 16):
        same = [
            letters.decode([int(chances(text[i - n : i]).argmax())]) == text[i] for i in range(64, len(text))
        ]
        shares[f"the last {n}"] = float(np.mean(same))
    return shares


def rut_bars() -> str:
    """The shares of `rut`."""
    return ranking_svg(list(rut()), list(rut().values()), full=1.0)


def two_temperatures() -> str:
    """The next letter after “KING ” at two temperatures."""
    _, letters = patient()
    p = chances("KING ")
    best = np.argsort(-p)[:5]
    names = [repr(letters.decode([i])) for i in best.tolist()]
    return stack_svgs(
        [choice_svg(names, p[best], with_temperature(p, t)[best], title=f"temperature {t}") for t in (0.5, 2)]
    )


def stay(temperature: float) -> dict[str, tuple[int, int, int]]:
    """How many letters each rule leaves: top-k 10, top-p 0.9, min-p 0.1."""
    hot = {place: with_temperature(chances(place), temperature) for place in PLACES}
    rules = ((top_k, 10), (top_p, 0.9), (min_p, 0.1))
    return {
        place: tuple(int(np.count_nonzero(rule(p, value))) for rule, value in rules)  # type: ignore[arg-type, misc]
        for place, p in hot.items()
    }


def positions_read(prompt: int, new: int) -> tuple[int, int]:
    """How many positions are read to write `new` tokens, without a cache and with one."""
    return sum(range(prompt, prompt + new)), prompt + new - 1
