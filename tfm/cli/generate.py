"""`tfm generate`: let a trained model write after a prompt, or translate one, token by token as it comes."""

import argparse
import sys

from tfm.cli.output import place

FLAGS = (
    "max_new", "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "seed", "stop", "beams",
    "length_penalty",
)  # fmt: skip


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `tfm generate` to the command line."""
    parser = commands.add_parser(
        "generate",
        help="let a trained model write, or translate",
        description="Write after a prompt with a GPT, or translate a sentence with a Transformer.",
    )
    parser.add_argument(
        "folder", metavar="FOLDER", type=place, help="a run of `tfm train`, or the folder of a model"
    )
    parser.add_argument("prompt", metavar="PROMPT", nargs="?", help="a text; standard input when left out")
    parser.add_argument(
        "--max-new",
        type=int,
        help="tokens to write at most (200; translating: ten more than twice the source's)",
    )
    parser.add_argument("--temperature", type=float, help="0 takes the likeliest (default: 0.8)")
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
    from tfm.generate.beam import Beam  # noqa: PLC0415 (torch takes seconds to import)
    from tfm.pretrained.folder import load_model  # noqa: PLC0415
    from tfm.tasks import TASKS  # noqa: PLC0415
    from tfm.tasks.language import drawing  # noqa: PLC0415
    from tfm.tasks.task import chosen  # noqa: PLC0415
    from tfm.text.door import clean  # noqa: PLC0415
    from tfm.train.checkpoint import model_folder  # noqa: PLC0415
    from tfm.train.device import pick_device  # noqa: PLC0415

    told = {name: value for name in FLAGS if (value := getattr(args, name)) is not None}
    drawing(told)  # what is wrong with a number is said before a model is read
    if "beams" in told or "length_penalty" in told:
        Beam(**chosen(told, width="beams", length_penalty="length_penalty"))
    model, tokenizer = load_model(model_folder(args.folder))
    task = next(task for task in TASKS.values() if isinstance(model, task.model))
    task.require_effect(told)  # before anybody has typed a prompt
    model.to(pick_device(args.device))
    prompt = _standard_input() if args.prompt is None else clean(args.prompt)
    for piece in task.sample(model, tokenizer, prompt, told):
        print(piece, end="", flush=True)
    print()
    return 0


def _standard_input() -> str:
    """All of standard input, read as a file is; only a stand-in for it holds text and no bytes."""
    from tfm.text.door import clean, read_bytes  # noqa: PLC0415

    stream = getattr(sys.stdin, "buffer", None)
    return clean(sys.stdin.read()) if stream is None else read_bytes(stream.read(), "standard input")
