"""Prometheus and Alertmanager with their tools, kept in the cache and got without root.

`prometheus` and `promtool` are those on the path, else Debian's package unpacked. `alertmanager` and `amtool` are built
by Go: Debian's 0.25 does not know `url_file`, which keeps a receiver's address out of the settings.
"""

import os
import shutil
import subprocess
from pathlib import Path

from altscore_local.layout import cache_dir

ALERTMANAGER_VERSION = "0.28.1"
_UNPACK_TIMEOUT_S, _BUILD_TIMEOUT_S = 180, 1_800
_FOLDER = "prometheus-debian"
_BUILT = ("alertmanager", "amtool")


def find_program(name: str) -> Path | None:
    """`prometheus`, `promtool`, `alertmanager` or `amtool`, where one is; None elsewhere."""
    if name in _BUILT:
        program = _built_folder() / name
        return program if program.exists() else None
    on_path = shutil.which(name)
    if on_path is not None:
        return Path(on_path)
    cached = cache_dir() / _FOLDER / "usr" / "bin" / name
    return cached if cached.exists() else None


def ensure_program(name: str) -> Path | None:
    """As `find_program`; unpacks Debian's package or builds the programs first, where that can be done."""
    get = _build if name in _BUILT else _unpack
    return find_program(name) or (find_program(name) if get() else None)


def _built_folder() -> Path:
    return cache_dir() / f"alertmanager-{ALERTMANAGER_VERSION}"


def _build() -> bool:
    go = shutil.which("go")
    if go is None:
        return False
    folder = _built_folder()
    unfinished = folder.with_name(f"{folder.name}.building")
    unfinished.mkdir(parents=True, exist_ok=True)
    module = "github.com/prometheus/alertmanager"
    packages = [f"{module}/cmd/{name}@v{ALERTMANAGER_VERSION}" for name in _BUILT]
    version = f"-X github.com/prometheus/common/version.Version={ALERTMANAGER_VERSION}"
    # Without cgo it runs in an image that has no C library of the same age.
    env = os.environ | {"GOBIN": str(unfinished), "GOFLAGS": "-trimpath -buildvcs=false", "CGO_ENABLED": "0"}
    print(f"  building Alertmanager {ALERTMANAGER_VERSION}, once: a minute or two", flush=True)
    command = [go, "install", "-ldflags", f"-s -w {version}", *packages]
    try:
        subprocess.run(command, env=env, check=True, capture_output=True, timeout=_BUILD_TIMEOUT_S, cwd=unfinished)
    except (OSError, subprocess.SubprocessError):
        shutil.rmtree(unfinished, ignore_errors=True)
        return False
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    return True


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
            timeout=_UNPACK_TIMEOUT_S,
        )
        [package] = unfinished.glob("prometheus_*.deb")
        subprocess.run(["dpkg", "-x", package.name, "."], cwd=unfinished, check=True, timeout=_UNPACK_TIMEOUT_S)
        package.unlink()
    except (OSError, ValueError, subprocess.SubprocessError):
        shutil.rmtree(unfinished, ignore_errors=True)
        return False
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    return True
