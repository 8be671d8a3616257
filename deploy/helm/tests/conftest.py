"""Puts the packages of deploy/ on the path, and skips what needs a program that is not there."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "local"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from altscore_helm.tools import TOOLS, cached


@pytest.fixture(scope="session")
def tools() -> None:
    """The pinned programs; `make check-charts` builds them."""
    missing = [f"{entry.name} {entry.version}" for entry in TOOLS if cached(entry.name) is None]
    if missing:
        pytest.skip(f"not in the cache: {', '.join(missing)}; run `make check-charts`")
