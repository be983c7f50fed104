"""The second file of a large model, all the code that runs the first: python run.py "ROMEO:" 200 0.8 42."""
# ruff: noqa: ANN001, ANN201, ANN204, B905, D101, D102, D103, RUF007 (one page, for lesson 21 to explain)
# mypy: ignore-errors

import json
import math
import re
import sys

import numpy as np

BENDS = {
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "gelu_tanh": lambda x: x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))) / 2,
    "relu": lambda x: np.maximum(x, 0),
    "squared_relu": lambda x: np.maximum(x, 0) ** 2,
    "swiglu": lambda x: x / (1 + np.exp(-x)),
}


def load(path):  # 8 bytes say how long the JSON is, the JSON says where each tensor lies, the rest is numbers
    data = np.fromfile(path, np.uint8).tobytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header, tensors = json.loads(data[8:start]), {}
    about = json.loads(header.pop("__metadata__")["about"])
    for name, entry in header.items():
        first, end = (start + place for place in entry["data_offsets"])
        numbers = np.frombuffer(data[first:end], {"F32": "<f4", "F16": "<f2"}[entry["dtype"]])
        tensors[name] = numbers.astype(np.float32).reshape(entry["shape"])
    return Model(tensors, about["config"]), list(map(bytes.fromhex, about["pieces"])), about["pattern"]


def encode(text, pieces, pattern):  # join the two parts that make the earliest piece, again and again
    rank = {piece: i for i, piece in enumerate(pieces)}
    for word in (found.encode() for found in re.findall(pattern, text)):
        parts = [word] if word in rank else [bytes([byte]) for byte in word]
        while pairs := [(rank[a + b], i) for i, (a, b) in enumerate(zip(parts, parts[1:])) if a + b in rank]:
            i = min(pairs)[1]
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        yield from (rank[part] for part in parts)


def softmax(x):
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


class Model:
    def __init__(self, tensors, config):
        self.w, self.c = tensors, config

    def __call__(self, ids):  # T ids in, V scores of the next token out
        x = self.w["tokens.weight"][ids]  # T C
        x = x + self.w["positions.weight"][: len(x)] if self.c["positions"] == "learned" else x
        for at in (f"layers.{i}." for i in range(self.c["n_layers"])):
            x = x + self.attention(self.norm(x, at + "attention_residual.norm"), at + "attention.")
            x = x + self.feed_forward(self.norm(x, at + "feed_forward_residual.norm"), at + "feed_forward.")
        return self.w.get("scores.weight", self.w["tokens.weight"]) @ self.norm(x[-1], "norm")

    def linear(self, x, name):
        return x @ self.w[name + ".weight"].T + self.w.get(name + ".bias", 0)

    def norm(self, x, name):  # a LayerNorm has a bias and takes the mean off, an RMSNorm does neither
        x = x - x.mean(-1, keepdims=True) if name + ".bias" in self.w else x
        x = x / np.sqrt((x * x).mean(-1, keepdims=True) + self.c["norm_eps"])
        return x * self.w[name + ".weight"] + self.w.get(name + ".bias", 0)

    def attention(self, x, name):
        T, H, D = len(x), self.c["n_heads"], self.c["d_model"] // self.c["n_heads"]
        q, k, v = (self.linear(x, name + part).reshape(T, -1, D) for part in ("query", "key", "value"))
        if self.c["qk_norm"]:
            q, k = self.norm(q, name + "attend.query_norm"), self.norm(k, name + "attend.key_norm")
        if self.c["positions"] == "rotary":  # two features are a complex number, and it turns with its place
            turns = np.exp(1j * np.outer(np.arange(T), self.c["rotary_base"] ** (-np.arange(0, D, 2) / D)))
            q, k = ((p.view("c8") * turns[:, None]).astype("c8").view("f4") for p in (q, k))
        q, k, v = (p.repeat(H // p.shape[1], axis=1).swapaxes(0, 1) for p in (q, k, v))  # H T D
        scores = np.where(np.tri(T, dtype=bool), q @ k.swapaxes(1, 2) / math.sqrt(D), -np.inf)  # H T T
        return self.linear((softmax(scores) @ v).swapaxes(0, 1).reshape(T, -1), name + "output")

    def feed_forward(self, x, name):
        bend, up = BENDS[self.c["feed_forward"]], self.linear(x, name + "up")
        hidden = bend(self.linear(x, name + "gate")) * up if name + "gate.weight" in self.w else bend(up)
        return self.linear(hidden, name + "down")


def write(model, ids, n, temperature, seed):
    ids, chance, stride = list(ids), np.random.default_rng(seed), max(1, model.c["context"] // 4)
    for _ in range(n):
        first = max(0, -((model.c["context"] - len(ids)) // stride)) * stride  # a full window drops a quarter
        scores = model(ids[first:]).astype(np.float64)
        chances = softmax(scores / temperature).cumsum() if temperature else scores >= scores.max()
        ids.append(int(np.argmax(chances > chance.random()) if temperature else np.argmax(chances)))
        yield ids[-1]


if __name__ == "__main__":
    model, pieces, pattern = load(re.sub(r"[^/\\]*$", "model.safetensors", __file__, count=1))
    prompt, n, temperature, seed = sys.argv[1:] + ["ROMEO:", "200", "0", "0"][len(sys.argv) - 1 :]
    ids = write(model, encode(prompt, pieces, pattern), int(n), float(temperature), int(seed))
    print(prompt + b"".join(pieces[i] for i in ids).decode(errors="replace"))
