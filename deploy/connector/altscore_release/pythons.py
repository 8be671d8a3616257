"""Pythons of this machine that the connector may run on, by what they say of themselves."""

import shutil
import subprocess
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13", "3.14")
_TIMEOUT_S = 30


def present() -> dict[str, Path]:
    """A Python of each version that is on the PATH, or that pyenv keeps."""
    return {version: path for version in VERSIONS if (path := _python(version)) is not None}


def _python(version: str) -> Path | None:
    candidates = [Path(path)] if (path := shutil.which(f"python{version}")) else []
    candidates += sorted(_pyenv().glob(f"versions/{version}.*/bin/python")) if shutil.which("pyenv") else []
    return next((path for path in candidates if _is_version(path, version)), None)


def _pyenv() -> Path:
    done = subprocess.run(["pyenv", "root"], capture_output=True, text=True, check=True, timeout=_TIMEOUT_S)
    return Path(done.stdout.strip())


def _is_version(python: Path, version: str) -> bool:
    """A shim of pyenv is there for versions that are not chosen, and fails."""
    command = [str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S)
    return done.returncode == 0 and done.stdout.strip() == version
