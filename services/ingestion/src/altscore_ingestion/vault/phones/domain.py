"""Which phones of a retailer are confirmed (decision 89). Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple


class LedgerPhone(NamedTuple):
    """The phone that one ledger shows for its retailer."""

    subject_token: bytes
    retailer_id: str
    phone_token: bytes
    is_confirmed: bool
    distributor_id: str = ""
    gst_status: str = "absent"

    def confirmed_row(self) -> dict[str, Any]:
        """The ledger's row, once this phone is confirmed."""
        return {
            "subject_token": self.subject_token,
            "distributor_id": self.distributor_id,
            "retailer_id": self.retailer_id,
            "gst_status": self.gst_status,
            "phone_token": self.phone_token,
            "is_phone_confirmed": True,
        }


class ConfirmedPhone(NamedTuple):
    """A ledger that shows a confirmed phone of a retailer, and the key that decrypts it."""

    subject_token: bytes
    phone_token: bytes
    encrypted_identity: bytes
    wrapped_data_key: bytes


class Contact(NamedTuple):
    """A retailer, and the name of one confirmed phone; None where there is none."""

    retailer_id: str
    contact_ref: str | None


class DirectoryEntry(NamedTuple):
    """A retailer as its own distributor sees it in the portal: masked here, so that nothing else leaves the vault.

    Attributes:
        gst: `XXXX…` and the last four characters, None where the ledger shows none.
        phone: the last four digits, None where the ledger shows none.
        has_contact: whether the ledger's phone is confirmed, so that the retailer can be invited.
    """

    retailer_id: str
    shop_name: str | None
    gst: str | None
    gst_status: str
    phone: str | None
    has_contact: bool


def last_four(prefix: str, text: str) -> str:
    """A prefix and the last four characters."""
    return prefix + text[-4:]


class RevealedPhone(NamedTuple):
    """Where to write to; for sending at once, never for storing."""

    phone: str
    shop_name: str | None

    def __repr__(self) -> str:
        return "RevealedPhone(***)"


def changed_phones(before: Mapping[bytes, LedgerPhone], after: Iterable[LedgerPhone]) -> list[LedgerPhone]:
    """The ledgers whose phone or retailer is new.

    Args:
        before: what is stored, by subject token.
        after: the ledgers of a request that show a phone, as they will be stored.

    Returns:
        Each with `is_confirmed` telling whether this ledger's phone of the same retailer was confirmed before.
    """
    changed = []
    for ledger in after:
        stored = before.get(ledger.subject_token)
        is_same_retailer = stored is not None and stored.retailer_id == ledger.retailer_id
        if stored is not None and is_same_retailer and stored.phone_token == ledger.phone_token:
            continue
        changed.append(ledger._replace(is_confirmed=is_same_retailer and stored is not None and stored.is_confirmed))
    return changed


def confirm_phones(changed: Iterable[LedgerPhone], unchanged: Iterable[LedgerPhone]) -> dict[bytes, bool]:
    """Decides which phones are confirmed.

    A phone is confirmed when the retailer has no other confirmed phone in another ledger, or already has this very one.
    So a ledger may correct its own phone, while a second ledger's phone waits for the standing one or for ops.

    Args:
        changed: of `changed_phones`; a ledger that was confirmed before is decided first.
        unchanged: all other ledgers of these retailers that show a phone.

    Returns:
        By subject token: every changed ledger, and unchanged ones that show a phone which has now become confirmed.
    """
    ledgers_of: dict[str, list[LedgerPhone]] = {}
    for ledger in unchanged:
        ledgers_of.setdefault(ledger.retailer_id, []).append(ledger)
    decided: dict[bytes, bool] = {}
    for ledger in sorted(changed, key=lambda ledger: not ledger.is_confirmed):
        others = ledgers_of.setdefault(ledger.retailer_id, [])
        confirmed = {other.phone_token for other in others if other.is_confirmed}
        is_confirmed = not confirmed or ledger.phone_token in confirmed
        decided[ledger.subject_token] = is_confirmed
        others.append(ledger._replace(is_confirmed=is_confirmed))
        if is_confirmed:
            decided |= _promote(others, ledger.phone_token)
    return decided


def _promote(ledgers: list[LedgerPhone], phone_token: bytes) -> dict[bytes, bool]:
    """Confirms, in place, every ledger that shows this phone; returns those that were not confirmed."""
    promoted: dict[bytes, bool] = {}
    for index, ledger in enumerate(ledgers):
        if ledger.phone_token == phone_token and not ledger.is_confirmed:
            ledgers[index] = ledger._replace(is_confirmed=True)
            promoted[ledger.subject_token] = True
    return promoted
