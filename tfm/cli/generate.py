"""`tfm generate`: let a trained model write after a prompt, or translate one, token by token as it comes."""

import argparse
import sys
from typing import Any


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `tfm generate` to the command line."""
    parser = commands.add_parser(
        "generate",
        help="let a trained model write, or translate",
        description="Write after a prompt with a GPT, or translate a sentence with a Transformer.",
    )
    parser.add_argument("folder", metavar="FOLDER", help="a run of `tfm train`, or the folder of a model")
    parser.add_argument("prompt", metavar="PROMPT", nargs="?", help="a text; standard input when left out")
    parser.add_argument("--max-new", type=int, default=200, help="tokens to write at most (default: 200)")
    parser.add_argument("--temperature", type=float, default=0.8, help="0 takes the likeliest (default: 0.8)")
    parser.add_argument("--top-k", type=int, help="draw from the k likeliest")
    parser.add_argument("--top-p", type=float, help="draw from the likeliest that reach p together")
    parser.add_argument("--min-p", type=float, help="draw from those at least p times the likeliest")
    parser.add_argument("--repetition-penalty", type=float, default=1.0, help="above 1 repeats less")
    parser.add_argument("--seed", type=int, default=0, help="of the draws (default: 0)")
    parser.add_argument("--stop", action="append", default=[], help="end before this string; may be repeated")
    parser.add_argument(
        "--beams", type=int, help="search with so many texts (translating: 4) instead of drawing"
    )
    parser.add_argument("--length-penalty", type=float, default=1.0, help="of the search (default: 1)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.set_defaults(run=_generate)


def _generate(args: argparse.Namespace) -> int:
    from tfm.pretrained.folder import load_model  # noqa: PLC0415 (torch takes seconds to import)
    from tfm.train.checkpoint import model_folder  # noqa: PLC0415
    from tfm.train.device import pick_device  # noqa: PLC0415

    settings = _settings(args)  # what is wrong with them is said before a model is read
    model, tokenizer = load_model(model_folder(args.folder))
    prompt = sys.stdin.read() if args.prompt is None else args.prompt
    model.to(pick_device(args.device))
    if type(model).__name__ == "Transformer":
        print(translate(model, tokenizer, prompt.strip(), args.beams or 4, args.max_new, args.length_penalty))
    elif args.beams:
        print(prompt + _search(args, model, tokenizer, prompt))
    else:
        _write(args, settings, model, tokenizer, prompt)
    return 0


def _settings(args: argparse.Namespace) -> Any:
    from tfm.generate.sampling import Sampling  # noqa: PLC0415

    names = ("max_new", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed")
    return Sampling(**{name: getattr(args, name) for name in names})


def _write(args: argparse.Namespace, settings: Any, model: Any, tokenizer: Any, prompt: str) -> None:
    from tfm.generate.text import stream_text  # noqa: PLC0415

    tokenizer.encode(prompt)  # a character that the model does not know is said before anything is written
    print(prompt, end="", flush=True)
    for piece in stream_text(_quickest(model), tokenizer, prompt, settings, stop=args.stop):
        print(piece, end="", flush=True)
    print()


def _quickest(model: Any) -> Any:
    """On a CPU one text is written about twice as quickly by `Quick`, which reads what a GPT is built of."""
    from tfm.generate.fast import Quick  # noqa: PLC0415

    return Quick(model) if next(model.parameters()).device.type == "cpu" else model


def _search(args: argparse.Namespace, model: Any, tokenizer: Any, prompt: str) -> str:
    from tfm.generate.beam import Beam, beam_search  # noqa: PLC0415

    ids = tokenizer.encode(prompt)
    room = max(1, model.context - len(ids) + 1)
    beam = Beam(width=args.beams, max_new=min(args.max_new, room), length_penalty=args.length_penalty)
    return tokenizer.decode(beam_search(model, ids, beam)[0].ids)


def translate(
    model: Any, tokenizer: Any, sentence: str, width: int = 4, max_new: int = 200, length_penalty: float = 1.0
) -> str:
    """Translate a sentence by beam search, with a model and tokenizer of `tfm train --task translate`.

    Args:
        model: a `Transformer`.
        tokenizer: its BPE vocabulary, with marks for padding, start and end.
        sentence: a text, not empty.
        width: of the beam.
        max_new: tokens at most.
        length_penalty: of the search.

    Raises:
        ValueError: the sentence is empty, or the tokenizer has no marks.
    """
    import torch  # noqa: PLC0415

    from tfm.data.prepare import END, START  # noqa: PLC0415
    from tfm.generate.beam import Beam, beam_search  # noqa: PLC0415

    special = getattr(tokenizer, "special_tokens", {})
    if START not in special:
        raise ValueError(
            "this model's tokenizer has no marks for translating: train it by `tfm train … --task translate`"
        )
    if not sentence:
        raise ValueError("there is no sentence to translate: type one")
    ids = torch.tensor([tokenizer.encode_ordinary(sentence)], device=next(model.parameters()).device)
    room = min(max_new, model.config.context)
    beam = Beam(width=width, max_new=room, length_penalty=length_penalty, stop=(special[END],))
    best = beam_search(model.writer(ids), [special[START]], beam)[0].ids
    return tokenizer.decode([token for token in best if token not in special.values()])
