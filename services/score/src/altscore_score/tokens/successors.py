"""The pair that a refresh gave, encrypted so that only the spent refresh token opens it again."""

from typing import NamedTuple

import orjson
from altscore_libs.envelope import KEY_BYTES, decrypt, encrypt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Successor(NamedTuple):
    """What a refresh gave."""

    access_token: str
    refresh_token: str
    jti: str


def encrypt_successor(successor: Successor, *, spent_token: str, family_id: str) -> bytes:
    """The pair for the database, which knows of the spent token only its digest and so cannot read it."""
    return encrypt(_key(spent_token), orjson.dumps(successor._asdict()), context=family_id.encode())


def decrypt_successor(ciphertext: bytes, *, spent_token: str, family_id: str) -> Successor:
    """The pair.

    Raises:
        ValueError: another spent token, another family, or changed bytes.
    """
    return Successor(**orjson.loads(decrypt(_key(spent_token), ciphertext, context=family_id.encode())))


def _key(spent_token: str) -> bytes:
    derive = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=b"altscore refresh successor")
    return derive.derive(spent_token.encode())
