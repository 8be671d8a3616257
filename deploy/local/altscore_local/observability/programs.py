"""Prometheus and promtool: those on the path, else Debian's package unpacked in the cache, without root."""

import shutil
import subprocess
from pathlib import Path

from altscore_local.layout import cache_dir

_TIMEOUT_S = 180
_FOLDER = "prometheus-debian"


def find_program(name: str) -> Path | None:
    """`prometheus` or `promtool`, where one is; None elsewhere."""
    on_path = shutil.which(name)
    if on_path is not None:
        return Path(on_path)
    cached = cache_dir() / _FOLDER / "usr" / "bin" / name
    return cached if cached.exists() else None


def ensure_program(name: str) -> Path | None:
    """As `find_program`; unpacks Debian's package `prometheus` first where apt can fetch it."""
    return find_program(name) or (find_program(name) if _unpack() else None)


def _unpack() -> bool:
    if shutil.which("apt-get") is None or shutil.which("dpkg") is None:
        return False
    folder = cache_dir() / _FOLDER
    unfinished = cache_dir() / f"{_FOLDER}.unpacking"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        subprocess.run(
            ["apt-get", "download", "-qq", "prometheus"],
            cwd=unfinished,
            check=True,
            capture_output=True,
            timeout=_TIMEOUT_S,
        )
        [package] = unfinished.glob("prometheus_*.deb")
        subprocess.run(["dpkg", "-x", package.name, "."], cwd=unfinished, check=True, timeout=_TIMEOUT_S)
        package.unlink()
    except (OSError, ValueError, subprocess.SubprocessError):
        shutil.rmtree(unfinished, ignore_errors=True)
        return False
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    return True
