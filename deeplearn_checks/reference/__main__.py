"""`python -m deeplearn_checks.reference DIR` writes the pages into the folder that is named."""

from __future__ import annotations

import sys
from pathlib import Path

from deeplearn_checks.reference.pages import write

write(Path(sys.argv[1]))
