"""Outbound calls of ingestion: the vault."""

import base64
import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError, ServiceClient

from altscore_ingestion.batches.domain import SubjectIdentity
from altscore_ingestion.batches.records import Identity

_log = logging.getLogger("altscore.ingestion.vault_client")


class StoredSubjects(NamedTuple):
    """The vault's answers by retailer_ref, and the references whose rows it does not stand for at present."""

    by_ref: dict[str, SubjectIdentity]
    not_intact: frozenset[str]


class VaultClient:
    """Exchanges what a batch says about retailers for tokens and ciphertext.

    Args:
        client: of the vault's mTLS port.
    """

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def store_identities(
        self, distributor_id: str, identities: Sequence[Identity], *, keeps_known: bool = False
    ) -> StoredSubjects:
        """Tokens and encrypted identities by retailer_ref; one call for the whole batch, safe to repeat.

        A retailer who was erased has none, and is not named; one whose rows are not the vault's own is named.

        Args:
            distributor_id: whose ledgers.
            identities: what the batch says about each.
            keeps_known: it is older than what the vault may have; a ledger that the vault knows stays as it is.

        Raises:
            Unavailable: the vault cannot be reached, refused, or answered for other references.
        """
        if not identities:
            return StoredSubjects({}, frozenset())
        body: dict[str, Any] = {"distributor_id": distributor_id, "identities": [_body(item) for item in identities]}
        if keeps_known:
            body["keeps_known"] = True
        try:
            answer = await self._client.call("POST", "/internal/identities", json=body, retry_safe=True)
        except RemoteError as error:
            _log.error("the vault refused", extra={"status": error.status, "code": error.code})
            raise Unavailable("the vault is not available") from None
        subjects = {
            item["retailer_ref"]: SubjectIdentity(
                subject_token=item["subject_token"],
                encrypted_identity=base64.b64decode(item["sealed_identity"]),
                gst_status=item["gst_status"],
            )
            for item in answer["identities"]
        }
        not_intact = frozenset(answer.get("not_intact", []))  # a vault of the release before names none
        if subjects.keys() | set(answer["erased"]) | not_intact != {item.retailer_ref for item in identities}:
            raise Unavailable("the vault's answer does not match")
        return StoredSubjects(subjects, not_intact)

    async def erased_tokens(self, tokens: Sequence[str]) -> set[str]:
        """Those of these subject tokens whose retailer was erased.

        Raises:
            Unavailable: the vault cannot be reached, or refused.
        """
        if not tokens:
            return set()
        try:
            answer = await self._client.call(
                "POST", "/internal/identities/erased", json={"subject_tokens": list(tokens)}, retry_safe=True
            )
        except RemoteError as error:
            _log.error("the vault refused", extra={"status": error.status, "code": error.code})
            raise Unavailable("the vault is not available") from None
        return set(answer["erased"])


def _body(identity: Identity) -> dict[str, str]:
    fields = {"gst": identity.gst, "phone": identity.phone, "shop_name": identity.shop_name}
    return {"retailer_ref": identity.retailer_ref} | {
        name: value for name, value in fields.items() if value is not None
    }
