"""Signed manifests: whoever may write to Bronze, only ingestion's key says what a batch is (ADR 0047)."""

import hashlib
from collections.abc import Mapping
from typing import Any

from altscore_libs.canonical_json import canonical_json
from altscore_libs.signer import Signer

MANIFEST_SCHEMA = "altscore.bronze-manifest.1"
ENDORSEMENT_SCHEMA = "altscore.bronze-endorsement.1"
ENDORSEMENT_NAME = "signature.json"
KEY_LABEL = "ingestion-manifests"


async def sign_document(signer: Signer, schema: str, content: Mapping[str, Any]) -> bytes:
    """The content as canonical JSON with the signature over everything else in it.

    Raises:
        Unavailable: the token does not answer.
    """
    document = {**content, "schema": schema, "key_id": signer.key_id}
    signature = await signer.sign(hashlib.sha256(canonical_json(document)).digest())
    return canonical_json({**document, "signature": signature.hex()})
