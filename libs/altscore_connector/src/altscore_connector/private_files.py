"""Files with secrets: their owner alone may read them."""

import os
from pathlib import Path

from altscore_connector.errors import ConfigError, StateError


def read_private(path: Path) -> str:
    """The text of a file that only its owner can read, without the line end of its last line.

    Raises:
        ConfigError: missing, unreadable, empty, or readable by others.
    """
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise ConfigError(f"{path.name} can be read by others; only its owner may (chmod 600)")
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: {type(error).__name__}") from error
    if not text:
        raise ConfigError(f"{path.name} is empty")
    return text


def make_private(path: Path) -> None:
    """Makes a state file its owner's alone where it is none yet; SQLite gives its side files the same mode.

    Raises:
        StateError: no rights, no room.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
    except OSError as error:
        raise StateError(f"the state file {path.name} cannot be made: {error.strerror}") from None
