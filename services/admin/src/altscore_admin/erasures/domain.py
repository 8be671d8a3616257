"""Rules of erasures: what two persons approve, what counts as told, objected and reported, and the signed report.

No I/O, no clock.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from altscore_libs.canonical_json import canonical_json
from altscore_libs.errors import Unavailable
from altscore_libs.instants import format_instant
from altscore_libs.signer import NotAuthentic, PublicKeys, read_signed

KIND = "erasure"
REPORT_SCHEMA, REPORT_KEY_LABEL = "altscore.erasure-report.1", "erasure-report"
CERTIFICATE_SCHEMA, CERTIFICATE_KEY_LABEL = "altscore.erasure-certificate.1", "erasure-signing"
VAULT = "vault"
NOTICE_MESSAGE = "erasure_notice"
Stores = Mapping[str, Mapping[str, Mapping[str, str]]]


class AuditedFact(NamedTuple):
    """An entry of the audit trail, as far as an erasure needs it."""

    producer: str
    action: str
    outcome: str
    details: Mapping[str, str]
    occurred_at: datetime


class Certificate(NamedTuple):
    """The vault's certificate: its canonical text, its signature, and what it names."""

    text: str
    signature: str
    request_id: str
    retailer_ids: tuple[str, ...]


class StoreReport(NamedTuple):
    """What a store said of an erasure."""

    store: str
    reported_at: datetime
    counts: dict[str, str]


def content_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """What both persons sign."""
    return {"request_id": row["request_id"], "retailer_id": row["retailer_id"]}


def read_stores(path: Path) -> Stores:
    """What an erasure does to each table of each store (schemas/privacy/stores.yml)."""
    stores: Stores = yaml.safe_load(path.read_text(encoding="utf-8"))
    return stores


def reporting(stores: Stores) -> frozenset[str]:
    """The stores that have something to erase beside the vault, and so must report that they did."""
    erasing = {store for store, tables in stores.items() if any("erased" in entry for entry in tables.values())}
    return frozenset(erasing - {VAULT})


def audited_fact(item: Mapping[str, Any]) -> AuditedFact | None:
    """An entry of the audit service's search; None for what the service itself noted about a message.

    Raises:
        Unavailable: it has another form.
    """
    try:
        entry = json.loads(item["payload"])
        if "producer" not in entry:  # a second content under an id that is chained, whose sender nobody has verified
            return None
        return AuditedFact(
            producer=entry["producer"],
            action=entry["action"],
            outcome=entry["outcome"],
            details=entry.get("details") or {},
            occurred_at=datetime.fromisoformat(item["occurred_at"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Unavailable("the audit service gave no usable answer") from error


def objection(facts: Sequence[AuditedFact], since: datetime) -> datetime | None:
    """When the retailer sent a NAHI after the notice was asked for; webhook alone may say so."""
    replies = [
        fact.occurred_at
        for fact in facts
        if (fact.producer, fact.action, fact.outcome) == ("webhook", "reply_received", "revoked")
        and fact.occurred_at >= since
    ]
    return min(replies, default=None)


def notice_result(facts: Sequence[AuditedFact], since: datetime) -> tuple[str, datetime] | None:
    """`message_sent` or `message_refused` of the notice with its instant; None while it waits."""
    results = [
        (fact.action, fact.occurred_at)
        for fact in facts
        if fact.producer == "notification"
        and fact.action in ("message_sent", "message_refused")
        and fact.details.get("kind") == NOTICE_MESSAGE
        and fact.occurred_at >= since
    ]
    sent = [result for result in results if result[0] == "message_sent"]
    return min(sent or results, key=lambda result: result[1], default=None)


def is_unknown(facts: Sequence[AuditedFact], request_id: str) -> bool:
    """Whether the vault itself audited that it holds nobody to erase for this request."""
    return any(
        (fact.producer, fact.action, fact.outcome) == (VAULT, "retailer_erased", "not_found")
        and fact.details.get("request_id") == request_id
        for fact in facts
    )


def reports(facts: Sequence[AuditedFact], request_id: str, expected: frozenset[str]) -> list[StoreReport]:
    """The first report of each expected store about this request; a store speaks for itself alone."""
    first: dict[str, StoreReport] = {}
    for fact in sorted(facts, key=lambda fact: fact.occurred_at):
        is_report = fact.action == "erasure_applied" and fact.details.get("request_id") == request_id
        if is_report and fact.producer in expected and fact.producer not in first:
            counts = {name: value for name, value in fact.details.items() if value.isdigit()}
            first[fact.producer] = StoreReport(fact.producer, fact.occurred_at, counts)
    return sorted(first.values())


def read_certificate(answer: Mapping[str, Any], retailer_id: str, keys: PublicKeys) -> Certificate:
    """The vault's answer to an erasure, verified.

    Raises:
        Unavailable: it is no certificate, is not signed by the vault, or names others than the retailer.
    """
    try:
        text, signature = canonical_json(answer["certificate"]).decode(), str(answer["signature"])
        _certificate(text, signature, keys)
        certificate = _read(text, signature)
    except (KeyError, TypeError, ValueError, NotAuthentic) as error:
        raise Unavailable("the vault's certificate cannot be verified") from error
    if retailer_id not in certificate.retailer_ids:
        raise Unavailable("the vault's certificate is about others")
    return certificate


def stored_certificate(row: Mapping[str, Any]) -> Certificate:
    """The certificate of a request whose identity is erased; it was verified when it came."""
    return _read(row["certificate"], row["certificate_signature"])


def _read(text: str, signature: str) -> Certificate:
    content = json.loads(text)
    return Certificate(
        text=text, signature=signature, request_id=content["request_id"], retailer_ids=tuple(content["retailer_ids"])
    )


def report_text(
    row: Mapping[str, Any],
    reported: Sequence[StoreReport],
    *,
    stores: Stores,
    completed_at: datetime,
    key_id: str,
) -> str:
    """The canonical text of the report that is signed: the vault's certificate, and every table of every store."""
    content = {
        "schema": REPORT_SCHEMA,
        "request_id": row["request_id"],
        "retailer_ids": list(row["retailer_ids"]),
        "received_at": format_instant(row["received_at"], "seconds"),
        "told_at": format_instant(row["notice_at"], "seconds"),
        "completed_at": format_instant(completed_at, "seconds"),
        "certificate": row["certificate"],
        "certificate_signature": row["certificate_signature"],
        "stores": [
            {"store": store, "table": table, "erased": entry.get("erased"), "kept": entry.get("kept")}
            for store, tables in stores.items()
            for table, entry in tables.items()
        ],
        "reports": [
            {
                "store": report.store,
                "reported_at": format_instant(report.reported_at, "seconds"),
                "counts": report.counts,
            }
            for report in reported
        ],
        "key_id": key_id,
    }
    return canonical_json(content).decode()


def verify_report(document: Mapping[str, Any], keys: PublicKeys) -> dict[str, Any]:
    """The content of a signed report, with nothing but public keys.

    Raises:
        NotAuthentic: a signature does not hold, the certificate within is about others, or a store that has something
            to erase did not report.
    """
    try:
        text = canonical_json(document["report"]).decode()
        content = read_signed(text, document["signature"], keys, schema=REPORT_SCHEMA, key_label=REPORT_KEY_LABEL)
        certificate = _certificate(content["certificate"], content["certificate_signature"], keys)
        erasing = {entry["store"] for entry in content["stores"] if entry["erased"]} - {VAULT}
        reported = {report["store"] for report in content["reports"]}
        is_about_the_same = certificate["retailer_ids"] == content["retailer_ids"]
    except NotAuthentic:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise NotAuthentic("no such document") from error
    if not is_about_the_same:
        raise NotAuthentic("the certificate is about others than the report")
    if not erasing or erasing - reported:
        raise NotAuthentic("a store that erases did not report")
    return content


def certificate_sha256(text: str) -> str:
    """What the audit names a certificate by."""
    return hashlib.sha256(text.encode()).hexdigest()


def _certificate(text: str, signature: str, keys: PublicKeys) -> dict[str, Any]:
    return read_signed(text, signature, keys, schema=CERTIFICATE_SCHEMA, key_label=CERTIFICATE_KEY_LABEL)
