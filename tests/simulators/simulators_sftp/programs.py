"""sshd of the machine's Debian release, unpacked into a cache folder: nothing is installed and no service starts."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

# libnss-wrapper gives sshd users of its own, so that none is added to the machine.
_PACKAGES = ("openssh-server", "libwrap0", "libnss-wrapper")
_FOLDER = "sshd-debian"
_TIMEOUT_S = 180


@dataclass(frozen=True)
class Programs:
    """Files of the unpacked packages."""

    sshd: Path
    libraries: Path
    users_library: Path


def cache_dir() -> Path:
    """Where the local stack keeps what is downloaded once."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "altscore"


def find_programs() -> Programs | None:
    """The unpacked programs, or None where they are not."""
    root = cache_dir() / _FOLDER
    sshd, users = root / "usr" / "sbin" / "sshd", sorted(root.glob("usr/lib/*/libnss_wrapper.so"))
    if not sshd.exists() or not users:
        return None
    return Programs(sshd=sshd, libraries=users[0].parent, users_library=users[0])


def ensure_programs() -> Programs | None:
    """As `find_programs`; fetches the packages first where apt can. None when they cannot be had."""
    if (programs := find_programs()) is not None:
        return programs
    if not all(shutil.which(program) for program in ("apt-get", "dpkg", "ssh-keygen")):
        return None
    return find_programs() if _unpack() or (_refresh_lists() and _unpack()) else None


def _refresh_lists() -> bool:
    if os.geteuid() != 0:
        return False
    done = subprocess.run(["apt-get", "update", "-qq"], check=False, capture_output=True, timeout=_TIMEOUT_S)
    return done.returncode == 0


def _unpack() -> bool:
    folder, unfinished = cache_dir() / _FOLDER, cache_dir() / f"{_FOLDER}.unpacking-{os.getpid()}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    try:
        command = ["apt-get", "download", "-qq", *_PACKAGES]
        subprocess.run(command, cwd=unfinished, check=True, capture_output=True, timeout=_TIMEOUT_S)
        for package in sorted(unfinished.glob("*.deb")):
            subprocess.run(["dpkg", "-x", package.name, "."], cwd=unfinished, check=True, timeout=_TIMEOUT_S)
            package.unlink()
        if not folder.exists():
            unfinished.rename(folder)
    except (OSError, subprocess.SubprocessError):
        return False
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return True
