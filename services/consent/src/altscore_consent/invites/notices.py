"""Notice templates: data, rendered once per invite; the digest is of the exact text that was shown."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from altscore_libs.errors import FieldError, InvalidRequest

from altscore_consent.invites.domain import Invite, Notice, ShownNotice, Terms
from altscore_consent.invites.fair_use import FairUse

LONGEST_TEXT = 1000  # a template message holds 1,024 characters


class Notices:
    """The templates of the data file; the last one is used for new invites, older ones explain old records."""

    def __init__(self, data: Mapping[str, Any], fair_use: FairUse) -> None:
        self._fair_use = fair_use
        self._purposes: dict[str, dict[str, str]] = data["purposes"]
        self._notices = {
            (entry["id"], entry["version"]): Notice(
                notice_id=entry["id"],
                version=entry["version"],
                text=entry["text"],
                fair_use=entry.get("fair_use"),
                validity_months=entry.get("validity_months"),
                plain_terms=entry.get("terms", {}),
            )
            for entry in data["notices"]
        }
        self._current = list(self._notices.values())[-1]

    @classmethod
    def load(cls) -> "Notices":
        """Reads the package's data files."""
        raw = Path(__file__).with_name("notices.json").read_text(encoding="utf-8")
        return cls(json.loads(raw), FairUse.load())

    @property
    def purposes(self) -> list[str]:
        """What retailers may be asked for."""
        return list(self._purposes)

    def get(self, notice_id: str, version: str) -> Notice:
        """The version that an invite was made with."""
        return self._notices[(notice_id, version)]

    def terms(self, notice: Notice, purpose: str) -> Terms | None:
        """What the notice said for a purpose; None for a notice from before the templates."""
        return None if notice.fair_use is None else self._fair_use.terms(notice.fair_use, purpose)

    def show(self, *, distributor_name: str, lender_scope: Sequence[str], purpose: str, language: str) -> ShownNotice:
        """Renders the current notice.

        Raises:
            InvalidRequest: a purpose that no notice explains, or more lenders than one message can name.
        """
        if purpose not in self._purposes:
            raise InvalidRequest("no notice explains this purpose", errors=[FieldError("purpose", "unknown purpose")])
        text = self.render(
            self._current,
            distributor_name=distributor_name,
            lender_scope=lender_scope,
            purpose=purpose,
            language=language,
        )
        if len(text) > LONGEST_TEXT:
            raise InvalidRequest("the notice gets too long", errors=[FieldError("lender_scope", "too many lenders")])
        return ShownNotice(self._current, text, hashlib.sha256(text.encode()).hexdigest())

    def render(
        self, notice: Notice, *, distributor_name: str, lender_scope: Sequence[str], purpose: str, language: str
    ) -> str:
        """The text of a version of the notice for a known purpose."""
        terms = self.terms(notice, purpose)
        amounts = {"months": notice.validity_months}
        if terms is not None:
            amounts = {
                "months": terms.validity_months,
                "history": terms.history_months,
                "life": terms.life_days,
                "uses": terms.uses,
                "period": terms.period_days,
            }
        return notice.text[language].format(
            distributor=distributor_name,
            lenders=", ".join(lender_name(lender_id) for lender_id in lender_scope),
            purpose=self._purposes[purpose][language],
            **amounts,
        )

    def is_shown(self, invite: Invite) -> bool:
        """Whether an invite's text is what its notice says of its lenders, and its digest is that of the text."""
        notice = self._notices.get((invite.notice_id, invite.notice_version))
        if notice is None or invite.purpose not in self._purposes or invite.language not in notice.text:
            return False
        text = self.render(
            notice,
            distributor_name=invite.distributor_name,
            lender_scope=invite.lender_scope,
            purpose=invite.purpose,
            language=invite.language,
        )
        return text == invite.notice_text and hashlib.sha256(text.encode()).hexdigest() == invite.notice_sha256


def lender_name(lender_id: str) -> str:
    """What a retailer reads for `lender_shriram`: Shriram."""
    return lender_id.removeprefix("lender_").replace("_", " ").replace("-", " ").title()
