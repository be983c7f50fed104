"""Configurations of GPTs whose sizes are published; counted on the meta device, they take no memory.

    with torch.device("meta"):
        parameters = sum(p.numel() for p in GPT(GPT3).parameters())

Sources: Radford et al., “Language Models are Unsupervised Multitask Learners”, 2019, table 2 (`GPT2`; the paper's
counts are too low, and the names here are those that its authors gave later); Brown et al., “Language Models are
Few-Shot Learners”, 2020, table 2.1 (`GPT3`); Grattafiori et al., “The Llama 3 Herd of Models”, 2024, table 3
(`LLAMA_3_8B`); nanoGPT's settings for tiny Shakespeare by the letter (`BABY_GPT`), which it counts as 10.65M by
leaving out the table of positions.
"""

from tfm.models.gpt_config import GPTConfig


def _gpt2(d_model: int, n_layers: int, n_heads: int, context: int = 1_024) -> GPTConfig:
    return GPTConfig(
        vocab_size=50_257,
        context=context,
        d_model=d_model,
        n_layers=n_layers,
        n_heads=n_heads,
        feed_forward="gelu_tanh",
    )


GPT2 = {
    "124M": _gpt2(768, 12, 12),
    "355M": _gpt2(1_024, 24, 16),
    "774M": _gpt2(1_280, 36, 20),
    "1.5B": _gpt2(1_600, 48, 25),
}
GPT3 = _gpt2(12_288, 96, 96, context=2_048)  # its sparse layers have the same weights as dense ones
LLAMA_3_8B = GPTConfig(
    vocab_size=128_256,
    context=8_192,
    d_model=4_096,
    n_layers=32,
    n_heads=32,
    n_kv_heads=8,
    d_ff=14_336,
    positions="rotary",
    norm="rms",
    feed_forward="swiglu",
    bias=False,
    tied=False,
    rotary_base=500_000.0,
)
BABY_GPT = GPTConfig(vocab_size=65, context=256, d_model=384, n_layers=6, n_heads=6, bias=False, dropout=0.2)
