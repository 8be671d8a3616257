"""Puts the local stack's package on the path and gives each test a clone of its own in a temporary folder."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from altscore_local.layout import ROOT, Layout
from altscore_local.pki import ensure_pki
from altscore_local.process import is_frozen
from altscore_local.services import Stores


@pytest.fixture
def clone(tmp_path: Path) -> Layout:
    """An empty clone with the real schemas."""
    (tmp_path / "schemas").symlink_to(ROOT / "schemas")
    layout = Layout(tmp_path)
    for folder in (layout.secrets, layout.run, layout.data, layout.logs):
        folder.mkdir(parents=True)
    return layout


@pytest.fixture
def freeze() -> Callable[[Iterable[int]], None]:
    """Stops processes by SIGSTOP and waits until the kernel has: on a busy machine that is not at once."""

    def stop_all(pids: Iterable[int]) -> None:
        pids = tuple(pids)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        end = time.monotonic() + 30
        while not all(is_frozen(pid) for pid in pids):
            assert time.monotonic() < end, "not frozen"
            time.sleep(0.01)

    return stop_all


@pytest.fixture
def stores(clone: Layout) -> Stores:
    """Handles of the stores of an empty clone, with its certificates."""
    ensure_pki(clone)
    return Stores.of(clone)
