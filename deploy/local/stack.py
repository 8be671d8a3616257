#!/usr/bin/env python3
"""The local stack: `python3 deploy/local/stack.py --help`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from altscore_local.cli import main  # the path above makes it importable

if __name__ == "__main__":
    sys.exit(main())
