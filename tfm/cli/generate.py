"""`tfm generate`: let a trained model write after a prompt, or translate one, token by token as it comes."""

import argparse
import sys
from typing import Any

MAX_NEW = 200  # tokens that a GPT writes when nothing else is said
TEMPERATURE = 0.8
DRAWING = ("temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed", "stop")  # not searching


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `tfm generate` to the command line."""
    parser = commands.add_parser(
        "generate",
        help="let a trained model write, or translate",
        description="Write after a prompt with a GPT, or translate a sentence with a Transformer.",
    )
    parser.add_argument("folder", metavar="FOLDER", help="a run of `tfm train`, or the folder of a model")
    parser.add_argument("prompt", metavar="PROMPT", nargs="?", help="a text; standard input when left out")
    parser.add_argument(
        "--max-new",
        type=int,
        help="tokens to write at most (200; translating: ten more than twice the source's)",
    )
    parser.add_argument("--temperature", type=float, help=f"0 takes the likeliest (default: {TEMPERATURE})")
    parser.add_argument("--top-k", type=int, help="draw from the k likeliest")
    parser.add_argument("--top-p", type=float, help="draw from the likeliest that reach p together")
    parser.add_argument("--min-p", type=float, help="draw from those at least p times the likeliest")
    parser.add_argument("--repetition-penalty", type=float, help="above 1 repeats less (default: 1)")
    parser.add_argument("--seed", type=int, help="of the draws (default: 0)")
    parser.add_argument("--stop", action="append", help="end before this string; may be repeated")
    parser.add_argument(
        "--beams", type=int, help="search with so many texts (translating: 4) instead of drawing"
    )
    parser.add_argument("--length-penalty", type=float, help="of the search (default: 1; translating: 0.6)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps (default: auto)")
    parser.set_defaults(run=_generate)


def _generate(args: argparse.Namespace) -> int:
    from tfm.pretrained.folder import load_model  # noqa: PLC0415 (torch takes seconds to import)
    from tfm.text.door import Plain, clean  # noqa: PLC0415
    from tfm.train.checkpoint import model_folder  # noqa: PLC0415
    from tfm.train.device import pick_device  # noqa: PLC0415

    settings = _settings(args)  # what is wrong with them is said before a model is read
    model, tokenizer = load_model(model_folder(args.folder))
    translates = type(model).__name__ == "Transformer"
    _require_effect(args, translates)
    prompt = _standard_input() if args.prompt is None else clean(args.prompt)
    model.to(pick_device(args.device))
    if translates:
        print(_translate(args, model, tokenizer, prompt.strip()))
    elif args.beams is not None:
        print(prompt + _search(args, settings.max_new, model, Plain(tokenizer), prompt))
    else:
        _write(args, settings, model, Plain(tokenizer), prompt)
    return 0


def _standard_input() -> str:
    """All of standard input, read as a file is; only a stand-in for it holds text and no bytes."""
    from tfm.text.door import clean, read_bytes  # noqa: PLC0415

    stream = getattr(sys.stdin, "buffer", None)
    return clean(sys.stdin.read()) if stream is None else read_bytes(stream.read(), "standard input")


def _settings(args: argparse.Namespace) -> Any:
    from tfm.generate.beam import Beam  # noqa: PLC0415
    from tfm.generate.sampling import Sampling  # noqa: PLC0415

    if args.beams is not None or args.length_penalty is not None:
        Beam(**_given(args, width="beams", length_penalty="length_penalty"))
    drawing = {name: name for name in DRAWING if name != "stop"}
    return Sampling(
        **{"max_new": MAX_NEW, "temperature": TEMPERATURE} | _given(args, max_new="max_new", **drawing)
    )


def _given(args: argparse.Namespace, **fields: str) -> dict[str, Any]:
    """The flags that were given, by the names of a configuration's fields."""
    return {field: value for field, flag in fields.items() if (value := getattr(args, flag)) is not None}


def _require_effect(args: argparse.Namespace, translates: bool) -> None:
    """Refuse a flag that would change nothing, since a search draws nothing and drawing searches for nothing."""
    idle: tuple[str, ...]
    if translates or args.beams is not None:
        idle, why = (
            DRAWING,
            "translating searches for the likeliest text" if translates else "--beams searches",
        )
        cure = "leave it out" if translates else "leave one of the two out"
    else:
        idle, why, cure = ("length_penalty",), "without --beams nothing is searched for", "add --beams 4"
    for name in idle:
        if getattr(args, name) is not None:
            raise ValueError(f"{why}, and --{name.replace('_', '-')} has no effect there: {cure}")


def _write(args: argparse.Namespace, settings: Any, model: Any, tokenizer: Any, prompt: str) -> None:
    from tfm.generate.text import stream_text  # noqa: PLC0415

    pieces = stream_text(_quickest(model), tokenizer, prompt, settings, stop=args.stop or ())
    print(prompt, end="", flush=True)
    for piece in pieces:
        print(piece, end="", flush=True)
    print()


def _quickest(model: Any) -> Any:
    """On a CPU one text is written more quickly by `Quick`, and what repeats itself more quickly still."""
    from tfm.generate.drafts import LookBack  # noqa: PLC0415
    from tfm.generate.fast import Quick  # noqa: PLC0415
    from tfm.generate.speculative import Speculative  # noqa: PLC0415

    if next(model.parameters()).device.type != "cpu":
        return model
    return Speculative(Quick(model), LookBack(shortest=8))


def _translate(args: argparse.Namespace, model: Any, tokenizer: Any, sentence: str) -> str:
    from tfm.cli.translate import translate  # noqa: PLC0415
    from tfm.text.door import Plain  # noqa: PLC0415

    chosen = _given(args, beam="beams", length_penalty="length_penalty", max_new="max_new")
    return translate(model, tokenizer, [Plain(tokenizer).encode(sentence)], **chosen)[0]


def _search(args: argparse.Namespace, max_new: int, model: Any, tokenizer: Any, prompt: str) -> str:
    from tfm.generate.beam import Beam, beam_search  # noqa: PLC0415

    ids = tokenizer.encode(prompt)
    room = max(1, model.context - len(ids) + 1)
    chosen = _given(args, width="beams", length_penalty="length_penalty")
    beam = Beam(max_new=min(max_new, room), **chosen)
    return tokenizer.decode(beam_search(model, ids, beam)[0].ids)
