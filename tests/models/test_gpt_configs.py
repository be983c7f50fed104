"""Published sizes, counted on the meta device: each model's parameters, and no memory for them."""

import pytest
import torch

from tfm.models.gpt import GPT
from tfm.models.gpt_configs import BABY_GPT, GPT2, GPT3, LLAMA_3_8B

# GPT-2's four and Llama's as their files on the Hugging Face hub have them; GPT-3's by its paper's sizes, where it
# says 175.0 billion; nanoGPT's says 10.65M without the table of positions, and its norms have no bias.
COUNTS = {
    "GPT-2 124M": (GPT2["124M"], 124_439_808),
    "GPT-2 355M": (GPT2["355M"], 354_823_168),
    "GPT-2 774M": (GPT2["774M"], 774_030_080),
    "GPT-2 1.5B": (GPT2["1.5B"], 1_557_611_200),
    "GPT-3": (GPT3, 174_604_259_328),
    "Llama 3 8B": (LLAMA_3_8B, 8_030_261_248),
    "baby GPT": (BABY_GPT, 10_646_784 + 256 * 384 + 13 * 384),
}


@pytest.mark.parametrize("name", COUNTS)
def test_parameters_are_counted_without_memory(name):
    """The published count, from shapes alone."""
    config, published = COUNTS[name]
    with torch.device("meta"):
        model = GPT(config)
    assert all(parameter.is_meta for parameter in model.parameters())
    assert sum(parameter.numel() for parameter in model.parameters()) == published


def test_llama_shares_its_keys():
    """8 heads of keys for 32 of queries: a quarter of the cache."""
    with torch.device("meta"):
        layer = GPT(LLAMA_3_8B).layers[0]
    assert layer.attention.key.weight.shape == (8 * 128, 4096)
    assert layer.attention.query.weight.shape == (4096, 4096)
