"""What AltScore says of the installation that sends, and its refusal of another one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from altscore_connector.errors import OtherInstallationError
from altscore_connector.india import INDIA
from altscore_connector.installation_id import shown

CODE = "OTHER_INSTALLATION"
_ENGLISH = (
    "another installation of the connector ({other}) sends for this distributor, {when}. Nothing is sent from here "
    "({own}). Let one computer alone send: stop this one; or run `altscore-connector take-over` here, and the other "
    "one is refused from then on"
)
_HINDI = (
    "इस डिस्ट्रीब्यूटर के लिए कनेक्टर का दूसरा इंस्टॉलेशन ({other}) भेजता है, {when}। यहाँ ({own}) से कुछ नहीं भेजा जाता। एक ही कंप्यूटर से "
    "भेजें: इसे बंद करें; या यहाँ `altscore-connector take-over` चलाएँ, तब से दूसरा रोक दिया जाएगा"
)
_WHEN = {
    "last": ("last on {at}", "पिछली बार {at} को"),
    "since": ("which has taken over on {at} and sent nothing yet", "जिसने {at} को काम सँभाला और अब तक कुछ नहीं भेजा"),
    "unknown": ("it is not known since when", "कब से, पता नहीं"),
}


@dataclass(frozen=True)
class SendingInstallation:
    """The installation whose batches AltScore takes.

    Attributes:
        installation_id: its identifier.
        since: it sends.
        last_batch_at: its last batch; None before the first.
        refused_id: the last other one that was refused since then.
        refused_at: when that was.
    """

    installation_id: str
    since: datetime | None
    last_batch_at: datetime | None
    refused_id: str | None = None
    refused_at: datetime | None = None

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "SendingInstallation | None":
        """The one that an answer or a refusal tells of; None where none does."""
        told = answer.get("installation")
        if not isinstance(told, Mapping) or not isinstance(told.get("installation_id"), str):
            return None
        refused_id = told.get("refused_id")
        return cls(
            installation_id=told["installation_id"],
            since=_instant(told.get("since")),
            last_batch_at=_instant(told.get("last_batch_at")),
            refused_id=refused_id if isinstance(refused_id, str) else None,
            refused_at=_instant(told.get("refused_at")),
        )

    def when(self) -> tuple[str, str]:
        """Since when or when last it has sent, in English and Hindi."""
        kind, at = ("last", self.last_batch_at) if self.last_batch_at else ("since", self.since)
        english, hindi = _WHEN[kind if at else "unknown"]
        told = day_and_time(at)
        return english.format(at=told), hindi.format(at=told)


def refusal(sending: SendingInstallation | None, own: str) -> OtherInstallationError:
    """The error that says which installation sends, when it last did, and what to do."""
    other = shown(sending.installation_id) if sending else "?"
    english, hindi = sending.when() if sending else _WHEN["unknown"]
    values = {"other": other, "own": shown(own)}
    return OtherInstallationError(
        _ENGLISH.format(when=english, **values), hindi=_HINDI.format(when=hindi, **values), code=CODE
    )


def day_and_time(at: datetime | None) -> str:
    """As people in India write it."""
    return "" if at is None else f"{at.astimezone(INDIA):%d-%m-%Y %H:%M} IST"


def _instant(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
