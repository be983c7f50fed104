"""`python -m tfm.cli` is `tfm`."""

import sys

from tfm.cli import main

sys.exit(main())
