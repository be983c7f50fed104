"""Where the data of a run lie: in a prepared folder, in the run's own, or, to plan a run, for a moment elsewhere.

What a run prepares for itself is in its place only when everything else is checked: a command that is refused
leaves the folder as it was.
"""

import contextlib
import gc
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tfm.cli.train_record import DATA
from tfm.data.prepare import TOKENIZER_FILE, prepare
from tfm.tasks.run import Run
from tfm.train.parallel import Processes
from tfm.whole_files import NEW, replace_folder


def is_prepared(folder: Path) -> bool:
    """Whether a folder is one of `tfm data prepare`."""
    return (folder / TOKENIZER_FILE).is_file()


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
