"""Our own list of public keys, and signatures against it."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

Keys = Mapping[str, ec.EllipticCurvePublicKey]
_HALF = 32


class CannotVerify(Exception):
    """Something that verification needs is not there; nothing was proven, neither way."""


def load_keys(paths: Iterable[Path]) -> dict[str, ec.EllipticCurvePublicKey]:
    """P-256 keys by id; a path is `<label>.pem`, `<label>.<n>.pem`, or a folder of them.

    Raises:
        CannotVerify: no P-256 key among them.
    """
    files = [file for path in paths for file in (sorted(path.glob("*.pem")) if path.is_dir() else [path])]
    keys = {}
    for file in files:
        try:
            key = serialization.load_pem_public_key(file.read_bytes())
        except (OSError, ValueError) as error:
            raise CannotVerify(f"public key {file.name}: {type(error).__name__}") from error
        if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
            der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
            keys[f"{file.name.split('.')[0]}-{hashlib.sha256(der).hexdigest()[:16]}"] = key
    if not keys:
        raise CannotVerify("no P-256 public key given")
    return keys


def signature_fault(keys: Keys, key_id: object, document: str, signature: object) -> str | None:
    """Why a signature (r||s in hex) over the document is not valid, None when it is."""
    key = keys.get(key_id) if isinstance(key_id, str) else None
    if key is None:
        return "signed by a key that is not on the list"
    try:
        raw = bytes.fromhex(signature) if isinstance(signature, str) else b""
    except ValueError:
        raw = b""
    if len(raw) != 2 * _HALF:
        return "not a signature"
    r, s = int.from_bytes(raw[:_HALF], "big"), int.from_bytes(raw[_HALF:], "big")
    try:
        key.verify(encode_dss_signature(r, s), document.encode("utf-8", "surrogatepass"), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return "the signature does not hold"
    return None
