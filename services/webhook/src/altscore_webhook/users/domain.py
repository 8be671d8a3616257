"""What a delivery tells of its users: whose phone is whose, and who changed number or user id (decision 90)."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from altscore_webhook.deliveries.domain import message_values, phone_at, user_id_at

CHANGES = frozenset({"user_changed_number", "customer_changed_number", "user_changed_user_id"})


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """A user who has another number or another user id since.

    Attributes:
        identities: the new number, the new user id, or both.
        phone: the number before, None where it is not told.
        user_id: the user id before, None where it is not told.
    """

    identities: tuple[str, ...]
    phone: str | None
    user_id: str | None


@dataclass(frozen=True, slots=True)
class Sightings:
    """All that one delivery tells: the phone of each user id, and the changes."""

    phones: Mapping[str, str]
    changes: Sequence[IdentityChange]

    def without_phones(self, phones: Collection[str]) -> "Sightings":
        """The same without the user ids that were seen beside these numbers."""
        return Sightings({user: phone for user, phone in self.phones.items() if phone not in phones}, self.changes)

    def identifiers(self) -> Iterator[str]:
        """Every number and user id in it."""
        yield from self.phones
        yield from self.phones.values()
        for change in self.changes:
            yield from filter(None, (*change.identities, change.phone, change.user_id))


def sightings_of(body: Any) -> Sightings:
    """What a delivery tells of its users: in its messages, its statuses and among its contacts."""
    phones: dict[str, str] = {}
    changes: list[IdentityChange] = []
    for value in message_values(body):
        phones |= dict(_pairs(value))
        changes.extend(_changes(value))
    return Sightings(phones, changes)


def _pairs(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """User ids beside phones; a system message is left out, since it may name the former number."""
    candidates = [(item, "user_id", "wa_id") for item in _dicts(value, "contacts")]
    candidates += [
        (item, "recipient_user_id", "recipient_id")
        for item in _dicts(value, "statuses")
        if item.get("recipient_type") != "group"
    ]
    candidates += [(item, "from_user_id", "from") for item in _dicts(value, "messages") if item.get("type") != "system"]
    for item, user_field, phone_field in candidates:
        user_id, phone = user_id_at(item, user_field), phone_at(item, phone_field)
        if user_id is not None and phone is not None:
            yield user_id, phone


def _changes(value: Mapping[str, Any]) -> Iterator[IdentityChange]:
    for message in _dicts(value, "messages"):
        system = message.get("system")
        if message.get("type") != "system" or not isinstance(system, dict) or system.get("type") not in CHANGES:
            continue
        phone, user_id = phone_at(message, "from"), user_id_at(system, "previous_user_id")
        current = (
            phone_at(system, "wa_id") or phone_at(system, "new_wa_id"),
            user_id_at(system, "user_id"),
        )
        identities = tuple(identity for identity in current if identity not in (None, phone, user_id))
        if identities and (phone is not None or user_id is not None):
            yield IdentityChange(tuple(filter(None, identities)), phone, user_id)


def _dicts(value: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    content = value.get(name)
    return [item for item in content if isinstance(item, dict)] if isinstance(content, list) else []
