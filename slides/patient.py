"""The patient of part 5: the small GPT that comes with the course, its record, and a scene it has not read."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tfm.models.gpt import GPT
from tfm.pretrained import load_model

ASSETS = files("tfm") / "assets"
UNREAD = """
Why does the world report that Kate doth limp?
O slanderous world! Kate like the hazel-twig
Is straight and slender and as brown in hue
As hazel nuts and sweeter than the kernels.
O, let me see thee walk: thou dost not halt.

KATHARINA:
Go, fool, and whom thou keep'st command.
"""  # a scene that was kept out of the small GPT's training


@cache
def patient() -> tuple[GPT, Any]:
    """The small GPT that comes with the course, and its letters."""
    torch.set_num_threads(1)
    model, letters = load_model(str(ASSETS / "tiny_gpt"))
    return model, letters


@torch.no_grad()
def chances(text: str) -> NDArray[Any]:
    """The probabilities of the next letter."""
    model, letters = patient()
    logits = model(torch.tensor([letters.encode(text)[-model.context :]]))[0, -1]  # V
    return np.asarray(logits.double().softmax(-1))


@cache
def training() -> dict[str, Any]:
    """What is recorded of the patient's training."""
    return dict(json.loads((ASSETS / "tiny_gpt" / "training.json").read_text()))
