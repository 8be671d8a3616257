"""Commands that make and publish the next of a process's signing keys."""

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from altscore_libs.commands import Command
from altscore_libs.settings import SignerSettings
from altscore_libs.signer import open_signer, rotate_signing_key

_Settings = TypeVar("_Settings", bound=SignerSettings)
NEXT = "restart what signs with it; keep every older public key"


def rotation_commands(
    settings: type[_Settings], label_of: Mapping[str, Callable[[_Settings], str]], *, process: str | None = None
) -> dict[str, Command]:
    """Commands without arguments that print label and id of the new key.

    Args:
        settings: of the process that signs.
        label_of: by the command's name, what says the first key's label.
        process: as `Command` names it.
    """
    text = "make and publish the next signing key"
    return {
        name: Command(partial(_rotate, label_of=label), settings, help=text, process=process)
        for name, label in label_of.items()
    }


async def _rotate(settings: _Settings, *, label_of: Callable[[_Settings], str]) -> None:
    label = await rotate_signing_key(settings, label_of(settings))
    signer = await open_signer(settings, label)
    sys.stdout.write(json.dumps({"label": label, "key_id": signer.key_id, "next": NEXT}) + "\n")
