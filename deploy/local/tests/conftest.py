"""Puts the local stack's package on the path and gives each test a clone of its own in a temporary folder."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from altscore_local.layout import ROOT, Layout


@pytest.fixture
def clone(tmp_path: Path) -> Layout:
    """An empty clone with the real schemas."""
    (tmp_path / "schemas").symlink_to(ROOT / "schemas")
    layout = Layout(tmp_path)
    for folder in (layout.secrets, layout.run, layout.data, layout.logs):
        folder.mkdir(parents=True)
    return layout
