"""Calls to the vault, the Cloud API and the SMS gateway."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from altscore_libs.circuit import CircuitBreaker, CircuitOpen
from altscore_libs.http_client import RemoteError, ServiceClient
from altscore_libs.identifiers import Phone
from altscore_libs.tls import ClientTls, client_context
from pydantic import SecretStr

from altscore_notification.errors import ProviderUnreachable

NOT_FOUND = 404
SERVER_ERROR = 500
FLOW_PATH = "/api/v5/flow/"
_NO_ANSWER = (httpx.HTTPError, TimeoutError)
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, CircuitOpen)


class VaultClient:
    """Calls to the vault, which knows retailers' phones."""

    def __init__(self, client: ServiceClient) -> None:
        self._client = client

    async def phone_of(self, retailer_id: str, contact_ref: str | None, *, message_id: str) -> Phone | None:
        """The phone of this contact, without one the retailer's newest confirmed phone; None when there is none.

        The vault audits for which message it was revealed, and has a quota.

        Raises:
            Unavailable: the vault does not answer.
        """
        query = {"retailer_id": retailer_id, "message_id": message_id} | (
            {"contact_ref": contact_ref} if contact_ref is not None else {}
        )
        try:
            body = await self._client.call("POST", "/internal/phones/reveal", json=query, retry_safe=True)
        except RemoteError as error:
            if error.status != NOT_FOUND:
                raise
            return None
        return Phone(body["phone"])


class CloudApiClient:
    """WhatsApp's Cloud API, for one phone number of ours.

    Args:
        base_url: without version.
        version: of the API, such as v21.0.
        phone_number_id: the sender.
        token: bearer token.
        ca_file: authority that signs the provider's certificate; None for the system's.
        transport: for tests that run the provider in the same process.
        timeout_s: longest duration of one attempt, connecting included; the queue makes the next one.
        breaker: by default one of its own.
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
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self._path = f"/{version}/{phone_number_id}/messages"
        self._token = token
        self._provider = _Provider(
            base_url,
            ca_file=ca_file,
            transport=transport,
            timeout_s=timeout_s,
            breaker=breaker or CircuitBreaker("whatsapp"),
        )

    async def send(self, body: dict[str, Any]) -> tuple[int, Any]:
        """HTTP status and JSON of the response (None when it is not JSON).

        Raises:
            ProviderUnreachable: no response, or the circuit is open.
        """
        return await self._provider.post(
            self._path, body, {"Authorization": f"Bearer {self._token.get_secret_value()}"}
        )

    async def close(self) -> None:
        """Closes the connections."""
        await self._provider.close()


class SmsGatewayClient:
    """MSG91's Flow API.

    Args:
        base_url: https://control.msg91.com, or the simulator.
        authkey: of our account.
        ca_file: authority that signs the gateway's certificate; None for the system's.
        transport: for tests that run the provider in the same process.
        timeout_s: longest duration of one attempt, connecting included; the queue makes the next one.
        breaker: by default one of its own.
    """

    def __init__(
        self,
        base_url: str,
        *,
        authkey: SecretStr,
        ca_file: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = 10.0,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        self._authkey = authkey
        self._provider = _Provider(
            base_url,
            ca_file=ca_file,
            transport=transport,
            timeout_s=timeout_s,
            breaker=breaker or CircuitBreaker("sms"),
        )

    async def send(self, body: dict[str, Any]) -> tuple[int, Any]:
        """HTTP status and JSON of the response (None when it is not JSON).

        Raises:
            ProviderUnreachable: no response, or the circuit is open.
        """
        return await self._provider.post(FLOW_PATH, body, {"authkey": self._authkey.get_secret_value()})

    async def close(self) -> None:
        """Closes the connections."""
        await self._provider.close()


class _Provider:
    """Posts JSON to one provider, each message once; the queue tries again."""

    def __init__(
        self,
        base_url: str,
        *,
        ca_file: Path | None,
        transport: httpx.AsyncBaseTransport | None,
        timeout_s: float,
        breaker: CircuitBreaker,
    ) -> None:
        self._timeout_s = timeout_s
        self._breaker = breaker
        self._client = httpx.AsyncClient(
            base_url=base_url,
            verify=client_context(ClientTls(ca_file)) if ca_file is not None else True,
            timeout=timeout_s,
            transport=transport,
            trust_env=False,
            follow_redirects=False,
        )

    async def post(self, path: str, body: dict[str, Any], headers: Mapping[str, str]) -> tuple[int, Any]:
        try:
            with self._breaker.attempt(_NO_ANSWER) as attempt:
                async with asyncio.timeout(self._timeout_s):  # httpx's own begin anew with every part of a try
                    response = await self._client.post(path, json=body, headers=headers)
                attempt.is_failure = response.status_code >= SERVER_ERROR
        except (CircuitOpen, *_NO_ANSWER) as error:
            # `from None`: the cause's request holds the phone
            raise ProviderUnreachable(
                type(error).__name__, may_have_been_taken=not isinstance(error, _NEVER_LEFT)
            ) from None
        try:
            return response.status_code, response.json()
        except ValueError:
            return response.status_code, None

    async def close(self) -> None:
        await self._client.aclose()
