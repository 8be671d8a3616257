"""Distributors of the benchmark with credentials of their own, and the batches that they send."""

import hashlib
import hmac
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from altscore_libs.identifiers import parse_gstin
from altscore_libs.tls import ClientTls, client_context
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bench.ingest.servers import OURS, IngestServers
from bench.load import request_bytes

PATH = "/v1/ingest/batch"
RETAILERS = 150
BACKFILL_HOURS = 24
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class Distributor:
    """A connector's credentials."""

    number: int
    distributor_id: str
    api_key: str
    signing_secret: str
    context: ssl.SSLContext

    def request(self, body: bytes, *, headers: Mapping[str, str] | None = None) -> bytes:
        """A signed batch as it goes over the wire."""
        return request_bytes("POST", PATH, self.headers(body) | dict(headers or {}), body)

    def headers(self, body: bytes) -> dict[str, str]:
        """Of a signed batch."""
        signature = hmac.new(self.signing_secret.encode(), body, hashlib.sha256).hexdigest()
        return {
            "content-type": "application/json",
            "x-api-key": self.api_key,
            "x-payload-signature": signature,
            "x-erp-type": "tally_prime",
            "x-batch-id": str(uuid4()),
        }

    def batch(self, *, sequence: int, first: int, count: int) -> bytes:
        """Records `first` to `first + count` of its ledger: invoices, payments of them, and one line in twenty of the
        customer master."""
        now = datetime.now(UTC)
        lists: dict[str, list[dict[str, Any]]] = {"invoices": [], "payments": [], "retailers": []}
        for number in range(first, first + count):
            table = "retailers" if number % 20 == 19 else "payments" if number % 20 >= 12 else "invoices"
            lists[table].append(_RECORDS[table](self.number, number))
        envelope = {
            "distributor_id": self.distributor_id,
            "sync_from": (now - timedelta(days=30)).isoformat(),
            "sync_to": now.isoformat(),
            "sequence": sequence,
        }
        return json.dumps(envelope | lists, ensure_ascii=False).encode()


def _invoice(distributor: int, number: int) -> dict[str, Any]:
    invoiced_on = _day(number)
    return {
        "invoice_id": f"INV/26-27/{number:06d}",
        "retailer_ref": _reference(number),
        "invoice_date": invoiced_on.date().isoformat(),
        "due_date": (invoiced_on + timedelta(days=21)).date().isoformat(),
        "amount_inr": _amount_inr(distributor, number),
        "line_count": number % 9 + 1,
        "source_order": number + 1,
    }


def _payment(distributor: int, number: int) -> dict[str, Any]:
    return {
        "payment_id": f"RCT/26-27/{number:06d}",
        "retailer_ref": _reference(number),
        "invoice_id": f"INV/26-27/{number - 12:06d}",
        "paid_date": _day(number).date().isoformat(),
        "amount_paid_inr": _amount_inr(distributor, number),
        "payment_method": "upi",
        "source_order": number + 1,
    }


def _retailer(distributor: int, number: int) -> dict[str, Any]:
    place = number // 20 % RETAILERS
    identity = distributor * RETAILERS + place
    fields = {
        "retailer_ref": f"ledger-{place}",
        "phone": f"9{identity:09d}",
        "shop_name": f"Shop {identity}",
        "district": "Pune",
    }
    return fields | ({"gst": gstin(identity)} if place % 2 else {})


_RECORDS = {"invoices": _invoice, "payments": _payment, "retailers": _retailer}


def _reference(number: int) -> str:
    return f"ledger-{number * 7 % RETAILERS}"


def _amount_inr(distributor: int, number: int) -> float:
    return (50_000 + (number * 7919 + distributor * 104_729) % 9_000_000) / 100


def _day(number: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=number % 60 + 1)


def gstin(number: int) -> str:
    """A well-formed GSTIN, another one for every number."""
    letters = "".join(chr(ord("A") + number // 26**place // 10_000 % 26) for place in range(5))
    stem = f"27{letters}{number % 10_000:04d}A1Z"
    return next(stem + digit for digit in _DIGITS if parse_gstin(stem + digit))


class Population:
    """Onboards distributors as admin does.

    Args:
        servers: ingestion and the baseline run.
    """

    def __init__(self, servers: IngestServers) -> None:
        self._servers = servers
        self._count = 0
        pki = servers.layout.pki
        tls = ClientTls(pki / "ca.pem", pki / "admin.crt", pki / "admin.key")
        self._admin = httpx.Client(
            base_url=f"https://127.0.0.1:{servers.port(OURS)}/internal/admin/distributors",
            verify=client_context(tls),
            trust_env=False,
            timeout=30,
        )
        self._folder = servers.layout.run / "connectors"
        self._folder.mkdir(exist_ok=True)

    def onboard(self, count: int) -> list[Distributor]:
        """New distributors, known to ingestion and to the baseline, with the higher quota of a backfill."""
        distributors = [self._onboard() for _ in range(count)]
        rows = [
            (item.distributor_id, hashlib.sha256(item.api_key.encode()).digest(), item.signing_secret)
            for item in distributors
        ]
        with self._servers.superuser("ingestion") as connection, connection.cursor() as cursor:
            cursor.executemany("INSERT INTO naive_distributor VALUES (%s, %s, %s)", rows)
        return distributors

    def _onboard(self) -> Distributor:
        number, self._count = self._count, self._count + 1
        distributor_id, key = f"dist_bench_{number}", ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, distributor_id)])
        csr = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        pem = serialization.Encoding.PEM
        answer = self._admin.put(
            f"/{distributor_id}", json={"name": distributor_id, "csr_pem": csr.public_bytes(pem).decode()}
        )
        answer.raise_for_status()
        self._admin.post(f"/{distributor_id}/backfill", json={"hours": BACKFILL_HOURS}).raise_for_status()
        credentials = answer.json()
        key_pem = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        return Distributor(
            number=number,
            distributor_id=distributor_id,
            api_key=credentials["api_key"],
            signing_secret=credentials["signing_secret"],
            context=self._context(distributor_id, credentials["certificate_pem"].encode(), key_pem),
        )

    def _context(self, distributor_id: str, certificate_pem: bytes, key_pem: bytes) -> ssl.SSLContext:
        certificate, key = (self._folder / f"{distributor_id}.{kind}" for kind in ("crt", "key"))
        certificate.write_bytes(certificate_pem)
        _write_private(key, key_pem)
        return client_context(ClientTls(self._servers.layout.pki / "ca.pem", certificate, key))


def _write_private(file: Path, content: bytes) -> None:
    file.touch(mode=0o600)
    file.write_bytes(content)
