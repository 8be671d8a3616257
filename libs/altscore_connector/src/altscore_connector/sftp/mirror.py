"""A private local copy of the server's folder: whole files only, each with the server's own time."""

import asyncio
import hashlib
import io
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from altscore_connector.config import SftpConfig
from altscore_connector.errors import SftpError
from altscore_connector.records import Finding
from altscore_connector.sftp.session import Connect, FileFault, RemoteFile, SftpSession, connected

_MARK = ".fetched-by-altscore"
_PART = ".part"
_LARGEST = 512 << 20
_DIGEST = re.compile(r"[0-9a-fA-F]{64}")


class Mirror:
    """Keeps a local folder equal to the CSV files of the server's folder.

    Args:
        config: of the server.
        folder: the local folder, made for its owner alone; nothing else may lie in it.
        settle_s: how long a file without a digest beside it must stand still.
        connect: opens a session with the server.
    """

    def __init__(self, config: SftpConfig, folder: Path, *, settle_s: float, connect: Connect = connected) -> None:
        self._config, self._folder, self._settle_s, self._connect = config, folder, settle_s, connect

    def update(self) -> list[Finding]:
        """Fetches what is new and forgets what is gone; what cannot be fetched whole is named.

        Raises:
            SftpError: not reachable, refused, the connection broke, or the local folder cannot be used. Files that
                were fetched before that stay, and no file is there in part.
        """
        try:
            self._prepare()
        except OSError as error:
            raise SftpError("csv.folder", f"it cannot be used ({error.strerror})") from None
        return asyncio.run(self._update())

    def _prepare(self) -> None:
        mark = self._folder / _MARK
        if not mark.exists():
            if self._folder.exists() and any(self._folder.iterdir()):
                raise SftpError("csv.folder", "it holds files that were not fetched; name a folder of its own")
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            mark.touch(mode=0o600)
        self._folder.chmod(0o700)
        for path in self._folder.iterdir():
            if path.name.endswith(_PART):
                path.unlink()

    async def _update(self) -> list[Finding]:
        async with self._connect(self._config) as session:
            listed, unusable = await session.list()
            findings = [Finding(kind="held", rule="file_name_unusable")] if unusable else []
            digests = await self._digests(session, listed)
            files, alike = _csv_files(listed)
            findings += [Finding(kind="held", rule="file_names_alike", file=file.name) for file in alike]
            new = [file for file in files if not self._is_here(file, digests.get(file.name))]
            self._forget(kept={file.name for file in files} - {file.name for file in new})
            growing = await self._growing(session, [file for file in new if file.name not in digests])
            for file in new:
                try:
                    if file in growing:
                        raise FileFault("file_still_grows")
                    await self._fetch(session, file, digests.get(file.name))
                except FileFault as fault:
                    findings.append(Finding(kind="held", rule=str(fault), file=file.name))
        return findings

    async def _digests(self, session: SftpSession, listed: Iterable[RemoteFile]) -> dict[str, str]:
        """By file, the digest that its sender wrote beside it; empty where that is unreadable."""
        names = {file.name for file in listed}
        signed = [name for name in sorted(names) if f"{name}.sha256" in names]
        return dict(zip(signed, [await _digest(session, f"{name}.sha256") for name in signed], strict=True))

    async def _growing(self, session: SftpSession, files: list[RemoteFile]) -> set[RemoteFile]:
        """The files that do not stand still: size or time change within `settle_s`."""
        if not files or self._settle_s <= 0:
            return set()
        await asyncio.sleep(self._settle_s)
        again, _ = await session.list()
        return set(files) - set(again)

    async def _fetch(self, session: SftpSession, file: RemoteFile, digest: str | None) -> None:
        """Puts a file into the folder in one step, once it is certain that it is whole.

        Raises:
            FileFault: it is too large, changed, gone, or not what its digest says.
        """
        if file.size > _LARGEST:
            raise FileFault("file_too_large")
        part = self._folder / f"{file.name}{_PART}"
        try:
            with _private_file(part) as target:
                size = await session.fetch(file.name, target, limit=_LARGEST)
                target.flush()
                os.fsync(target.fileno())
                target.seek(0)
                fetched = hashlib.file_digest(target, "sha256").hexdigest()
            if digest is not None and fetched != digest:
                raise FileFault("digest_differs")
            if size != file.size or await session.look(file.name) != file:
                raise FileFault("file_changed_while_read")
            os.utime(part, (file.modified_s, file.modified_s))
            part.replace(self._folder / file.name)
        except OSError as error:
            raise SftpError("csv.folder", f"it cannot be written ({error.strerror})") from None
        finally:
            part.unlink(missing_ok=True)

    def _is_here(self, file: RemoteFile, digest: str | None) -> bool:
        """Whether the local copy has this size and time and, where the sender wrote one, this digest."""
        try:
            with (self._folder / file.name).open("rb") as local:
                stat = os.fstat(local.fileno())
                if (stat.st_size, int(stat.st_mtime)) != (file.size, file.modified_s):
                    return False
                return digest is None or hashlib.file_digest(local, "sha256").hexdigest() == digest
        except OSError:
            return False

    def _forget(self, *, kept: set[str]) -> None:
        for path in self._folder.iterdir():
            if path.suffix.lower() == ".csv" and path.name not in kept:
                path.unlink(missing_ok=True)


def _private_file(path: Path) -> io.BufferedRandom:
    return open(os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "w+b")


def _csv_files(listed: list[RemoteFile]) -> tuple[list[RemoteFile], list[RemoteFile]]:
    """The CSV files, oldest first, and those of which the names differ only in capital letters."""
    files = [file for file in listed if file.name.lower().endswith(".csv")]
    count = Counter(file.name.casefold() for file in files)
    usable = [file for file in files if count[file.name.casefold()] == 1]
    alike = [file for file in files if count[file.name.casefold()] > 1]
    return sorted(usable, key=lambda file: (file.modified_s, file.name)), sorted(alike, key=lambda file: file.name)


async def _digest(session: SftpSession, name: str) -> str:
    try:
        match = _DIGEST.match(await session.text(name))
    except FileFault:
        return ""
    return match.group().lower() if match else ""
