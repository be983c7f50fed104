"""A tiny model and its data, for tests of training, here and in processes of their own."""

import torch
from torch import nn

from tfm.train.losses import next_token_loss

V, ROWS, LENGTH = 11, 6, 5


class Toy(nn.Module):
    """Next token from this one alone: an embedding, two layers with dropout, scores."""

    def __init__(self, dropout=0.0):
        super().__init__()
        self.embedding = nn.Embedding(V, 16)
        self.layers = nn.ModuleList(nn.Sequential(nn.Linear(16, 16), nn.Dropout(dropout)) for _ in range(2))
        self.scores = nn.Linear(16, V)

    def forward(self, ids):
        """B T → B T V."""
        x = self.embedding(ids)
        for layer in self.layers:
            x = x + torch.tanh(layer(x))
        return self.scores(x)


def toy(dropout=0.0):
    """Make the toy, the same at every call."""
    torch.manual_seed(1)
    return Toy(dropout)


def batches(count=4):
    """Make batches of (inputs, targets)."""
    chance = torch.Generator().manual_seed(0)
    draw = torch.randint(V, (count, 2, ROWS, LENGTH), generator=chance)
    return [(inputs, targets) for inputs, targets in draw]


def loss(model, batch):
    """Mean cross-entropy."""
    return next_token_loss(model(batch[0]), batch[1])


class Counted:
    """Batches drawn from a seed and a number, which remember that number."""

    def __init__(self):
        self.next = 0

    def __iter__(self):
        return self

    def __next__(self):
        chance = torch.Generator().manual_seed(self.next)
        self.next += 1
        return tuple(torch.randint(V, (2, ROWS, LENGTH), generator=chance))

    def state_dict(self):
        """The number."""
        return {"next": self.next}

    def load_state_dict(self, state):
        """Go on from it."""
        self.next = state["next"]
