"""What the tests of writing share: a small GPT that has something to say."""

import torch

from tfm.models.gpt import GPT
from tfm.models.gpt_config import GPTConfig

V = 19


def gpt(positions="learned", seed=0, *, context=12, **more):
    """Return a small GPT whose weights are large enough that its choices are not ties."""
    torch.manual_seed(seed)
    config = {"vocab_size": V, "context": context, "d_model": 16, "n_layers": 2, "n_heads": 4}
    model = GPT(GPTConfig(**(config | {"positions": positions} | more))).eval()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.4)
    return model
