"""A client of the object store: signed requests, path style, short timeouts, bounded retries, a circuit breaker."""

import threading
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ConnectionError, HTTPClientError  # noqa: A004  # botocore's own

from altscore_libs.circuit import CircuitBreaker, CircuitOpen
from altscore_libs.settings import S3Settings

CONNECT_S = 1.0
SERVER_ERROR = 500
NO_ANSWER = (HTTPClientError, ConnectionError)


class ObjectStoreCircuitOpen(BotoCoreError):  # type: ignore[misc]  # botocore has no types
    """The object store failed lately, so this request was not sent."""

    fmt = "the object store is not available"


def s3_client(settings: S3Settings, *, read_timeout_s: float = 10.0, attempts: int = 3) -> Any:
    """A boto3 client; it blocks, so coroutines call it on a thread.

    While the store does not answer, its calls raise ObjectStoreCircuitOpen, a BotoCoreError, at once.

    Args:
        settings: address, credentials, CA.
        read_timeout_s: longest silence of one try.
        attempts: most tries of one call.
    """
    client = boto3.client(
        "s3",
        endpoint_url=settings.s3_endpoint,
        region_name=settings.s3_region,
        aws_access_key_id=settings.s3_access_key,
        aws_secret_access_key=settings.s3_secret_key.get_secret_value(),
        verify=str(settings.s3_ca_file) if settings.s3_ca_file else None,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            connect_timeout=CONNECT_S,
            read_timeout=read_timeout_s,
            retries={"total_max_attempts": attempts, "mode": "standard"},
            max_pool_connections=16,
        ),
    )
    _Guard(CircuitBreaker("object_store")).watch(client)
    return client


class _Guard:
    """Asks the circuit before every request and tells it what became of it; a request stays in its thread."""

    def __init__(self, breaker: CircuitBreaker) -> None:
        self._breaker = breaker
        self._admitted = threading.local()

    def watch(self, client: Any) -> None:
        client.meta.events.register("before-send.s3", self._before)
        client.meta.events.register("response-received.s3", self._after)

    def _before(self, **_: Any) -> None:
        try:
            self._admitted.period = self._breaker.admit()
        except CircuitOpen as error:
            raise ObjectStoreCircuitOpen from error

    def _after(self, *, response_dict: dict[str, Any] | None, exception: Exception | None, **_: Any) -> None:
        period = self._admitted.__dict__.pop("period", None)
        if period is None:
            return
        status = 0 if response_dict is None else int(response_dict["status_code"])
        if isinstance(exception, NO_ANSWER) or status >= SERVER_ERROR:
            self._breaker.record(period, is_failure=True)
        elif response_dict is None:
            self._breaker.abandon(period)
        else:
            self._breaker.record(period, is_failure=False)
