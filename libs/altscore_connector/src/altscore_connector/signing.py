"""The two signatures of a batch; the HMAC key is the signing secret's own text, as ASCII."""

import hashlib
import hmac
from dataclasses import dataclass


def sign_v1(secret: str, body: bytes) -> str:
    """Lower-case hex HMAC-SHA256 over the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class SignedParts:
    """What the second signature covers besides time and body; batch id and ERP type are empty where none is sent."""

    path: str
    method: str = "POST"
    batch_id: str = ""
    erp_type: str = ""


def sign_v2(secret: str, body: bytes, parts: SignedParts, *, timestamp_s: int) -> str:
    """Value of X-Payload-Signature-V2: covers method, path, batch id, ERP type, time and body digest."""
    digest = hashlib.sha256(body).hexdigest()
    lines = ("altscore-v2", parts.method, parts.path, parts.batch_id, parts.erp_type, str(timestamp_s), digest)
    mac = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    return f"t={timestamp_s},v2={mac}"
