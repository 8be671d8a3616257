"""Outbound calls of ingestion: the vault."""

import base64
import logging
from collections.abc import Sequence

from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError, ServiceClient

from altscore_ingestion.bronze import Sealed
from altscore_ingestion.domain import Identity

_log = logging.getLogger("altscore.ingestion.vault_client")


class VaultClient:
    """Turns what a batch says about retailers into tokens and ciphertext.

    Args:
        client: of the vault's mTLS port.
    """

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def seal(self, distributor_id: str, identities: Sequence[Identity]) -> dict[str, Sealed]:
        """Tokens and sealed identities by retailer_ref; one call for the whole batch, safe to repeat.

        Raises:
            Unavailable: the vault cannot be reached, refused, or answered for other references.
        """
        if not identities:
            return {}
        asked = [
            {
                "retailer_ref": one.retailer_ref,
                **{k: v for k in ("gst", "phone", "shop_name") if (v := getattr(one, k)) is not None},
            }
            for one in identities
        ]
        try:
            answer = await self._client.call(
                "POST",
                "/internal/identities",
                json={"distributor_id": distributor_id, "identities": asked},
                retry_safe=True,
            )
        except RemoteError as error:
            _log.error("the vault refused", extra={"status": error.status, "code": error.code})
            raise Unavailable("the vault is not available") from None
        found = {
            one["retailer_ref"]: Sealed(
                one["subject_token"], base64.b64decode(one["sealed_identity"]), one["gst_status"]
            )
            for one in answer["identities"]
        }
        if found.keys() != {one.retailer_ref for one in identities}:
            raise Unavailable("the vault's answer does not match")
        return found
