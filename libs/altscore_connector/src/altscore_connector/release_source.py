"""Where a release comes from: a folder, or an https address; what is read is bounded and trusted by nobody yet."""

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import httpx

from altscore_connector.errors import UpdateError

_CHUNK_BYTES = 1 << 20
_CONNECT_TIMEOUT_S, _SILENCE_TIMEOUT_S, _TOTAL_TIMEOUT_S = 10.0, 30.0, 1800.0


class ReleaseSource(Protocol):
    """Files of a release by name."""

    def read(self, name: str, *, limit: int) -> bytes:
        """A small file.

        Raises:
            UpdateError: missing, unreachable or larger than the limit.
        """
        ...

    def copy(self, name: str, target: Path, *, limit: int) -> None:
        """Writes a file to disk, never more than the limit of bytes.

        Raises:
            UpdateError: as `read`.
        """
        ...


def _too_large(name: str) -> UpdateError:
    return UpdateError(f"{name} is larger than it may be, so it is not what AltScore released; nothing was changed")


class FolderSource:
    """A folder on this machine, its network or a stick."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, name: str, *, limit: int) -> bytes:
        """As the protocol says."""
        try:
            with (self._folder / name).open("rb") as file:
                content = file.read(limit + 1)
        except OSError as error:
            raise UpdateError(f"{name} cannot be read in {self._folder}: {error.strerror}") from None
        if len(content) > limit:
            raise _too_large(name)
        return content

    def copy(self, name: str, target: Path, *, limit: int) -> None:
        """As the protocol says."""
        path = self._folder / name
        try:
            source = path.open("rb")
        except OSError as error:
            raise UpdateError(f"{name} cannot be read in {self._folder}: {error.strerror}") from None
        left = limit
        with source, target.open("wb") as file:  # counted while it is read: a device has no size, and a file may grow
            while chunk := source.read(_CHUNK_BYTES):
                left -= len(chunk)
                if left < 0:
                    raise _too_large(name)
                file.write(chunk)


class HttpsSource:
    """An address below which the files lie. Redirects are not followed, and proxies of the environment are not used.

    Args:
        client: of that address.
        total_timeout_s: longest time for one file, however steadily it drips.
    """

    def __init__(self, client: httpx.Client, *, total_timeout_s: float = _TOTAL_TIMEOUT_S) -> None:
        self._client, self._total_timeout_s = client, total_timeout_s

    def read(self, name: str, *, limit: int) -> bytes:
        """As the protocol says."""
        return b"".join(self._chunks(name, limit))

    def copy(self, name: str, target: Path, *, limit: int) -> None:
        """As the protocol says."""
        with target.open("wb") as file:
            for chunk in self._chunks(name, limit):
                file.write(chunk)

    def _chunks(self, name: str, limit: int) -> Iterator[bytes]:
        host, left, end = self._client.base_url.host, limit, time.monotonic() + self._total_timeout_s
        try:
            with self._client.stream("GET", name, headers={"Accept-Encoding": "identity"}) as response:
                if response.is_redirect:
                    raise UpdateError(f"{host} sends {name} to another address, which is not followed")
                if response.status_code != httpx.codes.OK:
                    raise UpdateError(f"{host} answers {response.status_code} for {name}; check the address")
                for chunk in response.iter_raw():
                    left -= len(chunk)
                    if left < 0:
                        raise _too_large(name)
                    if time.monotonic() > end:
                        raise UpdateError(f"{host} takes too long to send {name}; try again")
                    yield chunk
        except httpx.TimeoutException:
            raise UpdateError(f"{host} does not answer in time; check the network and try again") from None
        except httpx.TransportError as error:
            raise UpdateError(f"{host} cannot be read ({_cause(error)}); check the network and the address") from None


def _cause(error: BaseException) -> str:
    """Why there is no connection, in two words."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    if isinstance(error, ssl.SSLError):
        return "its certificate or TLS is not accepted"
    return "connection failed"


@contextmanager
def open_source(location: str, *, ca_file: Path | None, proxy: str | None) -> Iterator[ReleaseSource]:
    """A source of a folder or an https address.

    Args:
        location: what `--from` names.
        ca_file: the authority of the address; None for those that the system trusts.
        proxy: URL of an HTTP proxy.

    Raises:
        UpdateError: neither, or an authority that cannot be read.
    """
    if "://" not in location:
        if not Path(location).is_dir():
            raise UpdateError(f"there is no folder {location}; name the folder with manifest.json, or an https address")
        yield FolderSource(Path(location))
        return
    _check_address(location, "https")
    if proxy is not None:
        _check_address(proxy, "http", "https")
    timeout = httpx.Timeout(_SILENCE_TIMEOUT_S, connect=_CONNECT_TIMEOUT_S)
    base, context = location.rstrip("/") + "/", _context(ca_file)
    with httpx.Client(base_url=base, verify=context, timeout=timeout, trust_env=False, proxy=proxy) as client:
        yield HttpsSource(client)


def _check_address(text: str, *schemes: str) -> None:
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in schemes and bool(parts.hostname) and bool(httpx.URL(text).host)
    except (ValueError, httpx.InvalidURL):
        is_address = False
    if not is_address:
        beginnings = " or ".join(f"{scheme}://" for scheme in schemes)
        raise UpdateError(f"{text} is no address that begins with {beginnings}; nothing was changed")


def _context(ca_file: Path | None) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
    except (OSError, ssl.SSLError):
        raise UpdateError("the file of --ca-file is no certificate that can be read") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
