"""The exercises of lesson 21: read a tensor out of raw bytes, weigh a model, store a matrix in 8 bits."""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfm.kit.exercise import Exercise, Mistake
from tfm.lessons.two_files.quantise import quantise, restore

Array = NDArray[Any]
LENGTH = 8  # bytes that say how long the header is


def _file(**tensors: Array) -> bytes:
    """A safetensors file in memory."""
    header, numbers = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.astype("<f4").tobytes()
        places = [len(numbers), len(numbers) + len(raw)]
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": places}
        numbers += raw
    text = json.dumps(header).encode()
    return len(text).to_bytes(LENGTH, "little") + text + numbers


def _read(data: bytes, name: str, *, kind: str = "<f4", before: int = LENGTH, order: str = "C") -> Array:
    """Read a tensor; the arguments with names make the mistakes possible."""
    length = int.from_bytes(data[:LENGTH], "little")
    entry = json.loads(data[LENGTH : LENGTH + length])[name]
    first, end = (before + length + place for place in entry["data_offsets"])
    return np.frombuffer(data[first:end], kind).reshape(entry["shape"], order=order)  # type: ignore[call-overload,no-any-return]


def _two(seed: int) -> bytes:
    dice = np.random.default_rng(seed)
    return _file(first=dice.normal(size=(2, 4)), second=dice.normal(size=(3, 5)), third=dice.normal(size=6))


def _without_start(data: bytes, name: str) -> Array:
    """Forget that offsets count from the header's end."""
    padded = _read(data, name)
    length = int.from_bytes(data[:LENGTH], "little")
    entry = json.loads(data[LENGTH : LENGTH + length])[name]
    first, end = entry["data_offsets"]
    return np.frombuffer(data[first:end], "<f4").reshape(padded.shape)


tensor_from_file = Exercise(
    name="tensor_from_file",
    asks="return the float32 array called name: 8 bytes of length, the JSON, then the numbers from data_offsets",
    praise="three lines, and any model's weights are open to you",
    solution=_read,
    cases=[(_two(0), "second"), (_two(1), "first"), (_two(2), "third")],
    mistakes=[
        Mistake(
            "the offsets were counted from the start of the file",
            "Data_offsets begin behind the header: add 8 and its length",
            _without_start,
        ),
        Mistake(
            "the 8 bytes in front are forgotten",
            "The numbers begin at 8 + length",
            lambda data, name: _read(data, name, before=0),
        ),
        Mistake(
            "the bytes are in the wrong order",
            "The low byte comes first: read them as “<f4”",
            lambda data, name: _read(data, name, kind=">f4"),
        ),
        Mistake(
            "the bytes were read as whole numbers",
            "F32 is a float of 4 bytes, “<f4”",
            lambda data, name: _read(data, name, kind="<i4"),
        ),
        Mistake(
            "columns were filled first",
            "A row's numbers lie side by side: reshape without order",
            lambda data, name: _read(data, name, order="F"),
        ),
        Mistake(
            "the shape is missing",
            "Reshape to entry['shape']",
            lambda data, name: _read(data, name).ravel(),
        ),
    ],
)


def _gigabytes(parameters: float, bits: float) -> float:
    return parameters * bits / 8 / 1e9


model_gigabytes = Exercise(
    name="model_gigabytes",
    asks="return how many gigabytes (10⁹ bytes) a model's file has, from its parameters and the bits of each",
    praise="now every model's name tells you whether it fits on your disk",
    solution=_gigabytes,
    cases=[(70e9, 16), (8e9, 4), (607_360, 32)],
    mistakes=[
        Mistake("a byte has 8 bits", "Divide by 8", lambda n, bits: n * bits / 1e9),
        Mistake("these are bytes", "A gigabyte has 10⁹ of them", lambda n, bits: n * bits / 8),
        Mistake("these are megabytes", "Divide by 10⁹, not by 10⁶", lambda n, bits: n * bits / 8 / 1e6),
        Mistake(
            "these are gibibytes",
            "Files are sold and named by 10⁹ bytes: divide by 1e9, not by 2³⁰",
            lambda n, bits: n * bits / 8 / 2**30,
        ),
        Mistake("more bits made it smaller", "Multiply by the bits", lambda n, bits: n / bits * 8 / 1e9),
    ],
)


def _rounded(matrix: Array, bits: int) -> Array:
    return restore(*quantise(matrix, bits))


def _with_step(matrix: Array, bits: int, *, axis: int | None = 1, top: int = 1, cut: Any = np.rint) -> Array:
    steps = np.abs(matrix).max(axis=axis, keepdims=True) / (2 ** (bits - top) - 1)
    return np.asarray(cut(matrix / steps) * steps)


def _matrix(seed: int) -> Array:
    dice = np.random.default_rng(seed)
    return dice.normal(size=(3, 6)) * np.array([[1.0], [0.1], [5.0]])


rounded_matrix = Exercise(
    name="rounded_matrix",
    asks="return the matrix as it comes back from whole numbers of so many bits, with a step for each row",
    praise="a quarter of the bytes at 8 bits, and no weight moved by more than half a step",
    solution=_rounded,
    cases=[(_matrix(0), 8), (_matrix(1), 4), (_matrix(2), 3)],
    mistakes=[
        Mistake(
            "one step for the whole matrix",
            "Take the largest of each row, or rows of small weights become zeros",
            lambda m, bits: _with_step(m, bits, axis=None),
        ),
        Mistake(
            "a step for each column",
            "Take the largest along axis 1",
            lambda m, bits: _with_step(m, bits, axis=0),
        ),
        Mistake(
            "the sign has no bit",
            "One bit is for the sign: the largest code is 2^(bits − 1) − 1",
            lambda m, bits: _with_step(m, bits, top=0),
        ),
        Mistake(
            "the numbers were cut off, not rounded",
            "Take the nearest whole number",
            lambda m, bits: _with_step(m, bits, cut=np.trunc),
        ),
        Mistake(
            "the numbers were all rounded down",
            "Take the nearest whole number: rint, not floor",
            lambda m, bits: _with_step(m, bits, cut=np.floor),
        ),
        Mistake(
            "these are the codes",
            "Multiply them by their row's step again",
            lambda m, bits: quantise(m, bits)[0].astype(float),
        ),
    ],
)
