"""Where the data of a run lie: in a prepared folder, in the run's own, or, to plan a run, for a moment elsewhere.

What a run prepares for itself is in its place only when everything else is checked: a command that is refused
leaves the folder as it was.
"""

import contextlib
import gc
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from tfm.cli.train_record import DATA, RUN_FILE
from tfm.data.manifest import is_of_prepare
from tfm.data.prepare import TOKENIZER_FILE, prepare
from tfm.json_files import read_json
from tfm.tasks.run import Run
from tfm.train.parallel import Processes
from tfm.train.run_folder import BEST, folders
from tfm.whole_files import NEW, replace_folder


def is_prepared(folder: Path) -> bool:
    """Whether a folder is one of `tfm data prepare`."""
    return (folder / TOKENIZER_FILE).is_file()


def require_free(out: Path, names: Iterable[str]) -> None:
    """Make sure that a run that starts removes nothing that is not a run's own.

    A run that was killed before it saved anything has left its data, then `run.json`, then all the rest.

    Args:
        out: folder of the run.
        names: of what else a run writes there.

    Raises:
        OSError: something lies where the run would write.
    """
    found = [] if _is_record(out / RUN_FILE) else [out / name for name in (RUN_FILE, *names)]
    found = [path for path in (*found, *(folders(out, BEST) if found else [])) if os.path.lexists(path)]
    own = out / DATA
    if os.path.lexists(own) and (own.is_symlink() or not is_of_prepare(own)):
        found.append(own)
    if found:
        raise FileExistsError(f"{found[0]} is none of a run's, and would be lost: name another --out")


def _is_record(path: Path) -> bool:
    try:
        return {"task", "values"} <= read_json(path, "the record of a run").keys()
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def prepared_elsewhere(given: str, config: Run) -> Iterator[Path]:
    """Prepare data in a folder that is gone again afterwards, in each process for itself."""
    with tempfile.TemporaryDirectory(prefix="tfm-plan-", ignore_cleanup_errors=True) as spare:
        _prepare(given, Path(spare), config)
        yield Path(spare)
        gc.collect()  # files that are read in place are in use until then


@contextlib.contextmanager
def prepared_beside(given: str, config: Run, out: Path, processes: Processes) -> Iterator[Path]:
    """Prepare data in a run's folder, and put them in their place when what stands below ended well."""
    new = out / f"{DATA}{NEW}"
    try:
        if processes.first:
            shutil.rmtree(new, ignore_errors=True)
            _prepare(given, new, config)
        processes.wait()
        yield new
        gc.collect()
        processes.wait()
        if processes.first:
            replace_folder(new, out / DATA)
        processes.wait()
    finally:
        if processes.first:
            shutil.rmtree(new, ignore_errors=True)


def _prepare(given: str, folder: Path, config: Run) -> None:
    prepare(given, folder, tokenizer=config.options.tokenizer, vocab_size=config.options.vocabulary)
