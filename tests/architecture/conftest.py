"""What the architecture tests look at: the repository's own files, as git sees them."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SERVICES = ("score", "consent", "ingestion", "scoring", "notification", "audit", "admin", "webhook")


def tracked(*suffixes: str) -> list[Path]:
    """Files of the repository (tracked, or new and not ignored) with one of these endings."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    paths = [ROOT / name for name in listed if name and name.endswith(suffixes) and (ROOT / name).is_file()]
    assert paths, f"no file ends in {suffixes}: the rule would hold over nothing"
    return paths


def product_sources() -> list[Path]:
    """Python files of the product itself: services, libs, pipelines; without tests and migrations."""
    places = ("services", "libs", "pipelines")
    return [
        path
        for path in tracked(".py")
        if path.relative_to(ROOT).parts[0] in places and "tests" not in path.parts and "migrations" not in str(path)
    ]


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return ROOT
