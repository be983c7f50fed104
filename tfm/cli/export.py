"""`tfm export`: a trained GPT as two files, its parameters and one page of NumPy that runs them."""

import argparse

from tfm.cli.output import place


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `tfm export` to the command line."""
    export = commands.add_parser(
        "export",
        help="write a trained GPT as two files, which run without PyTorch",
        description="Writes OUT/model.safetensors, all numbers, and OUT/run.py, all code: NumPy alone runs it.",
    )
    export.add_argument("folder", metavar="FOLDER", type=place, help="of a run of `tfm train`, or of a model")
    export.add_argument("out", metavar="OUT", type=place, help="folder to write the two files to")
    export.add_argument(
        "--dtype", default="float32", help="float32, or float16 for half the bytes (default: float32)"
    )
    export.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> int:
    from tfm.cli.example import command, example  # noqa: PLC0415
    from tfm.pretrained.export import export_model  # noqa: PLC0415 (torch takes seconds to import)
    from tfm.pretrained.folder import load_model  # noqa: PLC0415
    from tfm.train.checkpoint import model_folder  # noqa: PLC0415

    model, tokenizer = load_model(model_folder(args.folder))
    try:
        weights, run = export_model(model, tokenizer, args.out, args.dtype)
    except TypeError as error:  # a translator, or a tokenizer that the page does not know
        raise ValueError(str(error)) from None
    parameters = sum(parameter.numel() for parameter in model.parameters())
    print(f"{weights}: {parameters:,} parameters, {weights.stat().st_size:,} bytes")
    print(f"{run}: {len(run.read_text(encoding='utf-8').splitlines())} lines, NumPy only")
    print(f"Next: {command('python', run)} {example(tokenizer)}")
    print("and after the prompt, as you like: TOKENS TEMPERATURE SEED")
    return 0
