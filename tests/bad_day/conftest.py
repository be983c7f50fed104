"""Let the tests of a bad day import their own tools and those of the notebooks: the tests are no package."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "notebooks")]
