"""Puts the packages of deploy/ on the path."""

import sys
from pathlib import Path

DEPLOY = Path(__file__).resolve().parents[2]
for name in ("local", "compose", "helm", "cluster"):
    sys.path.insert(0, str(DEPLOY / name))
