"""Puts the packages of deploy/ on the path, and skips what needs a program that is not there."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "local"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from altscore_helm.tools import TOOLS, cached


def _require(*names: str) -> None:
    missing = [f"{entry.name} {entry.version}" for entry in TOOLS if entry.name in names and cached(entry.name) is None]
    if missing:
        pytest.skip(f"not in the cache: {', '.join(missing)}; run `make check-charts`")


@pytest.fixture(scope="session")
def helm() -> None:
    """What renders the chart; `make check-charts` builds it."""
    _require("helm")


@pytest.fixture(scope="session")
def tools() -> None:
    """All pinned programs; `make check-charts` builds them."""
    _require(*(entry.name for entry in TOOLS))
