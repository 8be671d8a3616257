"""Calls to our own services: mTLS, a timeout on every try, bounded retries, a clear end."""

import asyncio
import random
from types import TracebackType
from typing import Any, Self

import httpx

from altscore_libs import tracing
from altscore_libs.errors import Unavailable
from altscore_libs.tls import ClientTls, client_context

RETRIED_STATUS = frozenset({502, 503, 504})
OK_BELOW = 300


class RemoteError(Exception):
    """The other service answered, and refused."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(f"{status} {code}")
        self.status = status
        self.code = code


class ServiceClient:
    """A pooled client of one service.

    Args:
        base_url: https://host:port of the service.
        tls: who we are and whom we trust.
        timeout_s: of one try.
        attempts: most tries of a call that is safe to repeat.
        transport: for tests that hold the other side in the same process.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tls: ClientTls | None,
        timeout_s: float = 2.0,
        attempts: int = 3,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._attempts = attempts
        self._client = httpx.AsyncClient(
            base_url=base_url,
            verify=client_context(tls) if tls is not None else True,
            timeout=timeout_s,
            transport=transport,
            trust_env=False,
            limits=httpx.Limits(max_connections=32, max_keepalive_connections=32, keepalive_expiry=60),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: dict[str, Any] | None = None,
        retry_safe: bool = False,
    ) -> Any:
        """One call, repeated where that is safe (GET, PUT, `retry_safe`); it carries the ids of request and trace.

        Returns:
            The decoded JSON body, None when it is empty.

        Raises:
            Unavailable: no usable answer within the tries.
            RemoteError: an answer other than 2xx; `status` and the contract's `code`.
        """
        tries = self._attempts if retry_safe or method in ("GET", "PUT") else 1
        for attempt in range(tries):
            if attempt:
                await asyncio.sleep(random.uniform(0, 0.1 * 2**attempt))
            try:
                response = await self._sent(method, path, json=json, params=params)
            except httpx.HTTPError:
                continue
            if response.status_code in RETRIED_STATUS:
                continue
            return _result(response)
        raise Unavailable("another service is not available")

    async def _sent(self, method: str, path: str, **options: Any) -> httpx.Response:
        with tracing.span(f"{method} {self._client.base_url.host}", kind="client"):
            return await self._client.request(method, path, headers=tracing.outgoing_headers(), **options)


def _result(response: httpx.Response) -> Any:
    try:
        body = response.json() if response.content else None
    except ValueError as error:
        raise Unavailable("another service gave no JSON") from error
    if response.status_code >= OK_BELOW:
        raise RemoteError(response.status_code, str(body.get("code", "")) if isinstance(body, dict) else "")
    return body
