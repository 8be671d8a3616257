"""`keystore`: encrypt API key and signing secret, also after AltScore issued new ones."""

import argparse
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from altscore_connector.commands.options import say
from altscore_connector.errors import ConfigError
from altscore_connector.keystore import Secrets, read_keystore, write_keystore
from altscore_connector.passphrases import VARIABLE, new_in_keyring, passphrase_of
from altscore_connector.summary import DONE

HELP = "encrypt API key and signing secret (read as JSON from standard input)"


def add(parser: argparse.ArgumentParser) -> None:
    """Arguments."""
    parser.add_argument("--file", type=Path, required=True, help="file of the keystore")
    parser.add_argument("--passphrase-file", type=Path, help="file with the passphrase, in another folder")


def run(options: argparse.Namespace) -> int:
    """Runs the command."""
    secrets = secrets_of(sys.stdin.read())
    encrypt(options.file, options.passphrase_file, secrets=secrets, environment=options.environment)
    return DONE


def secrets_of(text: str) -> Secrets:
    """API key and signing secret of AltScore's answer.

    Raises:
        ConfigError: the text is no such answer.
    """
    try:
        document = json.loads(text)
        key, secret = document["api_key"], document["signing_secret"]
    except (ValueError, KeyError, TypeError):
        raise ConfigError("there is no JSON with api_key and signing_secret") from None
    if not (isinstance(key, str) and isinstance(secret, str) and key and secret):
        raise ConfigError("api_key and signing_secret are empty; AltScore shows them once, ask for new ones")
    return Secrets(api_key=key, signing_secret=secret)


def encrypt(
    keystore_file: Path, passphrase_file: Path | None, *, secrets: Secrets, environment: Mapping[str, str]
) -> None:
    """Writes the keystore; without a passphrase file or variable under a new one in the system's keyring.

    Raises:
        ConfigError: as `passphrase_of`.
    """
    is_new = not keystore_file.exists()
    passphrase = None
    if is_new and passphrase_file is None and VARIABLE not in environment:
        passphrase = new_in_keyring(keystore_file)
    where = "its passphrase is in the system's keyring" if passphrase else "encrypted"
    passphrase = passphrase or passphrase_of(keystore_file, passphrase_file, environment)
    # What waits in the queue is encrypted under the secrets before these, where they can still be read.
    with suppress(ConfigError):
        secrets = replace(secrets, storage_secret=read_keystore(keystore_file, passphrase).queue_secret)
    write_keystore(keystore_file, passphrase, secrets)
    say(f"secrets in {keystore_file}, {where}")
