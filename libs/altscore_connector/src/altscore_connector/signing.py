"""The two signatures of a batch; the HMAC key is the signing secret's own text, as ASCII."""

import hashlib
import hmac


def sign_v1(secret: str, body: bytes) -> str:
    """Lower-case hex HMAC-SHA256 over the raw body."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def sign_v2(secret: str, body: bytes, *, path: str, batch_id: str, erp_type: str, timestamp_s: int) -> str:
    """Value of X-Payload-Signature-V2: covers method, path, batch id, ERP type, time and body digest."""
    lines = ("altscore-v2", "POST", path, batch_id, erp_type, str(timestamp_s), hashlib.sha256(body).hexdigest())
    mac = hmac.new(secret.encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
    return f"t={timestamp_s},v2={mac}"
