"""What the verifier saw last time; kept on the verifier's own machine, so that a rewritten past shows."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from altscore_audit_verifier.report import CannotVerify


class Seen(NamedTuple):
    """The end of a chain at the last look."""

    seq: int
    entry_hash: str


def load(path: Path) -> dict[str, Seen]:
    """Last look by chain; empty at the first.

    Raises:
        CannotVerify: the file is there and cannot be understood; somebody must look.
    """
    try:
        chains = json.loads(path.read_text(encoding="utf-8"))["chains"]
        return {chain: Seen(int(seen["seq"]), str(seen["entry_hash"])) for chain, seen in chains.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise CannotVerify(f"state file: {type(error).__name__}") from error


def save(path: Path, chains: Mapping[str, Seen]) -> None:
    """Replaces the file in one step."""
    text = json.dumps({"version": 1, "chains": {chain: seen._asdict() for chain, seen in chains.items()}}, indent=2)
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
