"""Outbound calls: the vault for a phone, the Cloud API or the SMS gateway for a message."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from altscore_libs.http_client import RemoteError, ServiceClient
from altscore_libs.tls import ClientTls, client_context
from altscore_libs.types import Masked
from pydantic import SecretStr

NOT_FOUND = 404
FLOW_PATH = "/api/v5/flow/"
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Phone(Masked):
    """E.164 digits that no log line shows; never stored here."""

    __slots__ = ()


class ProviderUnreachable(Exception):
    """The provider did not answer.

    Args:
        reason: class of the failure.
        is_unknown: the message left and may have been taken.
    """

    def __init__(self, reason: str, *, is_unknown: bool) -> None:
        super().__init__(reason)
        self.is_unknown = is_unknown


class Vault:
    """Who can be reached where."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def phone_of(self, retailer_id: str, contact_ref: str | None) -> Phone | None:
        """The phone of this contact, without one the retailer's newest confirmed phone; None when there is none.

        Raises:
            Unavailable: the vault does not answer.
        """
        wanted = {"retailer_id": retailer_id} | ({"contact_ref": contact_ref} if contact_ref is not None else {})
        try:
            body = await self._client.call("POST", "/internal/phones/reveal", json=wanted, retry_safe=True)
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
        self._client = _client(base_url, ca_file, transport, timeout_s)

    async def send(self, body: dict[str, Any]) -> tuple[int, Any]:
        """HTTP status and JSON of the answer (None when it is no JSON).

        Raises:
            ProviderUnreachable: no answer.
        """
        headers = {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        return await _post(self._client, self._path, body, headers)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


class SmsGateway:
    """MSG91's Flow API.

    Args:
        base_url: https://control.msg91.com, or the simulator.
        authkey: of our account.
        ca_file: authority that signs the gateway's certificate; None for the system's.
        transport: for tests that hold the other side in the same process.
    """

    def __init__(
        self,
        base_url: str,
        *,
        authkey: SecretStr,
        ca_file: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        self._authkey = authkey
        self._client = _client(base_url, ca_file, transport, timeout_s)

    async def send(self, body: dict[str, Any]) -> tuple[int, Any]:
        """HTTP status and JSON of the answer (None when it is no JSON).

        Raises:
            ProviderUnreachable: no answer.
        """
        return await _post(self._client, FLOW_PATH, body, {"authkey": self._authkey.get_secret_value()})

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()


def _client(
    base_url: str, ca_file: Path | None, transport: httpx.AsyncBaseTransport | None, timeout_s: float
) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=base_url,
        verify=client_context(ClientTls(ca_file)) if ca_file is not None else True,
        timeout=timeout_s,
        transport=transport,
        trust_env=False,
        follow_redirects=False,
    )


async def _post(
    client: httpx.AsyncClient, path: str, body: dict[str, Any], headers: Mapping[str, str]
) -> tuple[int, Any]:
    try:
        response = await client.post(path, json=body, headers=headers)
    except httpx.HTTPError as error:
        # `from None`: the cause's request holds the phone
        raise ProviderUnreachable(type(error).__name__, is_unknown=not isinstance(error, _NEVER_LEFT)) from None
    try:
        return response.status_code, response.json()
    except ValueError:
        return response.status_code, None
