"""A pre-trained encoder to look into: tokens, queries, keys, values, weights, hidden states of any sentence.

Every experiment is another core of attention, passed for one call: a temperature, the scale left out, a head
switched off. No module is changed, so two threads may trace at once. This file knows nothing of files or
drawing.
"""

import math
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from numpy.typing import NDArray
from torch import Tensor, nn

from tfm.models.bert import BertEncoder
from tfm.nn.attention import Recorded, fused, scaled_dot_product
from tfm.nn.mask import causal_mask, padding_mask
from tfm.text.wordpiece import WordPiece

MASKS = ("none", "causal", "padding", "both")
EMBED_TOKENS = 256  # sentence-transformers' limit for all-MiniLM-L6-v2
INIT_STD = 0.02  # Devlin et al.'s initial weights


@dataclass(frozen=True, kw_only=True, slots=True)
class EncoderTrace:
    """All that an encoder computed for one sentence, as NumPy arrays in float32.

    Attributes:
        tokens: the T tokens, `[CLS]`, `[SEP]` and added `[PAD]`s among them.
        query, key, value: L × H × T × D, for each of the L layers.
        scores: query · key, not scaled and not masked, L × H × T × S.
        weights: the attention, L × H × T × S; each row sums to 1.
        hidden: the hidden states, (L + 1) × T × C: the embedding's, then each layer's.
        mask: True where a query could look, T × S; None when all could look at all.
    """

    tokens: list[str]
    query: NDArray[Any]
    key: NDArray[Any]
    value: NDArray[Any]
    scores: NDArray[Any]
    weights: NDArray[Any]
    hidden: NDArray[Any]
    mask: NDArray[Any] | None


class PretrainedEncoder:
    """A tokenizer and an encoder that belong together.

    Attributes:
        name: what people call the model.
        source: where its weights came from, in words.
        tokenizer: text to ids.
        model: ids to hidden states, in evaluation mode; treat it as read-only.
        n_layers, n_heads, d_head: L, H and D.
        max_tokens: the longest text, in tokens.

    Args:
        name: as above.
        source: as above.
        tokenizer: as above.
        model: as above; it must have a row for each of the tokenizer's pieces.

    Raises:
        ValueError: tokenizer and model have different vocabularies.
    """

    def __init__(self, name: str, source: str, tokenizer: WordPiece, model: BertEncoder) -> None:
        if len(tokenizer) != model.config.vocab_size:
            raise ValueError(
                f"the tokenizer knows {len(tokenizer)} pieces and the model {model.config.vocab_size}: "
                "take vocab.txt and config.json from one model"
            )
        self.name, self.source, self.tokenizer, self.model = name, source, tokenizer, model.eval()
        self.n_layers, self.n_heads = model.config.n_layers, model.config.n_heads
        self.d_head, self.max_tokens = model.config.d_head, model.config.max_positions

    def trace(
        self,
        text: str,
        *,
        temperature: float = 1.0,
        scaled: bool = True,
        mask: str = "none",
        pads: int = 0,
        ablated: Collection[tuple[int, int]] = frozenset(),
    ) -> EncoderTrace:
        """Read a sentence and keep everything.

        Args:
            text: the sentence.
            temperature: τ > 0 by which the scores of every layer are divided.
            scaled: whether the scores are divided by √D too, as they were in training.
            mask: who may look where: `none` (all at all), `causal` (nobody at later tokens), `padding`
                (nobody at `[PAD]`), or `both`.
            pads: how many `[PAD]`s to append.
            ablated: (layer, head) pairs, counted from 0, whose output is replaced by zeros.

        Returns:
            An `EncoderTrace`.

        Raises:
            ValueError: the text is empty or too long, or a setting is out of range.
        """
        self._require_settings(temperature, mask, pads, ablated)
        ids = self._ids(text, pads)  # B T, B = 1
        allowed = _mask(mask, ids, self.tokenizer.pad_id)
        scale = (1 / math.sqrt(self.d_head) if scaled else 1.0) / temperature
        cores = [
            Recorded(partial(_silenced, heads=frozenset(h for i, h in ablated if i == layer), scale=scale))
            for layer in range(self.n_layers)
        ]
        with torch.inference_mode():
            hidden = self.model.hidden_states(ids, mask=allowed, attends=cores)
        query, key = _stack([c.query for c in cores]), _stack([c.key for c in cores])
        n = ids.shape[1]
        return EncoderTrace(
            tokens=[self.tokenizer.vocab[i] for i in ids[0].tolist()],
            query=query,
            key=key,
            value=_stack([c.value for c in cores]),
            scores=query @ key.swapaxes(-1, -2),  # L H T S
            weights=_stack([c.weights for c in cores]),
            hidden=_stack(hidden),
            mask=None if allowed is None else allowed.expand(1, 1, n, n)[0, 0].numpy(),
        )

    def embed(self, texts: Sequence[str], batch_size: int = 32) -> NDArray[Any]:
        """Turn each text into one vector of length 1: the mean of its tokens' last hidden states.

        As sentence-transformers does for all-MiniLM-L6-v2: tokens after the 256th are left out.

        Args:
            texts: N texts.
            batch_size: how many are read at once.

        Returns:
            N × C, float32; the dot product of two rows is their cosine similarity.
        """
        vectors = [np.zeros((0, self.model.config.d_model), np.float32)]
        for start in range(0, len(texts), batch_size):
            rows = [self._shortened(text) for text in texts[start : start + batch_size]]
            ids = torch.full((len(rows), max(map(len, rows))), self.tokenizer.pad_id)  # B T
            real = torch.zeros_like(ids, dtype=torch.bool)  # B T
            for i, row in enumerate(rows):
                ids[i, : len(row)], real[i, : len(row)] = torch.tensor(row), True
            with torch.inference_mode():
                states = self.model(ids, mask=real[:, None, None], attends=[fused] * self.n_layers)  # B T C
                mean = (states * real[..., None]).sum(1) / real.sum(1, keepdim=True)  # B C
                vectors.append(nn.functional.normalize(mean, dim=-1).numpy())
        return np.concatenate(vectors)

    def random_twin(self, seed: int = 0) -> "PretrainedEncoder":
        """The same architecture and tokenizer with fresh random weights: what training has not touched.

        Args:
            seed: of a generator of its own; PyTorch's global one is left alone.

        Returns:
            An encoder initialised as BERT was: normal with standard deviation 0.02, norms 1, biases 0.

        Source: Devlin et al., `modeling.py`, `initializer_range`.
        """
        generator = torch.Generator().manual_seed(seed)
        with torch.device("meta"):
            twin = BertEncoder(self.model.config)
        twin = twin.to_empty(device="cpu")
        for name, weight in twin.state_dict().items():
            if name.endswith("bias"):
                weight.zero_()
            elif "norm" in name:
                weight.fill_(1.0)
            else:
                weight.normal_(std=INIT_STD, generator=generator)
        return PretrainedEncoder(f"{self.name}, untrained", f"random, seed {seed}", self.tokenizer, twin)

    def _ids(self, text: str, pads: int) -> Int[Tensor, "1 T"]:
        ids = self.tokenizer.encode(text)
        if len(ids) == 2:  # [CLS] and [SEP] alone
            raise ValueError("type a sentence first: there is nothing to read in an empty text")
        ids += [self.tokenizer.pad_id] * pads
        if (over := len(ids) - self.max_tokens) > 0:
            raise ValueError(
                f"the text has {len(ids)} tokens and this encoder reads at most {self.max_tokens}: "
                f"shorten it by {over} token{'s' * (over > 1)}"
            )
        return torch.tensor([ids])

    def _shortened(self, text: str) -> list[int]:
        ids = self.tokenizer.encode(text)
        limit = min(EMBED_TOKENS, self.max_tokens)
        return ids if len(ids) <= limit else [*ids[: limit - 1], self.tokenizer.sep_id]

    def _require_settings(
        self, temperature: float, mask: str, pads: int, ablated: Collection[tuple[int, int]]
    ) -> None:
        if not (temperature > 0 and math.isfinite(temperature)):
            raise ValueError(f"temperature must be above 0, and it is {temperature}: try 1.0")
        if mask not in MASKS:
            raise ValueError(f"no mask is called {mask!r}: choose one of {', '.join(MASKS)}")
        if pads < 0:
            raise ValueError(f"pads must be 0 or more, and it is {pads}: count the [PAD]s to append")
        for layer, head in ablated:
            if not (0 <= layer < self.n_layers and 0 <= head < self.n_heads):
                raise ValueError(
                    f"there is no head {head} in a layer {layer}: layers go from 0 to {self.n_layers - 1}, "
                    f"heads from 0 to {self.n_heads - 1}"
                )


def _silenced(
    query: Float[Tensor, "B H T D"],
    key: Float[Tensor, "B H S D"],
    value: Float[Tensor, "B H S D"],
    mask: Bool[Tensor, "#B #H #T #S"] | None = None,
    *,
    heads: AbstractSet[int],
    scale: float,
) -> tuple[Float[Tensor, "B H T D"], Float[Tensor, "B H T S"]]:
    """Attention whose `heads` look as ever and say nothing."""
    output, weights = scaled_dot_product(query, key, value, mask, scale=scale)
    for head in heads:
        output[:, head] = 0
    return output, weights


def _mask(name: str, ids: Int[Tensor, "1 T"], pad_id: int) -> Bool[Tensor, "1 1 #T T"] | None:
    if name == "none":
        return None
    causal = causal_mask(ids.shape[1]) if name != "padding" else None
    padding = padding_mask(ids, pad_id) if name != "causal" else None
    if causal is not None and padding is not None:
        return causal & padding
    return causal if causal is not None else padding


def _stack(tensors: Sequence[Tensor | None]) -> NDArray[Any]:
    """Stack tensors of a batch of one: n × …, float32."""
    return np.stack([t[0].numpy() for t in tensors if t is not None])
