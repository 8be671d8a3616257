"""Which installation this is: one folder on one computer, so that a copy of it elsewhere is another one.

A lost or restored state file changes nothing, since the file with the seed lies beside the keystore. The identifier is
a digest: neither the computer's own identity nor a path leaves the site.
"""

import hashlib
import json
import secrets
import sys
from pathlib import Path

from altscore_connector.errors import ConfigError
from altscore_connector.files import write_durably

FILE_NAME = "installation.json"
_SHOWN_CHARS = 8
_SEED_BYTES = 16


def installation_id(keystore_file: Path) -> str:
    """The identifier of this installation; its seed is made at the first time.

    Args:
        keystore_file: beside which the seed lies.

    Raises:
        ConfigError: the seed cannot be read or written.
    """
    path = keystore_file.with_name(FILE_NAME)
    try:
        if not path.exists():
            write_durably(path, json.dumps({"seed": secrets.token_hex(_SEED_BYTES)}).encode())
        return _identifier(path, _computer())
    except OSError as error:
        raise ConfigError(f"{FILE_NAME} cannot be used: {error.strerror}") from None
    except (ValueError, KeyError, TypeError):
        raise ConfigError(f"{FILE_NAME} is damaged; delete it, and take over as a new installation") from None


def shown(identifier: str) -> str:
    """The first characters of an identifier, for a person."""
    return identifier.removeprefix("ins_")[:_SHOWN_CHARS]


def _identifier(path: Path, computer: str) -> str:
    seed = json.loads(path.read_text(encoding="utf-8"))["seed"]
    if not isinstance(seed, str) or not seed:
        raise ValueError
    text = "\n".join(("altscore-installation", seed, computer, str(path.resolve())))
    return f"ins_{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def _computer() -> str:
    """What the system calls this computer; empty where it has no such name, as in many containers."""
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415 - Windows alone has it

        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, r"SOFTWARE\Microsoft\Cryptography") as key:
            return str(winreg.QueryValueEx(key, "MachineGuid")[0])
    try:
        return Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
