"""The object store that keeps evidence under a COMPLIANCE lock (WORM: write once, read many), and the SIEM."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Protocol

from altscore_libs.errors import Unavailable
from altscore_libs.s3 import s3_client
from altscore_libs.settings import S3Settings
from botocore.exceptions import BotoCoreError, ClientError

JSON, PARQUET = "application/json", "application/vnd.apache.parquet"
HTML = "text/html; charset=utf-8"
SIEM_DEADLINE_S = 8.0
_CHUNK_BYTES = 65_536


class WormBucket(Protocol):
    """Keeps bytes that nobody can change or delete before their time."""

    async def put(self, key: str, body: bytes, retain_until: datetime, *, content_type: str = JSON) -> None:
        """Stores an object locked until then.

        Raises:
            Unavailable: the store does not answer, or refuses.
        """
        ...

    async def get(self, key: str) -> bytes:
        """Reads an object.

        Raises:
            Unavailable: the store does not answer, or has no such object.
        """
        ...


class S3WormBucket:
    """A WormBucket on S3 Object Lock.

    Args:
        settings: of the object store.
        bucket: made with Object Lock.
    """

    def __init__(self, settings: S3Settings, bucket: str) -> None:
        self._bucket = bucket
        self._client = s3_client(settings)

    async def put(self, key: str, body: bytes, retain_until: datetime, *, content_type: str = JSON) -> None:
        """Stores an object locked until then; a second put makes a version, never a change."""
        try:
            await asyncio.to_thread(
                self._client.put_object,
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType=content_type,
                ChecksumAlgorithm="SHA256",
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=retain_until,
            )
        except (ClientError, BotoCoreError, OSError) as error:
            raise Unavailable("the locked bucket is not available") from error

    async def get(self, key: str) -> bytes:
        """Reads the newest version of an object."""
        try:
            return await asyncio.to_thread(self._get, key)
        except (ClientError, BotoCoreError, OSError) as error:
            raise Unavailable("the locked bucket is not available") from error

    def _get(self, key: str) -> bytes:
        body: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        return body


class SyslogReceiver(Protocol):
    """Takes syslog messages of a SIEM."""

    async def send(self, frames: bytes) -> None:
        """Hands messages over, all of them or, as far as the caller knows, none.

        Raises:
            Unavailable: the receiver did not take them in time.
        """
        ...


class TlsSyslogReceiver:
    """A SyslogReceiver behind TLS (RFC 5425), one connection for each batch.

    Syslog has no acknowledgement. So the end of the TLS session is one: a receiver answers our close_notify with its
    own only after it has read everything before it. A connection that ends in any other way has taken nothing.

    Args:
        host: of the receiver, which its certificate must name.
        port: of the receiver.
        context: trusts the receiver's authority and has our certificate.
        deadline_s: of a whole batch, connecting included, seconds.
    """

    def __init__(self, host: str, port: int, context: ssl.SSLContext, *, deadline_s: float = SIEM_DEADLINE_S) -> None:
        self._host, self._port = host, port
        self._context = context
        self._deadline_s = deadline_s

    async def send(self, frames: bytes) -> None:
        """Hands messages over in a thread, which ends by the deadline whatever the receiver does."""
        try:
            await asyncio.to_thread(self._send, frames)
        except OSError as error:  # ssl.SSLError and TimeoutError are OSErrors
            raise Unavailable("the SIEM's receiver did not take the entries") from error

    def _send(self, frames: bytes) -> None:
        end_s = time.monotonic() + self._deadline_s
        with socket.create_connection((self._host, self._port), timeout=self._deadline_s) as plain:
            session = _TlsSession(plain, self._context, self._host, end_s=end_s)
            session.write(frames)
            session.close()


class _TlsSession:
    """A TLS client that can tell the peer's close_notify from any other end; `SSLSocket.unwrap` takes an alert for it.

    Args:
        plain: the connection.
        context: of the client.
        host: whom the certificate must name.
        end_s: until when everything must be over, on the monotonic clock.
    """

    def __init__(self, plain: socket.socket, context: ssl.SSLContext, host: str, *, end_s: float) -> None:
        self._plain, self._end_s = plain, end_s
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._finish(self._tls.do_handshake)

    def write(self, data: bytes) -> None:
        """Writes everything."""
        for start in range(0, len(data), _CHUNK_BYTES):
            chunk = data[start : start + _CHUNK_BYTES]
            self._finish(partial(self._tls.write, chunk))

    def close(self) -> None:
        """Ends the session.

        Raises:
            OSError: the peer did not answer with its close_notify.
        """
        with contextlib.suppress(ssl.SSLWantReadError):
            self._tls.unwrap()
        self._flush()
        try:
            self._finish(lambda: self._tls.read(1))
        except ssl.SSLZeroReturnError:
            return
        raise ssl.SSLError("the peer sent data")

    def _finish(self, step: Callable[[], object]) -> None:
        """Repeats a step until the bytes are there that it needs."""
        while True:
            try:
                step()
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            else:
                self._flush()
                return

    def _flush(self) -> None:
        self._plain.settimeout(self._left_s())
        self._plain.sendall(self._outgoing.read())  # the timeout is that of all of it

    def _fill(self) -> None:
        self._plain.settimeout(self._left_s())
        if data := self._plain.recv(_CHUNK_BYTES):
            self._incoming.write(data)
        else:
            self._incoming.write_eof()

    def _left_s(self) -> float:
        left_s = self._end_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the deadline of a batch is over")
        return left_s
