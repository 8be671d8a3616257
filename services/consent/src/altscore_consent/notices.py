"""Notice templates: data, rendered once per invite; the digest is of the exact text that was shown."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from altscore_libs.errors import FieldError, InvalidRequest

LONGEST_TEXT = 1000  # a template message holds 1,024 characters


@dataclass(frozen=True)
class Notice:
    """One version of the notice, in all languages."""

    notice_id: str
    version: str
    validity_months: int
    terms: Mapping[str, int]
    text: Mapping[str, str]


@dataclass(frozen=True)
class ShownNotice:
    """A notice as one retailer sees it."""

    notice: Notice
    text: str
    sha256: str


class Notices:
    """The templates of the data file; the last one is used for new invites, older ones explain old records."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._purposes: dict[str, dict[str, str]] = data["purposes"]
        self._notices = {
            (one["id"], one["version"]): Notice(
                one["id"], one["version"], one["validity_months"], one["terms"], one["text"]
            )
            for one in data["notices"]
        }
        self._current = list(self._notices.values())[-1]

    @classmethod
    def load(cls) -> "Notices":
        """Reads the package's data file."""
        return cls(json.loads(Path(__file__).with_name("notices.json").read_text(encoding="utf-8")))

    def get(self, notice_id: str, version: str) -> Notice:
        """A version that some invite was made with."""
        return self._notices[(notice_id, version)]

    def show(self, *, distributor_name: str, lender_scope: Sequence[str], purpose: str, language: str) -> ShownNotice:
        """Renders the current notice.

        Raises:
            InvalidRequest: a purpose that no notice explains, or more lenders than one message can name.
        """
        if purpose not in self._purposes:
            raise InvalidRequest("no notice explains this purpose", errors=[FieldError("purpose", "unknown purpose")])
        text = self._current.text[language].format(
            distributor=distributor_name,
            lenders=", ".join(lender_name(one) for one in lender_scope),
            purpose=self._purposes[purpose][language],
            months=self._current.validity_months,
        )
        if len(text) > LONGEST_TEXT:
            raise InvalidRequest("the notice gets too long", errors=[FieldError("lender_scope", "too many lenders")])
        return ShownNotice(self._current, text, hashlib.sha256(text.encode()).hexdigest())


def lender_name(lender_id: str) -> str:
    """What a retailer reads for `lender_shriram`: Shriram."""
    return lender_id.removeprefix("lender_").replace("_", " ").replace("-", " ").title()
