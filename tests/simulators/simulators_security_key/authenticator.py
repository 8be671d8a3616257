"""A security key in software: ES256, packed attestation with a maker's root, a count that grows, user verification.

It answers as `credential.toJSON()` of a browser does. Every field can be set otherwise, to try what a service refuses.
"""

import base64
import datetime as dt
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

AAGUID = "6d8f1c9a-41b7-4f5e-9a2e-0c7d55aa1e10"
USER_PRESENT, USER_VERIFIED, BACKUP_ELIGIBLE, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40
AAGUID_EXTENSION = "1.3.6.1.4.1.45724.1.1.4"


def base64url(value: bytes) -> str:
    """Without padding, as WebAuthn writes it."""
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _certificate(
    subject: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    *,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    aaguid: str | None,
) -> x509.Certificate:
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=aaguid is None, path_length=None), critical=True)
    )
    if aaguid is not None:
        value = b"\x04\x10" + bytes.fromhex(aaguid.replace("-", ""))
        builder = builder.add_extension(
            x509.UnrecognizedExtension(x509.ObjectIdentifier(AAGUID_EXTENSION), value), critical=False
        )
    return builder.sign(issuer_key, hashes.SHA256())


class Maker:
    """Makes security keys of one model.

    Args:
        key: of its root; a new one by default.
        aaguid: of its model.
    """

    def __init__(self, key: ec.EllipticCurvePrivateKey | None = None, *, aaguid: str = AAGUID) -> None:
        self.aaguid = aaguid
        self._root_key = key or ec.generate_private_key(ec.SECP256R1())
        self._root_name = _name("Test security keys root")
        self._root = _certificate(
            self._root_name, self._root_key, issuer=self._root_name, issuer_key=self._root_key, aaguid=None
        )
        self.batch_key = ec.generate_private_key(ec.SECP256R1())
        self.batch_certificate = _certificate(
            _name("Test security key", unit="Authenticator Attestation"),
            self.batch_key,
            issuer=self._root_name,
            issuer_key=self._root_key,
            aaguid=aaguid,
        ).public_bytes(serialization.Encoding.DER)

    @classmethod
    def from_pem(cls, pem: bytes, *, aaguid: str = AAGUID) -> "Maker":
        """The maker whose root key a file holds; its root certificate is new, of the same key and name."""
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError("not an EC key")
        return cls(key, aaguid=aaguid)

    def root_pem(self) -> bytes:
        """What a service is told to trust."""
        return self._root.public_bytes(serialization.Encoding.PEM)

    def key_pem(self) -> bytes:
        """The root's private key."""
        return self._root_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def new_key(self, origin: str) -> "SecurityKey":
        """A new key, in a browser that shows pages of this origin."""
        return SecurityKey(self, origin)

    def kept_key(self, origin: str, kept: Mapping[str, Any]) -> "SecurityKey":
        """A key as `SecurityKey.kept` wrote it."""
        key = SecurityKey(self, origin)
        key.take_up(kept)
        return key


def _name(common_name: str, *, unit: str | None = None) -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "IN"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Test")]
    if unit is not None:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit))
    return x509.Name([*parts, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


@dataclass(frozen=True)
class Otherwise:
    """What an answer says otherwise than a real key would.

    Attributes:
        client_data: members of clientDataJSON, put over the right ones.
        rp_id: whose digest the key signs.
        flags: instead of those that are right.
        sign_count: instead of the next one.
        rp_signature_broken: the signature is of something else.
        attestation: `direct`, `none`, or `self` (without a certificate).
        user_handle: in the answer of an assertion.
        credential_id: in the answer, instead of the key's own.
    """

    client_data: Mapping[str, Any] = field(default_factory=dict)
    rp_id: str | None = None
    flags: int | None = None
    sign_count: int | None = None
    rp_signature_broken: bool = False
    attestation: str = "direct"
    user_handle: bytes | None = None
    credential_id: bytes | None = None


RIGHT = Otherwise()


class SecurityKey:
    """One key with one credential.

    Args:
        maker: who made it.
        origin: of the pages that ask it.
    """

    def __init__(self, maker: Maker, origin: str) -> None:
        self._maker = maker
        self._origin = origin
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._user_handle = b""
        self.credential_id = secrets.token_bytes(32)
        self.sign_count = 0

    def kept(self) -> dict[str, Any]:
        """The key with its secret, for a later process; whoever reads it has the key."""
        return {
            "private_value": format(self._key.private_numbers().private_value, "x"),
            "credential_id": self.credential_id.hex(),
            "sign_count": self.sign_count,
            "user_handle": self._user_handle.hex(),
        }

    def private_key_der(self) -> bytes:
        """The credential's private key (PKCS#8), as a browser's virtual authenticator takes it."""
        return self._key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def take_up(self, kept: Mapping[str, Any]) -> None:
        """Becomes the key that `kept` wrote."""
        self._key = ec.derive_private_key(int(kept["private_value"], 16), ec.SECP256R1())
        self.credential_id = bytes.fromhex(kept["credential_id"])
        self.sign_count = int(kept["sign_count"])
        self._user_handle = bytes.fromhex(kept["user_handle"])

    def create(self, options: Mapping[str, Any], otherwise: Otherwise = RIGHT) -> dict[str, Any]:
        """Answers `navigator.credentials.create()`: RegistrationResponseJSON."""
        client_data = self._client_data("webauthn.create", options["challenge"], otherwise)
        self._user_handle = from_base64url(options["user"]["id"])
        flags = USER_PRESENT | USER_VERIFIED | ATTESTED if otherwise.flags is None else otherwise.flags
        data = self._authenticator_data(otherwise.rp_id or options["rp"]["id"], flags, otherwise)
        data += bytes.fromhex(self._maker.aaguid.replace("-", ""))
        data += len(self.credential_id).to_bytes(2, "big") + self.credential_id + self._cose_key()
        statement = self._statement(data + hashlib.sha256(client_data).digest(), otherwise)
        kind = "none" if otherwise.attestation == "none" else "packed"
        attestation = cbor2.dumps({"fmt": kind, "attStmt": statement, "authData": data})
        return self._credential(
            otherwise, {"clientDataJSON": base64url(client_data), "attestationObject": base64url(attestation)}
        )

    def get(self, options: Mapping[str, Any], otherwise: Otherwise = RIGHT) -> dict[str, Any]:
        """Answers `navigator.credentials.get()`: AuthenticationResponseJSON; every answer is a touch."""
        client_data = self._client_data("webauthn.get", options["challenge"], otherwise)
        flags = USER_PRESENT | USER_VERIFIED if otherwise.flags is None else otherwise.flags
        data = self._authenticator_data(otherwise.rp_id or options["rpId"], flags, otherwise)
        signed = b"something else" if otherwise.rp_signature_broken else data + hashlib.sha256(client_data).digest()
        handle = self._user_handle if otherwise.user_handle is None else otherwise.user_handle
        return self._credential(
            otherwise,
            {
                "clientDataJSON": base64url(client_data),
                "authenticatorData": base64url(data),
                "signature": base64url(self._key.sign(signed, ec.ECDSA(hashes.SHA256()))),
                "userHandle": base64url(handle) if handle else None,
            },
        )

    def _credential(self, otherwise: Otherwise, response: dict[str, Any]) -> dict[str, Any]:
        identifier = base64url(otherwise.credential_id or self.credential_id)
        return {
            "id": identifier,
            "rawId": identifier,
            "type": "public-key",
            "authenticatorAttachment": "cross-platform",
            "clientExtensionResults": {},
            "response": {name: value for name, value in response.items() if value is not None},
        }

    def _client_data(self, kind: str, challenge: str, otherwise: Otherwise) -> bytes:
        content = {"type": kind, "challenge": challenge, "origin": self._origin, "crossOrigin": False}
        return json.dumps({**content, **otherwise.client_data}, separators=(",", ":")).encode()

    def _authenticator_data(self, rp_id: str, flags: int, otherwise: Otherwise) -> bytes:
        self.sign_count += 1
        count = self.sign_count if otherwise.sign_count is None else otherwise.sign_count
        return hashlib.sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _cose_key(self) -> bytes:
        numbers = self._key.public_key().public_numbers()
        return cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})

    def _statement(self, signed: bytes, otherwise: Otherwise) -> dict[str, Any]:
        if otherwise.attestation == "none":
            return {}
        if otherwise.rp_signature_broken:
            signed = b"something else"
        if otherwise.attestation == "self":
            return {"alg": -7, "sig": self._key.sign(signed, ec.ECDSA(hashes.SHA256()))}
        signature = self._maker.batch_key.sign(signed, ec.ECDSA(hashes.SHA256()))
        return {"alg": -7, "sig": signature, "x5c": [self._maker.batch_certificate]}
