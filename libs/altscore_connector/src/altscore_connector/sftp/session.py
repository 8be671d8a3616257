"""A session with an SFTP server: the pinned host key, one user, a limit on every silence."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO

import asyncssh

from altscore_connector.config import SftpConfig
from altscore_connector.errors import ConfigError, SftpError
from altscore_connector.private_files import read_private

_BLOCK = 1 << 20
_LARGEST_DIGEST = 4096
_MOST_FILES = 20_000
_CLOSE_S = 2.0
# What ends a session, whatever was being asked.
LOST = (
    *(OSError, EOFError, TimeoutError, asyncssh.DisconnectError, asyncssh.ChannelOpenError),
    *(asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection, asyncssh.SFTPBadMessage),
)


@dataclass(frozen=True)
class RemoteFile:
    """A regular file of the folder; `modified_s` is in seconds since 1970 UTC, as the server tells it."""

    name: str
    size: int
    modified_s: int


class FileFault(Exception):
    """One file cannot be fetched; the others can. Its text is the rule of the finding."""


@dataclass(frozen=True)
class Credentials:
    """What the user shows: a private key or a password."""

    key: asyncssh.SSHKey | None = None
    password: str | None = None


def read_credentials(config: SftpConfig) -> Credentials:
    """Reads the key or the password.

    Raises:
        SftpError: the file cannot be used.
    """
    setting = "sftp.key_file" if config.key_file else "sftp.password_file"
    try:
        if config.key_file is None:
            assert config.password_file is not None  # noqa: S101 - the configuration holds exactly one of the two
            return Credentials(password=read_private(config.password_file))
        return Credentials(key=asyncssh.import_private_key(read_private(config.key_file) + "\n"))
    except ConfigError as error:
        raise SftpError(setting, str(error)) from None
    except asyncssh.KeyEncryptionError:
        raise SftpError(setting, "the key has a passphrase; give a key without one, readable by its owner") from None
    except asyncssh.KeyImportError:
        raise SftpError(setting, "the file holds no private key that can be read") from None


def read_host_key(config: SftpConfig) -> asyncssh.SSHKey:
    """The pinned key.

    Raises:
        SftpError: it is none.
    """
    try:
        return asyncssh.import_public_key(config.host_key)
    except asyncssh.KeyImportError:
        raise SftpError("sftp.host_key", "it is no public key; copy type and base64 of the server's") from None


class SftpSession:
    """An open session."""

    def __init__(self, client: asyncssh.SFTPClient, config: SftpConfig) -> None:
        self._client, self._folder, self._timeout_s = client, config.folder, config.timeout_s

    async def list(self) -> tuple[list[RemoteFile], int]:
        """The regular files of the folder, and how many names cannot be used here.

        Raises:
            SftpError: there is no such folder, or it may not be listed.
        """
        files: list[RemoteFile] = []
        unusable = 0
        names = self._client.scandir(self._folder.encode())
        while True:
            try:
                async with asyncio.timeout(self._timeout_s):
                    entry = await anext(names)
            except StopAsyncIteration:
                return files, unusable
            except LOST as error:
                raise _broken(error) from None
            except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath, asyncssh.SFTPNotADirectory):
                raise SftpError("sftp.folder", "there is no such folder on the server") from None
            except asyncssh.SFTPPermissionDenied:
                raise SftpError("sftp.folder", "the user may not list it") from None
            except asyncssh.SFTPError as error:
                raise SftpError("sftp.folder", f"it cannot be listed ({type(error).__name__})") from None
            if entry.attrs.type != asyncssh.FILEXFER_TYPE_REGULAR:
                continue
            if len(files) == _MOST_FILES:
                raise SftpError("sftp.folder", f"it holds more than {_MOST_FILES} files; take old ones away")
            name = usable_name(bytes(entry.filename))  # type: ignore[arg-type]  # bytes, as the folder's name is
            if name is None:
                unusable += 1
                continue
            files.append(RemoteFile(name, int(entry.attrs.size or 0), int(entry.attrs.mtime or 0)))

    async def look(self, name: str) -> RemoteFile:
        """Size and time of a file now.

        Raises:
            FileFault: it cannot be told.
        """
        async with self._of_one_file():
            attrs = await self._client.stat(self._path(name))
        return RemoteFile(name, int(attrs.size or 0), int(attrs.mtime or 0))

    async def fetch(self, name: str, target: BinaryIO, *, limit: int) -> int:
        """Writes at most `limit` bytes of a file into `target`; how many there were.

        Raises:
            FileFault: it cannot be read.
            SftpError: `target` cannot be written.
        """
        async with self._of_one_file():
            file = await self._client.open(self._path(name), "rb")
        total = 0
        while total < limit:
            async with self._of_one_file():
                block = bytes(await file.read(min(_BLOCK, limit - total), total))  # type: ignore[arg-type]
            if not block:
                break
            try:
                target.write(block)
            except OSError as error:
                raise SftpError("csv.folder", f"it cannot be written ({error.strerror})") from None
            total += len(block)
        async with self._of_one_file():
            await file.close()
        return total

    async def text(self, name: str) -> str:
        """The beginning of a small text file.

        Raises:
            FileFault: it cannot be read.
        """
        async with self._of_one_file():
            file = await self._client.open(self._path(name), "rb")
            block = bytes(await file.read(_LARGEST_DIGEST, 0))  # type: ignore[arg-type]
            await file.close()
        return block.decode("ascii", errors="replace")

    def _path(self, name: str) -> bytes:
        return f"{self._folder.rstrip('/')}/{name}".encode()

    @asynccontextmanager
    async def _of_one_file(self) -> AsyncIterator[None]:
        """Turns the server's refusals into faults of the file, and a lost session into an SftpError."""
        try:
            async with asyncio.timeout(self._timeout_s):
                yield
        except LOST as error:
            raise _broken(error) from None
        except asyncssh.SFTPPermissionDenied:
            raise FileFault("file_not_readable") from None
        except (asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath):
            raise FileFault("file_gone") from None
        except asyncssh.SFTPError:
            raise FileFault("file_not_readable") from None


Connect = Callable[[SftpConfig], AbstractAsyncContextManager[SftpSession]]


@asynccontextmanager
async def connected(config: SftpConfig) -> AsyncIterator[SftpSession]:
    """A session; it asks neither the machine's SSH agent nor its configuration.

    Raises:
        SftpError: not reachable, another host key, refused, or the connection broke inside.
    """
    # Its lines at INFO name user and host.
    logging.getLogger("asyncssh").setLevel(logging.WARNING)
    host_key, credentials = read_host_key(config), read_credentials(config)
    connection = await _connect(config, host_key, credentials)
    try:
        try:
            async with asyncio.timeout(config.timeout_s):
                client = await connection.start_sftp_client()
        except LOST as error:
            raise _broken(error) from None
        except asyncssh.Error as error:
            raise SftpError("sftp.host", f"the server offers no SFTP ({type(error).__name__})") from None
        yield SftpSession(client, config)
    finally:
        connection.close()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await connection.wait_closed()
        except LOST:
            connection.abort()


async def _connect(
    config: SftpConfig, host_key: asyncssh.SSHKey, credentials: Credentials
) -> asyncssh.SSHClientConnection:
    try:
        async with asyncio.timeout(config.timeout_s):
            return await asyncssh.connect(
                config.host,
                port=config.port,
                username=config.user,
                config=None,
                known_hosts=([host_key], [], []),
                client_keys=[credentials.key] if credentials.key else None,
                password=credentials.password,
                agent_path=None,
                preferred_auth="publickey" if credentials.key else "password,keyboard-interactive",
            )
    except asyncssh.HostKeyNotVerifiable:
        raise SftpError(
            "sftp.host_key",
            "the server shows another host key, so nothing was sent to it; ask its owner whether the key was changed",
        ) from None
    except asyncssh.KeyExchangeFailed:
        raise SftpError("sftp.host_key", "the server has no key of this type, or no method in common") from None
    except asyncssh.PermissionDenied:
        setting = "sftp.key_file" if credentials.key else "sftp.password_file"
        raise SftpError(
            "sftp.user", f"the server refuses user and credentials; check sftp.user and {setting}"
        ) from None
    except TimeoutError:
        raise SftpError("sftp.host", "no answer in time; check host, port and the firewall") from None
    except LOST as error:
        raise SftpError("sftp.host", f"not reachable ({type(error).__name__}); check host and port") from None


def _broken(error: BaseException) -> SftpError:
    if isinstance(error, TimeoutError):
        return SftpError("sftp.host", "the server fell silent; files that were fetched whole are kept, none in part")
    return SftpError("sftp.host", "the connection broke; files that were fetched whole are kept, none in part")


def usable_name(name: bytes) -> str | None:
    """The name as a file's name on this machine; None when it is none, or leads out of the folder."""
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return None
    is_usable = text.isprintable() and not set(text) & set('/\\:*?"<>|') and not text.startswith(".")
    return text if is_usable and 0 < len(name) <= 200 and text.strip(" .") == text else None
