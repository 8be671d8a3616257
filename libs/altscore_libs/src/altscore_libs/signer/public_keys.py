"""The public side of signatures: key ids, and the keys that a verifier trusts."""

import hashlib
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from altscore_libs.signer.ports import SignatureVerifier

COORDINATE_BYTES = 32
UNKNOWN_RELOAD_S = 2.0
RELOAD_S = 30.0
_log = logging.getLogger("altscore.signer")


def key_id_of(label: str, public_key: ec.EllipticCurvePublicKey) -> str:
    """`<label>-<first 16 hex digits of SHA-256 of the DER SubjectPublicKeyInfo>`; the number of a later key is cut."""
    der = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"{label.split('.', maxsplit=1)[0]}-{hashlib.sha256(der).hexdigest()[:16]}"


def _read(folder: Path) -> dict[str, ec.EllipticCurvePublicKey]:
    keys = {}
    for path in sorted(folder.glob("*.pem")):
        key = serialization.load_pem_public_key(path.read_bytes())
        if isinstance(key, ec.EllipticCurvePublicKey):
            keys[key_id_of(path.name.split(".")[0], key)] = key
    return keys


def is_signed(text: str, signature: str, *, label: str, key_id: str, keys: SignatureVerifier) -> bool:
    """Whether a key of one purpose signed a text; a folder of public keys holds those of others too.

    Args:
        text: of which the SHA-256 is signed.
        signature: r and s in hexadecimal; anything else does not hold.
        label: of the keys that may sign it.
        key_id: that the text, or who hands it over, names.
        keys: whose signatures count.
    """
    if key_id.rpartition("-")[0] != label:
        return False
    try:
        raw = bytes.fromhex(signature)
    except ValueError:
        return False
    return keys.verify(key_id, hashlib.sha256(text.encode()).digest(), raw)


class PublicKeys:
    """The public keys that a verifier trusts, by key id; old keys stay so that old signatures still verify.

    Those of a folder are read again while the process runs: within two seconds when an unknown key id comes up, so that
    a key made meanwhile verifies, and every 30 seconds at least, so that a key taken out does not. A folder that cannot
    be read changes nothing.
    """

    def __init__(self, keys: dict[str, ec.EllipticCurvePublicKey]) -> None:
        self._keys = dict(keys)
        self._folder: Path | None = None
        self._monotonic: Callable[[], float] = time.monotonic
        self._read_at_s = self._looked_at_s = 0.0
        self._lock = threading.Lock()

    @classmethod
    def load(cls, folder: Path, *, monotonic: Callable[[], float] = time.monotonic) -> "PublicKeys":
        """Reads `<label>.pem` and `<label>.<n>.pem` of a folder.

        Args:
            folder: of the PEM files; those of other kinds than elliptic curves are passed over.
            monotonic: seconds that only grow.

        Raises:
            OSError: a file cannot be read.
            ValueError: a file holds no public key.
        """
        keys = cls(_read(folder))
        keys._folder, keys._monotonic = folder, monotonic
        keys._read_at_s, keys._looked_at_s = monotonic(), monotonic() - UNKNOWN_RELOAD_S  # an unknown key: at once
        return keys

    def __contains__(self, key_id: object) -> bool:
        return key_id in self._current(key_id)

    def _current(self, key_id: object) -> dict[str, ec.EllipticCurvePublicKey]:
        if self._folder is None:
            return self._keys
        with self._lock:
            now_s = self._monotonic()
            is_sought = key_id not in self._keys and now_s - self._looked_at_s >= UNKNOWN_RELOAD_S
            if is_sought or now_s - self._read_at_s >= RELOAD_S:
                self._read_at_s = self._looked_at_s = now_s
                try:
                    self._keys = _read(self._folder)
                except (OSError, ValueError) as error:  # the keys read before stay good
                    _log.error("the folder of public keys cannot be read", extra={"reason": type(error).__name__})
            return self._keys

    def verify(self, key_id: str, message_digest: bytes, signature: bytes) -> bool:
        """Whether `signature` (r||s) over the digest is by that key; False for unknown keys and malformed bytes."""
        key = self._current(key_id).get(key_id)
        if key is None or len(signature) != 2 * COORDINATE_BYTES:
            return False
        r = int.from_bytes(signature[:COORDINATE_BYTES], "big")
        s = int.from_bytes(signature[COORDINATE_BYTES:], "big")
        try:
            key.verify(encode_dss_signature(r, s), message_digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        except InvalidSignature:
            return False
        return True
