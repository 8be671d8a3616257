"""The public side of signatures: key ids, and the keys that a verifier trusts."""

import hashlib
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

COORDINATE_BYTES = 32


def key_id_of(label: str, public_key: ec.EllipticCurvePublicKey) -> str:
    """`<label>-<first 16 hex digits of SHA-256 of the DER SubjectPublicKeyInfo>`; the number of a later key is cut."""
    der = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"{label.split('.', maxsplit=1)[0]}-{hashlib.sha256(der).hexdigest()[:16]}"


class PublicKeys:
    """The public keys that a verifier trusts, by key id; old keys stay so that old signatures still verify."""

    def __init__(self, keys: dict[str, ec.EllipticCurvePublicKey]) -> None:
        self._keys = dict(keys)

    @classmethod
    def load(cls, folder: Path) -> "PublicKeys":
        """Reads `<label>.pem` and `<label>.<n>.pem` of a folder."""
        keys = {}
        for path in sorted(folder.glob("*.pem")):
            key = serialization.load_pem_public_key(path.read_bytes())
            if isinstance(key, ec.EllipticCurvePublicKey):
                keys[key_id_of(path.name.split(".")[0], key)] = key
        return cls(keys)

    def __contains__(self, key_id: object) -> bool:
        return key_id in self._keys

    def verify(self, key_id: str, message_digest: bytes, signature: bytes) -> bool:
        """Whether `signature` (r||s) over the digest is by that key; False for unknown keys and malformed bytes."""
        key = self._keys.get(key_id)
        if key is None or len(signature) != 2 * COORDINATE_BYTES:
            return False
        r = int.from_bytes(signature[:COORDINATE_BYTES], "big")
        s = int.from_bytes(signature[COORDINATE_BYTES:], "big")
        try:
            key.verify(encode_dss_signature(r, s), message_digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        except InvalidSignature:
            return False
        return True
