"""Calls to our own services: mTLS, a timeout on every try, bounded retries, a circuit breaker, a clear end."""

import asyncio
from functools import partial
from types import TracebackType
from typing import Any, Self

import httpx

from altscore_libs import tracing
from altscore_libs.circuit import CircuitBreaker
from altscore_libs.errors import Unavailable
from altscore_libs.retries import ATTEMPTS, NeighbourCalls
from altscore_libs.tls import ClientTls, client_context

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
        neighbour: the service's name in metrics; by default the host's.
        timeout_s: of one try, connecting included.
        total_s: of a call with all its tries and waits; by default one and a half times `timeout_s`.
        attempts: most tries of a call that is safe to repeat.
        breaker: by default one of its own.
        transport: for tests that hold the other side in the same process.
    """

    def __init__(
        self,
        base_url: str,
        *,
        tls: ClientTls | None,
        neighbour: str | None = None,
        timeout_s: float = 2.0,
        total_s: float | None = None,
        attempts: int = ATTEMPTS,
        breaker: CircuitBreaker | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._calls = NeighbourCalls(
            neighbour or httpx.URL(base_url).host,
            try_s=timeout_s,
            total_s=total_s,
            attempts=attempts,
            failures=(httpx.HTTPError, TimeoutError),
            breaker=breaker,
        )
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
        waited_s: float = 0.0,
    ) -> Any:
        """One call, repeated where that is safe (GET, PUT, `retry_safe`); it carries the ids of request and trace.

        Args:
            method: of HTTP.
            path: below the base URL.
            json: the body, None for none.
            params: the query.
            retry_safe: another method whose repetition changes nothing.
            waited_s: what the caller has waited before; it counts towards the total.

        Returns:
            The decoded JSON body, None when it is empty.

        Raises:
            Unavailable: no usable answer within the tries and the total, or the neighbour's circuit is open.
            RemoteError: an answer other than 2xx; `status` and the contract's `code`.
        """
        send = partial(self._send, method, path, json=json, params=params)
        is_repeatable = retry_safe or method in ("GET", "PUT")
        _, response = await self._calls.call(send, is_repeatable=is_repeatable, waited_s=waited_s)
        return _result(response)

    async def _send(self, method: str, path: str, timeout_s: float, **options: Any) -> tuple[int, httpx.Response]:
        async with asyncio.timeout(timeout_s):  # httpx's own timeouts begin anew with every part of a try
            response = await self._sent(method, path, timeout=timeout_s, **options)
        return response.status_code, response

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
