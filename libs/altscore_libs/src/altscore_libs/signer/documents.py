"""Signed documents: canonical JSON that says in itself what it is and which key signed it."""

import hashlib
import json
from typing import Any

from altscore_libs.signer.public_keys import PublicKeys


class NotAuthentic(ValueError):
    """The document is not what its signer signed, or is no such document; the message quotes nothing of it."""


def read_signed(text: str, signature: str, keys: PublicKeys, *, schema: str, key_label: str) -> dict[str, Any]:
    """The content of a signed document.

    Args:
        text: a JSON object with `schema` and `key_id`, exactly as it was signed.
        signature: r||s over SHA-256 of the text, hex.
        keys: that are trusted.
        schema: what the document must say it is.
        key_label: of the key that may sign it; the folder of public keys holds keys of other purposes too.

    Raises:
        NotAuthentic: it is another document, is signed with a key of another purpose, or the signature does not hold.
    """
    try:
        content = json.loads(text)
        key_id, is_expected = str(content["key_id"]), content["schema"] == schema
        raw_signature = bytes.fromhex(signature)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NotAuthentic("no such document") from error
    if not is_expected or not key_id.startswith(f"{key_label}-"):
        raise NotAuthentic("another document, or signed with a key of another purpose")
    if not keys.verify(key_id, hashlib.sha256(text.encode(errors="surrogatepass")).digest(), raw_signature):
        raise NotAuthentic("the signature does not hold")
    return dict(content)
