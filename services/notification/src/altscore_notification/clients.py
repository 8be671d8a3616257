"""Outbound calls: the vault for a phone, the Cloud API for a message."""

from pathlib import Path
from typing import Any

import httpx
from altscore_libs.http_client import RemoteError, ServiceClient
from altscore_libs.tls import ClientTls, client_context
from altscore_libs.types import Masked
from pydantic import SecretStr

NOT_FOUND = 404


class Phone(Masked):
    """E.164 digits that no log line shows; never stored here."""

    __slots__ = ()


class ProviderUnreachable(Exception):
    """The provider did not answer."""


class Vault:
    """Who can be reached where."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def phone_of(self, retailer_id: str) -> Phone | None:
        """The retailer's phone, None when there is none.

        Raises:
            Unavailable: the vault does not answer.
        """
        try:
            body = await self._client.call(
                "POST", "/internal/phones/reveal", json={"retailer_id": retailer_id}, retry_safe=True
            )
        except RemoteError as error:
            if error.status != NOT_FOUND:
                raise
            return None
        return Phone(body["phone"])


class CloudApi:
    """WhatsApp's Cloud API, for one phone number of ours.

    Args:
        base_url: without version.
        version: of the API, such as v21.0.
        phone_number_id: the sender.
        token: bearer token.
        ca_file: authority that signs the provider's certificate; None for the system's.
        transport: for tests that hold the other side in the same process.
    """

    def __init__(
        self,
        base_url: str,
        *,
        version: str,
        phone_number_id: str,
        token: SecretStr,
        ca_file: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        self._path = f"/{version}/{phone_number_id}/messages"
        self._token = token
        self._client = httpx.AsyncClient(
            base_url=base_url,
            verify=client_context(ClientTls(ca_file)) if ca_file is not None else True,
            timeout=timeout_s,
            transport=transport,
            trust_env=False,
            follow_redirects=False,
        )

    async def send(self, body: dict[str, Any]) -> tuple[int, Any]:
        """HTTP status and JSON of the answer (None when it is no JSON).

        Raises:
            ProviderUnreachable: no answer; whether the message was taken is unknown.
        """
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        try:
            response = await self._client.post(self._path, json=body, headers=headers)
        except httpx.HTTPError as error:
            raise ProviderUnreachable(type(error).__name__) from None  # the cause's request holds the phone
        try:
            return response.status_code, response.json()
        except ValueError:
            return response.status_code, None

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()
