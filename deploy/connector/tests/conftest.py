"""Puts the packages of deploy/ on the path; a release key whose password costs little."""

import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).resolve().parents[2]
for name in ("local", "connector"):
    sys.path.insert(0, str(DEPLOY / name))

from altscore_release import keys  # noqa: E402  # the path above makes it importable


@pytest.fixture(scope="session")
def key() -> keys.SecretKey:
    """The key that signs releases in tests."""
    return keys.generate()
