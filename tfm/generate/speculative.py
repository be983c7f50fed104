"""Speculative decoding: a draft guesses the next tokens, the model checks all guesses in one pass.

    text so far:   t h e _          a draft guesses   k i n g
    one pass:      t h e _ k i n g  the model's scores after each of them
    kept:          t h e _ k i n    the model writes n, then d: the guess g was wrong, and is forgotten

While one text is written a pass takes as long as reading the model's weights from memory, and hardly longer for
a few tokens than for one. So each right guess saves nearly a whole pass, and a wrong one costs little.

`Speculative` is a model like any other: whoever chooses the tokens asks for the scores after one token at a time,
and never knows that some were computed ahead. So greedy decoding writes what it would have written, and a
drawn text is drawn from the same probabilities with the same dice: a guess is kept with the probability that
the model gives it, and otherwise a token is drawn from the rest, as in the paper's rule for a draft that is sure
of its guess (q = 1). Source: Leviathan, Kalman and Matias, “Fast Inference from Transformers via Speculative
Decoding”, 2023, sections 2.1 to 2.3. This file knows nothing of choosing tokens, nor of how a draft guesses.
"""

from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from tfm.generate.drafts import Draft

MOST = 15  # guesses in one pass: with the last token of the text, as many rows as `PackedModel` takes


@dataclass(slots=True)
class Tally:
    """What has been read and guessed.

    Attributes:
        passes: how often the model was called.
        guessed: tokens that were read ahead.
        right: those of them that were then written.

    Example:
        >>> Tally(passes=10, guessed=40, right=30).accepted
        0.75
    """

    passes: int = 0
    guessed: int = 0
    right: int = 0

    @property
    def accepted(self) -> float:
        """The share of guesses that were right; 0 where nothing was guessed."""
        return self.right / max(1, self.guessed)


class Speculative:
    """A model that reads a draft's guesses along with the text, and has their scores ready.

    Its scores are the model's own up to rounding. It works for one text at a time, written with a cache;
    everything else goes to the model as it is.

    Args:
        model: a `Writer`, such as a GPT; on a CPU, `PackedModel` of one.
        draft: guesses the next ids; see `tfm.generate.drafts`.
        most: guesses in one pass, 1 or more.

    Attributes:
        model: the same one.
        context: the longest text it can look at, in tokens.
        tally: how many guesses were right so far, over all texts.

    Raises:
        ValueError: `most` is below 1.

    Example:
        >>> from tfm.generate.drafts import LookBack
        >>> from tfm.generate.sampling import Sampling
        >>> from tfm.generate.writing import generate
        >>> from tfm.models.gpt import GPT, GPTConfig
        >>> model = GPT(GPTConfig(vocab_size=5, context=32, d_model=8, n_layers=2, n_heads=2)).eval()
        >>> quicker, settings = Speculative(model, LookBack()), Sampling(max_new=24, temperature=0)
        >>> generate(quicker, [[3, 1, 4]], settings) == generate(model, [[3, 1, 4]], settings)
        True

    Source: Leviathan, Kalman and Matias, 2023, algorithm 1.
    """

    def __init__(self, model: Any, draft: Draft, most: int = MOST) -> None:
        if most < 1:
            raise ValueError(f"most ({most}) is how many tokens are guessed at once, 1 or more: try {MOST}")
        self.model, self.context, self.draft, self.most = model, model.context, draft, most
        self.tally = Tally()

    def __call__(
        self, ids: Int[Tensor, "B T"], *, padding: Int[Tensor, "B"] | None = None, cache: Any = None
    ) -> Float[Tensor, "B T V"]:
        """Score the next token, as the model does; at once where the text went on as guessed."""
        if cache is None:
            return self.model(ids, padding=padding)
        if not isinstance(cache, SpeculativeCache) or cache.text is None:
            return self.model(ids, padding=padding, cache=getattr(cache, "kept", cache))
        new = ids[0].tolist()
        if len(new) == 1 and cache.goes_on_with(new[0]):
            self.tally.right += 1
            return cache.next_scores()
        cache.forget_guesses()
        room = cache.max_length - cache.length - len(new)
        guesses = list(self.draft([*cache.text, *new], min(self.most, room)))[:room] if room > 0 else []
        read = torch.cat([ids, ids.new_tensor([guesses])], dim=1) if guesses else ids
        logits = self.model(read, padding=padding, cache=cache.kept)
        cache.text += new
        cache.guesses, cache.scores = guesses, logits[:, len(new) :]
        self.tally.passes += 1
        self.tally.guessed += len(guesses)
        return logits[:, : len(new)]

    def new_cache(self, batch: int, max_length: int) -> "SpeculativeCache":
        """Make an empty cache around the model's own."""
        return SpeculativeCache(self.model.new_cache(batch, max_length), batch, max_length)


class SpeculativeCache:
    """What a model keeps of one text, the guesses that it has read beyond its end, and the scores after them.

    Attributes:
        kept: the model's own cache; it holds the text and the guesses.
        text: the ids so far; None once several texts share the cache, for which nothing is guessed.
        guesses: the ids that were read ahead and not asked for yet.
        scores: the scores after each guess, 1 × guesses × V.
        max_length: how many positions there is room for.
    """

    def __init__(self, kept: Any, batch: int, max_length: int) -> None:
        self.kept, self.max_length = kept, max_length
        self.text: list[int] | None = [] if batch == 1 else None
        self.guesses: list[int] = []
        self.scores: Tensor | None = None

    @property
    def length(self) -> int:
        """How many positions of the text are kept."""
        return self.kept.length if self.text is None else len(self.text)

    def goes_on_with(self, token: int) -> bool:
        """Whether the text's next token is the one that was guessed."""
        return bool(self.guesses) and self.guesses[0] == token

    def next_scores(self) -> Float[Tensor, "1 1 V"]:
        """Take the first guess into the text, and give the scores after it."""
        assert self.text is not None and self.scores is not None  # noqa: PT018 (both stand as long as a guess does)
        self.text.append(self.guesses.pop(0))
        scores, self.scores = self.scores[:, :1], self.scores[:, 1:]
        return scores

    def forget_guesses(self) -> None:
        """Take back what was read beyond the text's end."""
        if self.guesses:
            self.kept.rewind(self.length)
            self.guesses = []

    def rewind(self, length: int = 0) -> None:
        """Forget all but the first positions."""
        self.forget_guesses()
        self.kept.rewind(length)
        if self.text is not None:
            del self.text[length:]

    def reorder(self, rows: Int[Tensor, "B"]) -> None:
        """Let row b go on from row rows[b]; nothing is guessed for several texts side by side."""
        self.forget_guesses()
        self.kept.reorder(rows)
        if len(rows) > 1:
            self.text = None
