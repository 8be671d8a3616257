"""A connector as tests need it: keys of its own, a certificate request, and signed requests."""

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from altscore_ingestion.distributors.certificates import KEY_LABEL, ConnectorCa
from altscore_libs.testing import SoftwareSigner
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PATH = "/v1/ingest/batch"
HEARTBEAT = "/v1/connector/heartbeat"
BEAT: dict[str, Any] = {
    "connector_version": "1.2.3",
    "erp_type": "csv",
    "source_ok": True,
    "queued_batches": 0,
    "last_success_at": None,
    "last_exit_status": None,
    "findings": 0,
}


def make_ca() -> ConnectorCa:
    """A fresh connector CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    return ConnectorCa(authority_pem(key.public_key()), SoftwareSigner(KEY_LABEL, key))


def authority_pem(key: ec.EllipticCurvePublicKey) -> bytes:
    """A certificate of a connector CA with that key; whoever trusts it does not ask who signed it."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test connector CA")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2050, 1, 1, tzinfo=UTC))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


@dataclass
class Connector:
    """One distributor's connector."""

    distributor_id: str
    key: Any
    api_key: str = ""
    signing_secret: str = ""
    certificate_pem: str = ""

    @classmethod
    def new(cls, distributor_id: str, key: Any = None) -> "Connector":
        """A connector with a fresh key and no credentials."""
        return cls(distributor_id, key or ec.generate_private_key(ec.SECP256R1()))

    def csr_pem(self, *, names: tuple[str, ...] = ()) -> str:
        """A certificate request; `names` are alternative names it asks for."""
        builder = x509.CertificateSigningRequestBuilder().subject_name(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "whatever it likes")])
        )
        if names:
            alternative_names = [x509.UniformResourceIdentifier(name) for name in names]
            builder = builder.add_extension(x509.SubjectAlternativeName(alternative_names), critical=False)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()

    def take(self, answer: dict[str, Any]) -> None:
        """Keeps what onboarding answered."""
        self.certificate_pem = answer["certificate_pem"]
        self.api_key = answer.get("api_key", self.api_key)
        self.signing_secret = answer.get("signing_secret", self.signing_secret)

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate it was given."""
        return x509.load_pem_x509_certificate(self.certificate_pem.encode())

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate."""
        return self.certificate.fingerprint(hashes.SHA256()).hex()

    def sign(self, body: bytes) -> str:
        """v1: over the raw body."""
        return hmac.new(self.signing_secret.encode(), body, hashlib.sha256).hexdigest()

    def sign_v2(
        self,
        body: bytes,
        *,
        at: datetime,
        batch_id: str = "",
        erp_type: str = "",
        path: str = PATH,
        method: str = "POST",
    ) -> str:
        """v2: over the request around the body, too."""
        timestamp = int(at.timestamp())
        lines = ("altscore-v2", method, path, batch_id, erp_type, str(timestamp), hashlib.sha256(body).hexdigest())
        signature = hmac.new(self.signing_secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
        return f"t={timestamp},v2={signature}"

    def signed(
        self,
        method: str,
        path: str,
        payload: Any = None,
        *,
        now: datetime,
        headers: dict[str, str | None] | None = None,
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a signed request that is no batch; `headers` as in `request`."""
        body = b"" if payload is None else json.dumps(payload).encode()
        all_headers: dict[str, str | None] = {
            "X-API-Key": self.api_key,
            "X-Payload-Signature-V2": self.sign_v2(body, at=now, path=path, method=method),
        }
        if payload is not None:
            all_headers["Content-Type"] = "application/json"
        all_headers |= headers or {}
        return body, {name: value for name, value in all_headers.items() if value is not None}

    def uploading(
        self,
        path: str,
        text: str | bytes,
        *,
        now: datetime,
        upload_id: str | None = None,
        headers: dict[str, str | None] | None = None,
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a signed upload; `headers` as in `request`."""
        body = text if isinstance(text, bytes) else text.encode()
        identifier = upload_id or str(uuid4())
        all_headers: dict[str, str | None] = {
            "Content-Type": "text/csv",
            "X-API-Key": self.api_key,
            "X-ERP-Type": "csv",
            "X-Batch-ID": identifier,
            "X-Payload-Signature-V2": self.sign_v2(body, at=now, path=path, batch_id=identifier, erp_type="csv"),
        }
        all_headers |= headers or {}
        return body, {name: value for name, value in all_headers.items() if value is not None}

    def request(
        self,
        payload: Any,
        *,
        now: datetime,
        batch_id: str | None = None,
        erp_type: str = "csv",
        headers: dict[str, str | None] | None = None,
        with_v2: bool = False,
    ) -> tuple[bytes, dict[str, str]]:
        """Body and headers of a signed batch; `headers` replaces some, None leaves one out."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        identifier = batch_id or str(uuid4())
        all_headers: dict[str, str | None] = {
            "Content-Type": "application/json",
            "X-API-Key": self.api_key,
            "X-Payload-Signature": self.sign(body),
            "X-ERP-Type": erp_type,
            "X-Batch-ID": identifier,
        }
        if with_v2:
            all_headers["X-Payload-Signature-V2"] = self.sign_v2(body, batch_id=identifier, erp_type=erp_type, at=now)
        all_headers |= headers or {}
        return body, {name: value for name, value in all_headers.items() if value is not None}


def batch_of(
    distributor_id: str = "dist_a", *, at: datetime = datetime(2026, 5, 19, tzinfo=UTC), **lists: Any
) -> dict[str, Any]:
    """An envelope with the given lists."""
    return {
        "distributor_id": distributor_id,
        "sync_from": (at - timedelta(days=18)).isoformat(),
        "sync_to": at.isoformat(),
        **lists,
    }


def invoice(invoice_id: str = "INV-1", **fields: Any) -> dict[str, Any]:
    """A sound invoice."""
    return {
        "invoice_id": invoice_id,
        "retailer_ref": "ledger-1",
        "invoice_date": "2026-05-03",
        "due_date": "2026-05-17",
        "amount_inr": 42000,
        **fields,
    }


def payment(payment_id: str = "PAY-1", **fields: Any) -> dict[str, Any]:
    """A sound payment on account."""
    return {
        "payment_id": payment_id,
        "retailer_ref": "ledger-1",
        "paid_date": "2026-05-15",
        "amount_paid_inr": 42000,
        **fields,
    }


def retailer(retailer_ref: str = "ledger-1", **fields: Any) -> dict[str, Any]:
    """A line of the customer master."""
    return {"retailer_ref": retailer_ref, "shop_name": "Corner shop", "district": "Pune", **fields}


def returned(return_id: str = "CN-1", **fields: Any) -> dict[str, Any]:
    """A sound credit note."""
    return {
        "return_id": return_id,
        "retailer_ref": "ledger-1",
        "return_date": "2026-05-10",
        "amount_inr": 10.5,
        **fields,
    }
