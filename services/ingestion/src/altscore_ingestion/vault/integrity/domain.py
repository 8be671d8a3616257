"""MACs over rows of the vault, and what becomes of a row whose MAC does not hold. Pure."""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

LEDGER_FIELDS = ("subject_token", "distributor_id", "retailer_id", "gst_status", "phone_token", "is_phone_confirmed")
RETAILER_FIELDS = ("retailer_id", "gst_token", "gst_state", "alias_of", "alias_phone_token")
MERGER_FIELDS = ("losing_id", "winning_id", "subject_tokens", "phones", "are_confirmed", "gst_statuses")
_NAMED = 10


class RefusedRow(NamedTuple):
    """A row whose MAC does not hold: its table, and the retailer that it claims to be about."""

    table: str
    retailer_id: str


class Row(Protocol):
    """A row of the database, or a mapping of the same names."""

    def __getitem__(self, name: str, /) -> Any:
        """A column."""
        ...


class RowMacs:
    """HMAC-SHA256 over what one row of the vault says of an identity.

    Args:
        key: derived in the hardware module; the database never sees it.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def ledger(self, row: Row) -> bytes:
        """MAC of a ledger: whose it is, whose phone it shows, and whether that phone counts."""
        return self._mac(b"ledger", [row[name] for name in LEDGER_FIELDS])

    def retailer(self, row: Row) -> bytes:
        """MAC of a retailer: its GSTIN, and what it is an alias of."""
        return self._mac(b"retailer", [row[name] for name in RETAILER_FIELDS])

    def merger(self, row: Row) -> bytes:
        """MAC of a merger: the ledgers that it moved, as they were before."""
        return self._mac(b"merger", [row[name] for name in MERGER_FIELDS])

    def _mac(self, table: bytes, values: Iterable[Any]) -> bytes:
        return hmac.digest(self._key, table + b"".join(map(_framed, values)), "sha256")


def _framed(value: Any) -> bytes:
    """A value with its kind and length in front, so that two rows never give one text."""
    if value is None:
        return b"-"
    if value is True or value is False:
        return b"t" if value else b"f"
    if isinstance(value, str):
        value = value.encode()
    elif isinstance(value, list | tuple):
        value = b"".join(map(_framed, value))
    return b"%d:%b" % (len(value), value)


class RowVerifier:
    """Tells the rows that the vault wrote from others, for one request; it remembers the ones it refused.

    Args:
        macs: of the vault.

    Attributes:
        refused: rows whose MAC does not hold.
        refused_keys: tokens and ids by which those are known.
    """

    def __init__(self, macs: RowMacs) -> None:
        self.macs = macs
        self.refused: list[RefusedRow] = []
        self.refused_keys: set[object] = set()

    def ledger(self, row: Row) -> bool:
        """Whether a ledger is as the vault wrote it."""
        return self._holds("subject", row, self.macs.ledger(row), keys=("subject_token",))

    def retailer(self, row: Row) -> bool:
        """Whether a retailer is as the vault wrote it."""
        return self._holds("retailer", row, self.macs.retailer(row), keys=("retailer_id", "gst_token"))

    def merger(self, row: Row) -> bool:
        """Whether a merger is as the vault wrote it."""
        return self._holds("merger", row, self.macs.merger(row), keys=("losing_id",))

    def refuse_identity(self, retailer_id: str) -> None:
        """Notes a ledger whose ciphertext is not the one of its row."""
        self.refused.append(RefusedRow("subject", retailer_id))

    def _holds(self, table: str, row: Row, expected: bytes, *, keys: Sequence[str]) -> bool:
        stored = row["row_mac"]
        if stored is not None and hmac.compare_digest(bytes(stored), expected):
            return True
        self.refused.append(RefusedRow(table, row["losing_id" if table == "merger" else "retailer_id"]))
        self.refused_keys.update(row[key] for key in keys if row[key] is not None)
        return False

    def details(self) -> dict[str, str]:
        """What an audit entry says of the refused rows: how many of each table, and the first of the ids."""
        tables = sorted({row.table for row in self.refused})
        named: Sequence[str] = sorted({row.retailer_id for row in self.refused})[:_NAMED]
        counts: Mapping[str, str] = {table: str(sum(row.table == table for row in self.refused)) for table in tables}
        return {"retailer_ids": ",".join(named), **counts}
