"""First weights with which every layer begins as nothing: it passes on what comes in, and learns to add to it.

    W_output = W_down = 0      scores = 0      tokens ~ N(0, 1)      every other matrix ~ N(0, 1 / columns)

At the start x_L = x_0 and the model bets evenly on all tokens, so its first loss is log V exactly; no warm-up is
needed, since no layer has yet anything wrong to say. Embeddings of size 1 are what the norms would make of them.
With Muon, whose steps do not depend on a matrix's size, it learns in fewer steps than GPT-2's start does. Sources:
Zhang, Dauphin and Ma, “Fixup Initialization”, 2019, section 3 (the last matrix of each branch is 0); Yang et
al., “Tensor Programs V”, 2022, appendix D.2 (scores of 0). This file knows nothing of training.
"""

import math

import torch
from torch import nn

from tfm.models.gpt import GPT

LAST = ("attention.output", "feed_forward.down")  # what a layer writes into the stream with


@torch.no_grad()
def identity_start(model: GPT) -> GPT:
    """Draw a GPT's weights anew, so that its layers begin as nothing.

    Args:
        model: a GPT with a table of its own for the scores (`tied=False`).

    Returns:
        The same model.

    Raises:
        ValueError: the scores share the tokens' table, which cannot be 0 and of size 1 at once.

    Example:
        >>> from tfm.models.gpt_config import GPTConfig
        >>> config = GPTConfig(vocab_size=65, context=8, d_model=8, n_layers=2, n_heads=2, tied=False)
        >>> identity_start(GPT(config))(torch.tensor([[3, 1, 4]])).abs().max().item()
        0.0

    Source: Zhang, Dauphin and Ma, 2019, section 3.
    """
    if model.config.tied:
        raise ValueError(
            "the scores share the tokens' table, so it cannot begin at 0: make the model with tied=False"
        )
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            spread = 0.0 if name.endswith(LAST) else 1 / math.sqrt(module.in_features)
            nn.init.normal_(module.weight, std=spread)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    nn.init.normal_(model.tokens.weight, std=1.0)
    nn.init.zeros_(model.scores.weight)
    return model
