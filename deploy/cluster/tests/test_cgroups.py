"""The cluster's groups are removed from the leaves up, whatever else goes meanwhile."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from altscore_cluster import cgroups


def test_a_subtree_is_removed_from_its_leaves_up(tmp_path: Path) -> None:
    folder = tmp_path / "altscore-cluster"
    (folder / "kubepods" / "burstable" / "pod1").mkdir(parents=True)
    assert cgroups.remove([folder, tmp_path / "never made"]) == []
    assert not folder.exists()


def test_a_group_that_goes_while_it_is_listed_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, listed = tmp_path / "altscore-cluster", os.scandir
    (folder / "kubepods" / "pod1").mkdir(parents=True)

    def gone_meanwhile(path: str | Path) -> Iterator[os.DirEntry[str]]:
        if str(path).endswith("pod1") and os.path.isdir(path):
            os.rmdir(path)
        return listed(path)

    monkeypatch.setattr(os, "scandir", gone_meanwhile)
    assert cgroups.remove([folder]) == []
    assert not folder.exists()
