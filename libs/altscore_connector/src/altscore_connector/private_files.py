"""Files with secrets: their owner alone may read them."""

import os
from pathlib import Path

from altscore_connector.errors import ConfigError


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
