"""What pyproject.toml cannot say: a wheel carries the lessons, so that `tfm lessons` can hand them out.

In the repository they stay in `notebooks/`, once; an editable installation finds them there.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

LESSONS = Path("notebooks")
ENDINGS = {".ipynb", ".md"}


class BuildWithLessons(build_py):
    """Build the package, and lay the lessons beside it as `tfm/lessons`."""

    def run(self) -> None:
        """See `build_py.run`."""
        super().run()
        if self.editable_mode:
            return
        for source, target in self._lessons():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """See `build_py.get_outputs`."""
        return [*super().get_outputs(include_bytecode), *(str(target) for _, target in self._lessons())]

    def _lessons(self) -> list[tuple[Path, Path]]:
        home = Path(self.build_lib) / "tfm" / "lessons"
        files = [f for f in sorted(LESSONS.rglob("*")) if f.suffix in ENDINGS and not _hidden(f)]
        return [(file, home / file.relative_to(LESSONS)) for file in files]


def _hidden(file: Path) -> bool:
    return any(part.startswith(".") for part in file.parts)


setup(cmdclass={"build_py": BuildWithLessons})
