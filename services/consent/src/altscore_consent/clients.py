"""Calls to the vault."""

from altscore_libs.errors import Unavailable
from altscore_libs.http_client import RemoteError, ServiceClient
from altscore_libs.identifiers import Phone

TRY_S, TOTAL_S = 0.8, 1.2  # within the two seconds that the webhook waits for an answer


class VaultClient:
    """Asks the vault whose phone a number is."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def contacts_of(self, phone: Phone) -> dict[str, str]:
        """Retailers whose confirmed phone this is, each with the contact that names the pair of both.

        Raises:
            Unavailable: the vault does not answer, or refuses; the webhook tries again.
        """
        try:
            body = await self._client.call(
                "POST", "/internal/phones/resolve", json={"phone": phone.get_secret_value()}, retry_safe=True
            )
        except RemoteError as error:
            raise Unavailable(f"the vault refused: {error}") from None
        return {item["retailer_id"]: item["contact_ref"] for item in body["retailers"]}
