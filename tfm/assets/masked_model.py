"""Train the tiny encoder: BERT's architecture at 1/40 of all-MiniLM-L6-v2's size, on the Python manual.

The task is BERT's: a share of the tokens is hidden, and the model says which they were from what stands on
both sides. Of the hidden tokens 80 % become `[MASK]`, 10 % another token, 10 % stay. Source: Devlin et al.,
“BERT”, 2019, section 3.1. This file knows nothing of what is done with the encoder;
`tfm.pretrained.load_tiny_encoder` reads it.
"""

import hashlib
import json
import platform
import re
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from jaxtyping import Bool, Float, Int
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from tfm.data.manual import manual_text
from tfm.models.bert import BertConfig, BertEncoder
from tfm.nn.attention import fused
from tfm.nn.mask import padding_mask
from tfm.pretrained.encoder import PretrainedEncoder
from tfm.pretrained.huggingface import bert_to_huggingface, write_config
from tfm.text.wordpiece import SPECIAL, WordPiece, words

SEED = 0
VOCAB_SIZE = 2_000
LENGTH = 64  # tokens of a text, [CLS] and [SEP] among them; also the longest text the encoder reads
BATCH = 32
SHORTEST = 8  # tokens; less tells nothing
STEPS = 3_500
WARM_UP = 200
LEARNING_RATE = 2e-3
HIDDEN_SHARE = 0.2
HELD_OUT = 20  # every 20th text is kept for the validation loss


class MaskedModel(nn.Module):
    """An encoder with a guess on top: logits over the vocabulary for chosen positions.

    The output table is the token table itself, as in BERT.

    Args:
        encoder: ours.
    """

    def __init__(self, encoder: BertEncoder) -> None:
        super().__init__()
        self.encoder = encoder
        self.bias = nn.Parameter(torch.zeros(encoder.config.vocab_size))

    def forward(self, ids: Int[Tensor, "B T"], chosen: Bool[Tensor, "B T"]) -> Float[Tensor, "N V"]:
        """Guess the tokens at the chosen positions, of which there are N."""
        attends = [fused] * self.encoder.config.n_layers
        states = self.encoder(ids, padding_mask(ids, self.encoder.config.pad_id), attends)  # B T C
        return functional.linear(states[chosen], self.encoder.embedding.token.weight, self.bias)  # N V


def build_tiny_encoder(folder: Path, *, steps: int = STEPS) -> None:
    """Train the tiny encoder and write its four files.

    Args:
        folder: where model.safetensors, vocab.txt, config.json and training.json go.
        steps: of the optimiser.
    """
    started = time.monotonic()
    torch.set_num_threads(1)  # sums in one order, and so one result
    paragraphs = manual_paragraphs()
    tokenizer = WordPiece(learn_vocabulary(paragraphs))
    kept, held_out = split(paragraphs, tokenizer)
    model = MaskedModel(_fresh_encoder(tokenizer))
    train(model, kept, tokenizer, steps)
    record = {
        "corpus": "pydoc_data.topics",
        "corpus_sha256": hashlib.sha256("\n\n".join(paragraphs).encode()).hexdigest(),
        "corpus_tokens": sum(map(len, kept)),
        "validation_loss_nats": round(validation_loss(model, held_out, tokenizer), 4),
        "unigram_entropy_nats": round(unigram_entropy(held_out), 4),
        "seed": SEED,
        "steps": steps,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.safetensors").write_bytes(save(bert_to_huggingface(model.encoder)))
    write_config(model.encoder.config, folder / "config.json")
    (folder / "vocab.txt").write_text("\n".join(tokenizer.vocab) + "\n", encoding="utf-8")
    (folder / "training.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"{folder.name}: {json.dumps(record)}, {time.monotonic() - started:.0f} s")


def manual_paragraphs() -> list[str]:
    """The Python manual's paragraphs, headings' underlines left out."""
    text = re.sub(r"^\W*$", "", manual_text(), flags=re.MULTILINE)
    return [" ".join(part.split()) for part in re.split(r"\n{2,}", text) if part.strip()]


def learn_vocabulary(paragraphs: list[str]) -> list[str]:
    """Learn 2,000 pieces; the learning itself is the `tokenizers` library's."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers  # noqa: PLC0415 (a tool of the build)

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106 (not a password)
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    # The trainer numbers letters inside a word in an order that changes from run to run, and breaks ties by these
    # numbers. Given beforehand, as if they were special, they keep an order of their own.
    letters = {char for paragraph in paragraphs for word in words(paragraph) for char in word[1:]}
    fixed = [*SPECIAL, *(f"##{char}" for char in sorted(letters))]
    trainer = trainers.WordPieceTrainer(vocab_size=VOCAB_SIZE, special_tokens=fixed, show_progress=False)
    tokenizer.train_from_iterator(paragraphs, trainer)
    ids = tokenizer.get_vocab()
    return sorted(ids, key=ids.__getitem__)


def split(paragraphs: list[str], tokenizer: WordPiece) -> tuple[list[list[int]], list[list[int]]]:
    """Cut the paragraphs into texts of at most 64 ids, and hold every 20th text out.

    Args:
        paragraphs: text.
        tokenizer: cuts it into ids.

    Returns:
        The texts to train on and those held out, each from `[CLS]` to `[SEP]`.
    """
    texts = []
    for paragraph in paragraphs:
        ids = tokenizer.encode(paragraph)[1:-1]
        parts = [ids[start : start + LENGTH - 2] for start in range(0, len(ids), LENGTH - 2)]
        texts += [[tokenizer.cls_id, *part, tokenizer.sep_id] for part in parts if len(part) >= SHORTEST]
    return [text for i, text in enumerate(texts) if i % HELD_OUT], texts[::HELD_OUT]


def train(model: MaskedModel, texts: list[list[int]], tokenizer: WordPiece, steps: int) -> None:
    """Teach the model to fill in what is hidden."""
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=LEARNING_RATE, weight_decay=0.01, betas=(0.9, 0.98), fused=True
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / WARM_UP, (steps - step) / max(1, steps - WARM_UP))
    )
    generator = torch.Generator().manual_seed(SEED)
    model.train()
    for step, ids in zip(range(steps), _batches(texts, tokenizer.pad_id, generator), strict=False):
        hidden, chosen = hide(ids, tokenizer, generator)
        loss = functional.cross_entropy(model(hidden, chosen), ids[chosen])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 1_000 == 0:
            print(f"step {step:,} of {steps:,}: loss {loss.item():.2f}", flush=True)


def hide(
    ids: Int[Tensor, "B T"], tokenizer: WordPiece, generator: torch.Generator
) -> tuple[Int[Tensor, "B T"], Bool[Tensor, "B T"]]:
    """Hide a share of the tokens, special ones excepted; return what the model sees and which are hidden."""
    draw = torch.rand(ids.shape, generator=generator)
    chosen = (draw < HIDDEN_SHARE) & (ids >= len(SPECIAL))
    how = torch.rand(ids.shape, generator=generator)
    others = torch.randint(len(SPECIAL), len(tokenizer), ids.shape, generator=generator)
    seen = torch.where(chosen & (how < 0.8), tokenizer.mask_id, ids)
    return torch.where(chosen & (how >= 0.9), others, seen), chosen


@torch.no_grad()
def validation_loss(model: MaskedModel, texts: list[list[int]], tokenizer: WordPiece) -> float:
    """Mean cross-entropy in nats of the hidden tokens, in texts the model was not trained on."""
    model.eval()
    ids = _padded(texts, tokenizer.pad_id)
    hidden, chosen = hide(ids, tokenizer, torch.Generator().manual_seed(SEED))
    return functional.cross_entropy(model(hidden, chosen), ids[chosen]).item()


def unigram_entropy(texts: list[list[int]]) -> float:
    """Entropy in nats of the tokens' own frequencies: the best loss of a guess that reads no context."""
    counts = torch.bincount(torch.tensor([i for text in texts for i in text[1:-1]])).double()
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * shares.log()).sum())


def _fresh_encoder(tokenizer: WordPiece) -> BertEncoder:
    config = BertConfig(
        vocab_size=len(tokenizer),
        d_model=96,
        n_layers=3,
        n_heads=4,
        d_ff=384,
        max_positions=LENGTH,
        dropout=0.0,
        pad_id=tokenizer.pad_id,
    )
    with torch.device("meta"):
        shell = BertEncoder(config)
    return PretrainedEncoder("tiny", "fresh", tokenizer, shell).random_twin(SEED).model


def _batches(texts: list[list[int]], pad_id: int, generator: torch.Generator) -> Iterator[Int[Tensor, "B T"]]:
    while True:
        order = torch.randperm(len(texts), generator=generator).tolist()
        for start in range(0, len(order) - BATCH + 1, BATCH):
            yield _padded([texts[i] for i in order[start : start + BATCH]], pad_id)


def _padded(texts: list[list[int]], pad_id: int) -> Int[Tensor, "B T"]:
    width = max(map(len, texts))
    return torch.tensor([text + [pad_id] * (width - len(text)) for text in texts])
