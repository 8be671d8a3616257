"""A subtree of cgroups (versions 1 and 2) below the caller's own, so that the machine's limits hold in it too."""

import contextlib
import os
import subprocess
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
SUBTREE = "altscore-cluster"
REMOVAL_TIMEOUT_S = 20.0


def hierarchies(table: str) -> list[tuple[str, str]]:
    """Controllers ("" for version 2) and path of every line of /proc/self/cgroup."""
    lines = [line.split(":", 2) for line in table.splitlines() if line]
    return [(controllers, path) for _, controllers, path in lines]


def mounted_at(controllers: str) -> Path:
    """Where a hierarchy is mounted on the machine."""
    if controllers:
        return ROOT / controllers.removeprefix("name=")
    unified = ROOT / "unified"
    return unified if unified.is_dir() else ROOT


def enter() -> list[Path]:
    """Makes the subtree in every hierarchy and moves this process into it; returns the folders."""
    folders = []
    for controllers, path in hierarchies(Path("/proc/self/cgroup").read_text()):
        parent = mounted_at(controllers) / path.lstrip("/")
        if not parent.is_dir():
            continue
        folder = parent / SUBTREE
        folder.mkdir(exist_ok=True)
        if "cpuset" in controllers.split(","):
            for name in ("cpuset.cpus", "cpuset.mems"):
                (folder / name).write_text((parent / name).read_text())
            (folder / "cgroup.clone_children").write_text("1")
        (folder / "cgroup.procs").write_text(str(os.getpid()))
        folders.append(folder)
    return folders


def mount_own() -> None:
    """Inside the new cgroup namespace: what this process sees as the root of each hierarchy is mounted as such."""
    lines = hierarchies(Path("/proc/self/cgroup").read_text())
    subprocess.run(["umount", "--recursive", str(ROOT)], check=True)
    versions_1 = [controllers for controllers, _ in lines if controllers]
    if not [name for name in versions_1 if not name.startswith("name=")]:
        _mount("cgroup2", ROOT)
        _enable_controllers()
        return
    _mount("tmpfs", ROOT, "mode=755")
    for controllers in versions_1:
        target = ROOT / controllers.removeprefix("name=")
        target.mkdir()
        _mount("cgroup", target, f"none,{controllers}" if controllers.startswith("name=") else controllers)
        if is_shared_with_pods(controllers):
            set_apart(target)


def is_shared_with_pods(controllers: str) -> bool:
    """Whether a hierarchy of version 1 shares out processors or memory; the kubelet wants one place in both."""
    return not {"cpu", "memory"}.isdisjoint(controllers.split(","))


def set_apart(hierarchy: Path) -> None:
    """Puts this process, and so every part of the control plane, into a group beside that of all pods.

    In a group that holds others too, each thread weighs half as much as all pods together: a busy control plane would
    leave the pods nothing.
    """
    own = hierarchy / "own"
    own.mkdir(exist_ok=True)
    (own / "cgroup.procs").write_text(str(os.getpid()))


def _mount(kind: str, target: Path, options: str = "rw") -> None:
    subprocess.run(["mount", "-t", kind, "-o", options, kind, str(target)], check=True)


def _enable_controllers() -> None:
    """Version 2 lets only a group without processes of its own hand controllers down."""
    own = ROOT / "own"
    own.mkdir(exist_ok=True)
    for pid in (ROOT / "cgroup.procs").read_text().split():
        with contextlib.suppress(OSError):
            (own / "cgroup.procs").write_text(pid)
    for name in (ROOT / "cgroup.controllers").read_text().split():
        with contextlib.suppress(OSError):
            (ROOT / "cgroup.subtree_control").write_text(f"+{name}")


def remove(folders: list[Path]) -> list[Path]:
    """Removes the subtrees once their processes are gone; returns those that are still there."""
    end = time.monotonic() + REMOVAL_TIMEOUT_S
    left = [folder for folder in folders if folder.is_dir()]
    while left and time.monotonic() < end:
        for folder in left:
            # Groups go while they are listed: os.walk passes over them, a Path stumbles.
            for path, _, _ in os.walk(folder, topdown=False):
                with contextlib.suppress(OSError):
                    os.rmdir(path)
        left = [folder for folder in left if folder.is_dir()]
        if left:
            time.sleep(0.2)
    return left
