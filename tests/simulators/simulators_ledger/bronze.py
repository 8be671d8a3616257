"""The training ledger as Bronze: Parquet and manifests as ingestion writes them, without any person's data."""

import hashlib
import json
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from simulators_ledger.model import METHODS, NONE, Ints, Ledger

_MONEY = pa.decimal128(15, 2)
_INSTANT = pa.timestamp("us", tz="UTC")
_TOKENS = 32
_STATES = ("27", "24", "09", "29", "33", "08", "19", "36")


def write_bronze(root: Path, ledgers: list[Ledger], *, seed: int) -> dict[str, Any]:
    """Writes one batch per ledger and `identity_map.parquet` beside `bronze/`; returns the manifests' totals."""
    people = _People(ledgers, seed)
    totals = [_write_batch(root, ledger, people) for ledger in ledgers]
    pq.write_table(people.identity_map(ledgers), root / "identity_map.parquet", compression="zstd")
    return {"ledgers": totals}


def retailer_ids(size: int, rng: np.random.Generator) -> list[str]:
    """Ids that the vault would give to so many retailers."""
    raw = rng.bytes(8 * size)
    return [f"ret_{raw[8 * i : 8 * i + 8].hex()}" for i in range(size)]


def random_of_people(seed: int) -> np.random.Generator:
    """What ids and tokens are drawn from."""
    return np.random.default_rng([seed, 5])


class _People:
    """Random tokens per (distributor, retailer) and ids per retailer; only drawn, never derived from a person."""

    def __init__(self, ledgers: list[Ledger], seed: int) -> None:
        rng = random_of_people(seed)
        population = ledgers[0].population
        self.retailer_ids = retailer_ids(population.size, rng)
        self.verified = rng.random(population.size) < 0.7
        self.invalid = rng.random(population.size) < 0.15
        drawn = rng.integers(0, 24, population.size)
        self.has_regions = bool(population.districts.size)
        self.districts = population.districts if self.has_regions else drawn
        self.tokens: dict[str, list[str]] = {}
        for ledger in ledgers:
            raw = rng.bytes(_TOKENS * ledger.members.size)
            size = ledger.members.size
            self.tokens[ledger.distributor_id] = [raw[_TOKENS * i : _TOKENS * (i + 1)].hex() for i in range(size)]

    def status(self, person: int) -> str:
        """What the vault would say of the retailer's GSTIN."""
        if self.verified[person]:
            return "verified"
        return "invalid" if self.invalid[person] else "absent"

    def district(self, person: int, *, has_master: bool) -> str | None:
        """District of a master record; a CSV ledger has none, there the GSTIN's state stands in."""
        if self.has_regions and not has_master:
            return None
        return f"district_{self.districts[person]:02d}"

    def state(self, person: int) -> str | None:
        """First two digits of a verified GSTIN; three districts make a state."""
        return _STATES[int(self.districts[person]) // 3] if self.verified[person] else None

    def identity_map(self, ledgers: list[Ledger]) -> pa.Table:
        """The vault's answer for all tokens."""
        rows = [
            (token, self.retailer_ids[person], bool(self.verified[person]), self.state(person))
            for ledger in ledgers
            for token, person in zip(self.tokens[ledger.distributor_id], ledger.members.tolist(), strict=True)
        ]
        names = ("subject_token", "retailer_id", "gst_verified", "gst_state")
        types = (pa.string(), pa.string(), pa.bool_(), pa.string())
        columns = [pa.array(column, kind) for column, kind in zip(zip(*sorted(rows), strict=True), types, strict=True)]
        table = pa.table(columns, names=list(names))
        return table if self.has_regions else table.drop_columns(["gst_state"])


def money(paise: Ints) -> pa.Array:
    """Paise as decimal(15,2), written straight into Arrow's 128-bit form."""
    words = np.empty((paise.size, 2), dtype="<i8")
    words[:, 0], words[:, 1] = paise, paise >> 63
    return pa.Array.from_buffers(pa.decimal128(15, 2), paise.size, [None, pa.py_buffer(words.tobytes())])


def _dates(ledger: Ledger, day: Ints, known: Any = None) -> pa.Array:
    epoch = np.datetime64(ledger.start_on, "D") + day.astype("timedelta64[D]")
    return pa.array(epoch, mask=None if known is None else ~known)


def _texts(prefix: str, numbers: Ints, known: Any = None) -> pa.Array:
    values = [f"{prefix}{number:07d}" for number in numbers.tolist()]
    return pa.array(values, mask=None if known is None else ~known)


def _common(
    ledger: Ledger, people: _People, *, batch_id: str, retailer: Ints, keys: list[str], content: Ints
) -> dict[str, Any]:
    size = len(keys)
    tokens = np.array(people.tokens[ledger.distributor_id], dtype=object)[retailer]
    at = datetime.combine(_arrived_on(ledger), time(1), UTC)
    content_keys = zip(keys, content.tolist(), strict=True)
    return {
        "distributor_id": pa.repeat(ledger.distributor_id, size),
        "batch_id": pa.repeat(batch_id, size),
        "record_id": pa.array(keys),
        "subject_token": pa.array(tokens, pa.string()),
        "sealed_identity": pa.repeat(pa.scalar(b"", pa.binary()), size),
        "erp_type": pa.repeat("tally_prime" if _is_tally(ledger) else "csv", size),
        "schema_version": pa.repeat(pa.scalar(_schema_version(ledger), pa.int32()), size),
        "ingested_at": pa.repeat(pa.scalar(at, _INSTANT), size),
        "row_sha256": pa.array([hashlib.sha256(f"{key}|{value}".encode()).hexdigest() for key, value in content_keys]),
    }


def _schema_version(ledger: Ledger) -> int:
    """Version 2 of Bronze has a place for the day on which money went back."""
    return 2 if ledger.tells_bounce_days else 1


def _statement(ledger: Ledger, size: int, *, is_payment: bool = False, can_cancel: bool = True) -> dict[str, Any]:
    """The columns that version 2 has besides: everything was stated once and in order."""
    if not ledger.tells_bounce_days:
        return {}
    number, flag = pa.repeat(pa.scalar(0, pa.int64()), size), pa.repeat(False, size)
    columns: dict[str, Any] = {"source_order": number, "sequence": number, "is_outdated": flag}
    if is_payment:
        pay = ledger.payments
        columns["bounced_on"] = _dates(ledger, np.maximum(pay.back_day, 0), pay.is_bounced)
    return columns | ({"is_cancelled": flag} if can_cancel else {})


def _arrived_on(ledger: Ledger) -> date:
    """The morning after the last day, so that the lake counts that day as covered."""
    return ledger.end_on + timedelta(days=1)


def _is_tally(ledger: Ledger) -> bool:
    return bool(ledger.invoices.line_count.size and ledger.invoices.line_count[0] != NONE)


def _invoice_table(ledger: Ledger, people: _People, batch_id: str) -> tuple[pa.Table, Ints, Ints]:
    """Invoices in order of writing; a corrected one comes twice, as version 1 and 2."""
    inv = ledger.invoices
    corrected = np.flatnonzero(inv.first_paise != NONE)
    index = np.concatenate([np.arange(inv.day.size), corrected])
    version = np.concatenate([np.where(inv.first_paise != NONE, 2, 1), np.ones(corrected.size, dtype=np.int64)])
    order = np.lexsort((version, index))
    index, version = index[order], version[order]
    paise = np.where((version == 1) & (inv.first_paise[index] != NONE), inv.first_paise[index], inv.paise[index])
    keys = [f"inv:{i:07d}:{v}" for i, v in zip(index.tolist(), version.tolist(), strict=True)]
    # Default terms of 21 days, flagged, stand in where the bill has none, as a connector does it.
    credit = np.where(inv.has_terms[index], inv.credit_days[index], 21)
    known = inv.has_terms[index] | (index % 5 != 0)
    size = index.size
    columns = _common(ledger, people, batch_id=batch_id, retailer=inv.retailer[index], keys=keys, content=paise) | {
        "invoice_id": _texts("INV", index),
        "invoice_on": _dates(ledger, inv.day[index]),
        "due_on": _dates(ledger, inv.day[index] + credit, known),
        "due_on_is_default": pa.array(known & ~inv.has_terms[index]),
        "amount_inr": money(paise),
        "bill_ref": _texts("SI/", index) if _is_tally(ledger) else pa.nulls(size, pa.string()),
        "sku_category": pa.nulls(size, pa.string()),
        "line_count": pa.array(inv.line_count[index].astype(np.int32), mask=inv.line_count[index] == NONE),
        "content_version": pa.array(version.astype(np.int32)),
        "is_cancelled": pa.array(inv.is_cancelled[index]),
    }
    columns |= _statement(ledger, size, can_cancel=False)
    return pa.table(columns), inv.day[index], paise


def _payment_table(ledger: Ledger, people: _People, batch_id: str) -> tuple[pa.Table, Ints, Ints]:
    pay = ledger.payments
    keys = [f"pay:{r:07d}:{n}" for r, n in zip(pay.receipt.tolist(), pay.line_no.tolist(), strict=True)]
    size, named = len(keys), pay.invoice != NONE
    nothing = pa.nulls(size, pa.string())
    columns = _common(ledger, people, batch_id=batch_id, retailer=pay.retailer, keys=keys, content=pay.paise) | {
        "payment_id": _texts("RCPT", pay.receipt),
        "line_no": pa.array(pay.line_no.astype(np.int32)),
        "invoice_id": nothing if _is_tally(ledger) else _texts("INV", pay.invoice, named),
        "bill_ref": _texts("SI/", pay.invoice, named) if _is_tally(ledger) else nothing,
        "paid_on": _dates(ledger, pay.day),
        "amount_inr": money(pay.paise),
        "payment_method": pa.array(np.array(METHODS, dtype=object)[pay.method], pa.string()),
        "is_bounced": pa.array(pay.is_bounced),
        "content_version": pa.repeat(pa.scalar(1, pa.int32()), size),
    }
    columns |= _statement(ledger, size, is_payment=True)
    return pa.table(columns), pay.day, pay.paise


def _return_table(ledger: Ledger, people: _People, batch_id: str) -> tuple[pa.Table, Ints, Ints]:
    ret = ledger.returns
    keys = [f"ret:{i:07d}" for i in range(ret.day.size)]
    columns = _common(ledger, people, batch_id=batch_id, retailer=ret.retailer, keys=keys, content=ret.paise) | {
        "return_id": _texts("CN", np.arange(ret.day.size)),
        "invoice_id": _texts("INV", ret.invoice, ret.names_invoice),
        "returned_on": _dates(ledger, ret.day),
        "amount_inr": money(ret.paise),
        "content_version": pa.repeat(pa.scalar(1, pa.int32()), ret.day.size),
    }
    columns |= _statement(ledger, ret.day.size)
    return pa.table(columns), ret.day, ret.paise


def _retailer_table(ledger: Ledger, people: _People, batch_id: str) -> tuple[pa.Table, Ints, Ints]:
    size = ledger.members.size
    members = ledger.members.tolist()
    numbers = np.arange(size)
    keys = [f"rtl:{i:06d}" for i in range(size)]
    columns = _common(ledger, people, batch_id=batch_id, retailer=numbers, keys=keys, content=numbers) | {
        "district": pa.array([people.district(i, has_master=_is_tally(ledger)) for i in members], pa.string()),
        "is_active": pa.repeat(True, size),
        "gst_status": pa.array([people.status(person) for person in members]),
        "content_version": pa.repeat(pa.scalar(1, pa.int32()), size),
    }
    nothing = np.zeros(size, dtype=np.int64)
    return pa.table(columns), nothing + ledger.last_day, nothing


def _write_batch(root: Path, ledger: Ledger, people: _People) -> dict[str, Any]:
    batch_id = "bat_" + hashlib.sha256(f"{ledger.distributor_id}|{ledger.end_on}".encode()).hexdigest()[:32]
    day = _arrived_on(ledger).isoformat()
    folder = root / "bronze" / f"dist={ledger.distributor_id}" / f"day={day}" / f"batch={batch_id}"
    folder.mkdir(parents=True, exist_ok=True)
    files, totals, rows = [], [], 0
    makers = {
        "invoices": _invoice_table,
        "payments": _payment_table,
        "returns": _return_table,
        "retailers": _retailer_table,
    }
    for name, make in makers.items():
        table, days, paise = make(ledger, people, batch_id)
        if not table.num_rows:
            continue
        path = folder / f"{name}.parquet"
        pq.write_table(table, path, compression="zstd")
        data = path.read_bytes()
        files.append(
            {"name": path.name, "sha256": hashlib.sha256(data).hexdigest(), "rows": table.num_rows, "bytes": len(data)}
        )
        totals += monthly_totals(name, ledger, days=days, paise=paise)
        rows += table.num_rows
    manifest = {
        "schema_version": _schema_version(ledger),
        "batch_id": batch_id,
        "distributor_id": ledger.distributor_id,
        "erp_type": "tally_prime" if _is_tally(ledger) else "csv",
        "ingested_at": f"{day}T01:00:00Z",
        "sync_from": f"{ledger.start_on.isoformat()}T00:00:00Z",
        "sync_to": f"{ledger.end_on.isoformat()}T23:59:59Z",
        "files": files,
        "totals": totals,
        "submitted": rows,
        "accepted": rows,
        "quarantined": 0,
        "duplicate": 0,
    }
    # Written last: a batch without a manifest does not exist.
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1))
    return {"distributor_id": ledger.distributor_id, "batch_id": batch_id, "rows": rows, "totals": totals}


def monthly_totals(table: str, ledger: Ledger, days: Ints, paise: Ints) -> list[dict[str, Any]]:
    """Count and sum per calendar month, the sum as text with two decimals."""
    month = np.searchsorted(ledger.population.month_starts, days, side="right") - 1
    lines = []
    for number in np.unique(month).tolist():
        chosen = month == number
        total = int(paise[chosen].sum())
        first = ledger.start_on + timedelta(days=int(ledger.population.month_starts[number]))
        amount = f"{total // 100}.{total % 100:02d}"
        lines.append(
            {"table": table, "month": first.strftime("%Y-%m"), "count": int(chosen.sum()), "amount_inr": amount}
        )
    return lines
