"""What to do about a quarantined record, in both languages; the texts are data beside this module."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel

_FILE = Path(__file__).with_name("guidance.yml")
_OTHER = "breaks the schema"


class Guidance(BaseModel):
    """How to fix a record, in English and Hindi."""

    en: str
    hi: str


@cache
def texts() -> dict[str, Guidance]:
    """The text of every rule, by the words that the rule begins with."""
    content = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    return {rule: Guidance(**text) for rule, text in content.items()}


def rule_of(reason: str) -> str | None:
    """The rule of a reason: its whole text, or the words before the figure that it names."""
    known = texts()
    if reason in known:
        return reason
    return next((rule for rule in known if reason.startswith(f"{rule},") or reason.startswith(f"{rule} ")), None)


def guidance_of(reason: str) -> Guidance:
    """What to do about a reason; of one that a newer release brought, the general text."""
    return texts()[rule_of(reason) or _OTHER]
