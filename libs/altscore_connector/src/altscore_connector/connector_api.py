"""The service's endpoints for the connector itself: heartbeat, rotation of key and certificate, quarantine."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import httpx

from altscore_connector.client import IngestionClient
from altscore_connector.errors import DeliveryError
from altscore_connector.faults import sentence_of
from altscore_connector.ledger_totals import MonthTotals, months_of
from altscore_connector.other_installation import SendingInstallation

HEARTBEAT_PATH = "/v1/connector/heartbeat"
ROTATE_KEY_PATH = "/v1/connector/rotate-key"
ROTATE_CERTIFICATE_PATH = "/v1/connector/rotate-certificate"
QUARANTINE_PATH = "/v1/connector/quarantine"
TOTALS_PATH = "/v1/ingestion/totals"
INSTALLATION_PATH = "/v1/connector/installation"
_MOST_PAGES = 1_000


@dataclass(frozen=True)
class Heartbeat:
    """What the service says of this site."""

    server_time: datetime
    api_key_expires_at: datetime | None
    certificate_expires_at: datetime | None
    quarantined: int


@dataclass(frozen=True)
class IssuedKey:
    """A new API key and signing secret; its repr shows nothing."""

    api_key: str = field(repr=False)
    signing_secret: str = field(repr=False)
    expires_at: datetime | None = None


@dataclass(frozen=True)
class QuarantinedRecord:
    """A record that the service put aside, with a reason that holds no value of it."""

    batch_id: str
    table: str
    record_key: str
    reason: str
    rule: str


def send_heartbeat(client: IngestionClient, document: dict[str, Any]) -> Heartbeat:
    """Tells the service how this site is.

    Raises:
        DeliveryError: not reachable, refused, or an answer of something else.
    """
    body = _call(client, "POST", HEARTBEAT_PATH, document=document, expected=200)
    server_time = _instant(body, "server_time")
    if server_time is None:
        raise DeliveryError("the answer to the heartbeat lacks its time", status=200)
    quarantined = body.get("quarantined")
    return Heartbeat(
        server_time=server_time,
        api_key_expires_at=_instant(body, "api_key_expires_at"),
        certificate_expires_at=_instant(body, "certificate_expires_at"),
        quarantined=quarantined if isinstance(quarantined, int) else 0,
    )


def rotate_key(client: IngestionClient) -> IssuedKey:
    """Asks for a new key and secret with the present ones, which stay valid for a while.

    Raises:
        DeliveryError: as `send_heartbeat`.
    """
    body = _call(client, "POST", ROTATE_KEY_PATH, document={}, expected=201)
    api_key, secret = body.get("api_key"), body.get("signing_secret")
    if not (isinstance(api_key, str) and isinstance(secret, str) and api_key and secret):
        raise DeliveryError("the answer holds no new key", status=201)
    return IssuedKey(api_key=api_key, signing_secret=secret, expires_at=_instant(body, "expires_at"))


def rotate_certificate(client: IngestionClient, csr_pem: str) -> str:
    """Asks for a certificate; the present one stays valid until its end.

    Raises:
        DeliveryError: as `send_heartbeat`.
    """
    document = {"csr_pem": csr_pem}
    body = _call(client, "POST", ROTATE_CERTIFICATE_PATH, document=document, expected=201)
    certificate = body.get("certificate_pem")
    if not isinstance(certificate, str):
        raise DeliveryError("the answer holds no certificate", status=201)
    return certificate


def quarantined_records(client: IngestionClient) -> Iterator[QuarantinedRecord]:
    """Every record of this site that the service put aside.

    Raises:
        DeliveryError: as `send_heartbeat`.
    """
    query = ""
    for _ in range(_MOST_PAGES):
        body = _call(client, "GET", QUARANTINE_PATH, query=query, expected=200)
        records = body.get("records")
        for record in records if isinstance(records, list) else []:
            yield _record(record if isinstance(record, Mapping) else {})
        after = body.get("next")
        if not isinstance(after, str) or not after:
            return
        query = urlencode({"after": after})


def sending_installation(client: IngestionClient) -> SendingInstallation | None:
    """The installation whose batches AltScore takes; None where there is none, or a service of before tells none.

    Raises:
        DeliveryError: as `send_heartbeat`.
    """
    try:
        return SendingInstallation.of(_call(client, "GET", INSTALLATION_PATH, expected=200))
    except DeliveryError as error:
        if error.status != 404:
            raise
        return None


def take_over(client: IngestionClient, *, instead_of: str) -> None:
    """Lets this installation send from now on.

    Raises:
        OtherInstallationError: another one than `instead_of` sends meanwhile.
        DeliveryError: as `send_heartbeat`.
    """
    _call(client, "POST", INSTALLATION_PATH, document={"instead_of": instead_of}, expected=200)


def ledger_totals(client: IngestionClient) -> list[MonthTotals]:
    """The ERP's totals against what AltScore holds, for every month that either side has.

    Raises:
        DeliveryError: as `send_heartbeat`.
    """
    return months_of(_call(client, "GET", TOTALS_PATH, expected=200))


def ask(client: IngestionClient) -> None:
    """One signed request that changes nothing, to see whether certificate, key and secret are accepted.

    Raises:
        DeliveryError: as `send_heartbeat`.
    """
    _call(client, "GET", QUARANTINE_PATH, expected=200)


def _record(record: Mapping[str, Any]) -> QuarantinedRecord:
    text = {name: str(record.get(name, "")) for name in ("batch_id", "table", "record_key", "reason", "rule")}
    return QuarantinedRecord(**text)


def _call(
    client: IngestionClient,
    method: str,
    path: str,
    *,
    expected: int,
    document: dict[str, Any] | None = None,
    query: str = "",
) -> dict[str, Any]:
    try:
        reply = client.call(method, path, document, query=query)
    except httpx.HTTPError as error:
        raise DeliveryError(sentence_of(error)) from None
    client.refuse_other(reply)
    if reply.status != expected:
        raise DeliveryError(
            f"AltScore answered {reply.status} {reply.code or ''}".rstrip(), status=reply.status, code=reply.code
        )
    return reply.body


def _instant(body: Mapping[str, Any], name: str) -> datetime | None:
    value = body.get(name)
    try:
        instant = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return instant if instant is not None and instant.tzinfo is not None else None
