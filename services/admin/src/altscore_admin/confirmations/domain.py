"""The confirmation of a sensitive action: what the key signs is the digest of exactly that action. Pure.

The challenge is SHA-256 of the RFC 8785 form of {challenge_id, operator_id, method, path, body_sha256}, so a signature
for one action confirms no other, and the audit's entry shows a third party who confirmed what (`verify`).
"""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from altscore_libs.canonical_json import canonical_digest
from cryptography.exceptions import InvalidSignature
from webauthn.helpers import (
    bytes_to_base64url,
    decode_credential_public_key,
    decoded_public_key_to_cryptography,
    verify_signature,
)

from altscore_admin.security_keys.ceremonies import MALFORMED
from altscore_admin.security_keys.domain import Assertion, UsedKey

HEADER = "X-Action-Assertion"
MAX_HEADER_CHARACTERS = 6_000
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")  # GET: the export of everything that is held of a retailer
# Each part begins with a lower-case letter: neither a phone number nor a GSTIN can enter the audit with a path.
PATH_PATTERN = r"^/v1/admin(/[a-z][a-z0-9._-]{0,79}){1,8}$"
_HEADER = re.compile(r"[A-Za-z0-9_-]{1,6000}={0,2}")
_USER_PRESENT_AND_VERIFIED = 0x05
_RP_ID_HASH_BYTES = 32
_MIN_AUTHENTICATOR_DATA = 37


class Action(NamedTuple):
    """What is done, exactly.

    Attributes:
        method: of HTTP.
        path: as requested, without a query: a sensitive action takes none.
        body_sha256: of the body's bytes, hex; of no bytes where there is no body.
    """

    method: str
    path: str
    body_sha256: str


class NotConfirmed(Exception):
    """An audit entry does not prove that this operator confirmed this action."""


def action_of(method: str, path: str, body: bytes) -> Action:
    """The action that a request asks for."""
    return Action(method, path, hashlib.sha256(body).hexdigest())


def is_confirmable(action: Action) -> bool:
    """Whether an action has the form that challenges are given for."""
    return action.method in METHODS and re.fullmatch(PATH_PATTERN, action.path) is not None


def challenge_of(challenge_id: str, operator_id: str, action: Action) -> bytes:
    """What the key signs for an action: 32 bytes."""
    return canonical_digest({"challenge_id": challenge_id, "operator_id": operator_id, **action._asdict()})


def assertion_of(header: str) -> Assertion | None:
    """The confirmation in a header: base64url of JSON {challenge_id, credential}; None for anything else."""
    if _HEADER.fullmatch(header) is None:
        return None
    try:
        text = base64.urlsafe_b64decode(header.rstrip("=") + "=" * (-len(header.rstrip("=")) % 4))
        content = json.loads(text)
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or content.keys() != {"challenge_id", "credential"}:
        return None
    challenge_id, credential = content["challenge_id"], content["credential"]
    if not isinstance(challenge_id, str) or not isinstance(credential, dict):
        return None
    return Assertion(challenge_id, credential) if re.fullmatch(r"chl_[0-9a-f]{32}", challenge_id) else None


def entry_of(challenge_id: str, action: Action, used: UsedKey) -> dict[str, str]:
    """Details of the audit's entry: everything that `verify` needs beside the actor."""
    return {
        "challenge_id": challenge_id,
        **action._asdict(),
        "key_id": used.key_id,
        "credential_id": used.credential_id.hex(),
        "public_key": used.public_key.hex(),
        "authenticator_data": used.authenticator_data.hex(),
        "client_data": used.client_data.hex(),
        "signature": used.signature.hex(),
    }


def verify(actor: str, entry: Mapping[str, str], *, registered_public_key: bytes, origin: str, rp_id: str) -> None:
    """Whether an audit entry proves that its actor confirmed its action; needs no database and no service.

    Args:
        actor: of the entry `action_confirmed`.
        entry: its details.
        registered_public_key: from the operator's own entry `security_key_registered` with the same `key_id`.
        origin: of the pages that operators use.
        rp_id: host name that keys are bound to.

    Raises:
        NotConfirmed: it does not.
    """
    try:
        client_data, authenticator_data = (
            bytes.fromhex(entry["client_data"]),
            bytes.fromhex(entry["authenticator_data"]),
        )
        action = Action(entry["method"], entry["path"], entry["body_sha256"])
        challenge = challenge_of(entry["challenge_id"], actor, action)
        _check(json.loads(client_data), challenge, origin)
        is_ours = authenticator_data[:_RP_ID_HASH_BYTES] == hashlib.sha256(rp_id.encode()).digest()
        flags = authenticator_data[_RP_ID_HASH_BYTES] if len(authenticator_data) >= _MIN_AUTHENTICATOR_DATA else 0
        is_registered = bytes.fromhex(entry["public_key"]) == registered_public_key
        if not is_ours or not is_registered or flags & _USER_PRESENT_AND_VERIFIED != _USER_PRESENT_AND_VERIFIED:
            raise NotConfirmed("another key, another service, or nobody was there")
        key = decode_credential_public_key(registered_public_key)
        verify_signature(
            public_key=decoded_public_key_to_cryptography(key),
            signature_alg=key.alg,
            signature=bytes.fromhex(entry["signature"]),
            data=authenticator_data + hashlib.sha256(client_data).digest(),
        )
    except InvalidSignature as error:
        raise NotConfirmed("the signature does not hold") from error
    except MALFORMED as error:
        raise NotConfirmed("no such entry") from error


def _check(client_data: Any, challenge: bytes, origin: str) -> None:
    expected = {"type": "webauthn.get", "challenge": bytes_to_base64url(challenge), "origin": origin}
    if {name: client_data.get(name) for name in expected} != expected or client_data.get("crossOrigin"):
        raise NotConfirmed("the key signed something else")
