"""The folder that a distributor sees over SFTP. It lies in memory alone: nothing of it is a path of this machine.

`/` takes files as `NAME.csv.part`; renaming one to `NAME.csv` hands it in. `/findings` tells what became of others.
"""
# ruff: noqa: ARG002  # the signatures are those of asyncssh

import json
import posixpath
import stat
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import asyncssh
from altscore_libs.errors import AltScoreError
from asyncssh import (
    FXF_APPEND,
    FXF_READ,
    FXF_WRITE,
    SFTPAttrs,
    SFTPFailure,
    SFTPName,
    SFTPNoSuchFile,
    SFTPOpUnsupported,
    SFTPPermissionDenied,
    SSHServerChannel,
)

from altscore_ingestion.distributors.domain import SftpAccount
from altscore_ingestion.landings.domain import Report, finished_name, is_unfinished
from altscore_ingestion.landings.service import LandingService
from altscore_ingestion.uploads.domain import MAX_FILE_BYTES

MAX_OPEN = 32  # handles of a session: asyncssh keeps each with its content until it is closed
FINDINGS = "/findings"
_REPORT = ".json"
_NO_OWNER = 0


@dataclass
class Budget:
    """Bytes of unfinished files in memory, of one connection or of the process."""

    left: int

    def take(self, count: int) -> bool:
        """Whether there is place for so many more; then they are taken."""
        if count > self.left:
            return False
        self.left -= count
        return True


@dataclass
class Draft:
    """A file that is being written.

    Attributes:
        is_open: its sender has not closed it.
        fault: why it can never be handed in.
    """

    content: bytearray = field(default_factory=bytearray)
    is_open: bool = True
    fault: str = ""


@dataclass(frozen=True)
class Document:
    """A report that is being read."""

    content: bytes


class DistributorFolder(asyncssh.SFTPServer):
    """One SFTP session of a distributor.

    Every request that the library would otherwise answer from this machine's disk is answered here; a test compares.

    Args:
        channel: of the session.
        landings: what the session may do.
        account: whose it is.
        budgets: of the connection and of the process.
        max_drafts: unfinished files at a time.
        active: called with each request.
    """

    def __init__(
        self,
        channel: "SSHServerChannel[bytes]",
        landings: LandingService,
        account: SftpAccount,
        *,
        budgets: tuple[Budget, ...],
        max_drafts: int,
        active: Callable[[], None],
    ) -> None:
        super().__init__(channel)
        self._landings, self._account, self._budgets = landings, account, budgets
        self._max_drafts, self._active = max_drafts, active
        self._drafts: dict[str, Draft] = {}
        self._open_handles = 0

    async def open(self, path: bytes, pflags: int, attrs: SFTPAttrs) -> object:
        """Begins an unfinished file anew, or opens a report."""
        name = self._path(path)
        if self._open_handles >= MAX_OPEN:
            raise SFTPFailure("too many open files; close them first")
        if not pflags & FXF_WRITE:
            document = Document(await self._report(name))
            self._open_handles += 1
            return document
        if pflags & (FXF_APPEND | FXF_READ) or not is_unfinished(name[1:]):
            raise SFTPPermissionDenied("write NAME.csv.part, then rename it to NAME.csv")
        if name not in self._drafts and len(self._drafts) >= self._max_drafts:
            raise SFTPFailure("too many unfinished files; hand them in or remove them")
        self._forget(name)
        self._drafts[name] = Draft()
        self._open_handles += 1
        return self._drafts[name]

    def open56(self, path: bytes, desired_access: int, flags: int, attrs: SFTPAttrs) -> object:
        """Only version 3 is spoken."""
        raise SFTPOpUnsupported("only version 3 of SFTP is spoken")

    def close(self, file_obj: object) -> None:
        """A closed file is not a finished one: a connection that breaks closes its files too."""
        self._active()
        self._open_handles -= 1
        if isinstance(file_obj, Draft):
            file_obj.is_open = False

    def read(self, file_obj: object, offset: int, size: int) -> bytes:
        """A part of a report; what was written is not given back."""
        self._active()
        if not isinstance(file_obj, Document):
            raise SFTPPermissionDenied("what was written cannot be read")
        return file_obj.content[offset : offset + size]

    def write(self, file_obj: object, offset: int, data: bytes) -> int:
        """A part of an unfinished file, in order or over what was written."""
        self._active()
        if not isinstance(file_obj, Draft) or not file_obj.is_open:
            raise SFTPPermissionDenied("reports cannot be written")
        if file_obj.fault:
            raise SFTPFailure(file_obj.fault)
        end = offset + len(data)
        more = end - len(file_obj.content)
        if offset > len(file_obj.content):
            file_obj.fault = "the file has a gap"
        elif end > MAX_FILE_BYTES:
            file_obj.fault = f"a file has at most {MAX_FILE_BYTES} bytes; split it"
        elif more > 0 and not self._take(more):
            file_obj.fault = "too much is being written at this moment; come back later"
        if file_obj.fault:
            self._empty(file_obj)
            raise SFTPFailure(file_obj.fault)
        file_obj.content[offset:end] = data
        return len(data)

    async def rename(self, oldpath: bytes, newpath: bytes) -> None:
        """Hands a file in: it is kept safe when this is answered."""
        old, new = self._path(oldpath), self._path(newpath)
        draft, name = self._drafts.get(old), finished_name(old[1:], new[1:])
        if draft is None:
            raise SFTPNoSuchFile("no such unfinished file in this session")
        if name is None:
            raise SFTPPermissionDenied("NAME.csv.part can only be renamed to NAME.csv")
        if draft.is_open or draft.fault:
            raise SFTPFailure(draft.fault or "the file is still being written")
        try:
            await self._landings.land(self._account, name, bytes(draft.content))
        except AltScoreError as error:
            raise SFTPFailure(f"{error.code}: not taken; try again later") from None
        self._forget(old)

    async def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        """As `rename`."""
        await self.rename(oldpath, newpath)

    def remove(self, path: bytes) -> None:
        """Drops an unfinished file."""
        name = self._path(path)
        if name not in self._drafts:
            raise SFTPPermissionDenied("only an unfinished file can be removed")
        self._forget(name)

    async def stat(self, path: bytes) -> SFTPAttrs:
        """Of the two folders, an unfinished file or a report."""
        name = self._path(path)
        if name in {"/", FINDINGS}:
            return _folder()
        if (draft := self._drafts.get(name)) is not None:
            return _file(len(draft.content), time.time())
        return _file(len(await self._report(name)), time.time())

    async def lstat(self, path: bytes) -> SFTPAttrs:
        """As `stat`: there are no links."""
        return await self.stat(path)

    def fstat(self, file_obj: object) -> SFTPAttrs:
        """Of what is open."""
        self._active()
        return _file(len(file_obj.content) if isinstance(file_obj, Draft | Document) else 0, time.time())

    def setstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """Modes and times mean nothing here; clients set them with every file."""
        self._path(path)

    def lsetstat(self, path: bytes, attrs: SFTPAttrs) -> None:
        """As `setstat`."""
        self._path(path)

    def fsetstat(self, file_obj: object, attrs: SFTPAttrs) -> None:
        """As `setstat`."""
        self._active()

    def fsync(self, file_obj: object) -> None:
        """An unfinished file is safe nowhere; `rename` makes it so."""
        self._active()

    async def scandir(self, path: bytes) -> AsyncIterator[SFTPName]:
        """Own unfinished files, or own reports."""
        name = self._path(path)
        if name == "/":
            entries = [(".", _folder()), ("..", _folder()), (FINDINGS[1:], _folder())]
            entries += [(key[1:], _file(len(item.content), time.time())) for key, item in self._drafts.items()]
        elif name == FINDINGS:
            entries = [(".", _folder()), ("..", _folder())]
            entries += [
                (report.file_name + _REPORT, _file(len(_text(report)), report.landed_at.timestamp()))
                for report in await self._reports()
            ]
        else:
            raise SFTPNoSuchFile("no such folder")
        for entry, attrs in entries:
            yield SFTPName(entry.encode(), entry.encode(), attrs)

    def realpath(self, path: bytes) -> bytes:
        """The path from the top of the folder."""
        return self._path(path).encode()

    def mkdir(self, path: bytes, attrs: SFTPAttrs) -> None:
        """There are no other folders."""
        raise SFTPPermissionDenied("no folders can be made")

    def rmdir(self, path: bytes) -> None:
        """As `mkdir`."""
        raise SFTPPermissionDenied("no folders can be removed")

    def readlink(self, path: bytes) -> bytes:
        """There are no links."""
        raise SFTPNoSuchFile("there are no links")

    def symlink(self, oldpath: bytes, newpath: bytes) -> None:
        """As `readlink`."""
        raise SFTPPermissionDenied("no links can be made")

    def link(self, oldpath: bytes, newpath: bytes) -> None:
        """As `readlink`."""
        raise SFTPPermissionDenied("no links can be made")

    def lock(self, file_obj: object, offset: int, length: int, flags: int) -> None:
        """There is nobody to lock out."""
        raise SFTPOpUnsupported("there are no locks")

    def unlock(self, file_obj: object, offset: int, length: int) -> None:
        """As `lock`."""
        raise SFTPOpUnsupported("there are no locks")

    def statvfs(self, path: bytes) -> object:  # type: ignore[override]  # never answered
        """This machine's disks are nobody's business."""
        raise SFTPOpUnsupported("there is no file system")

    def fstatvfs(self, file_obj: object) -> object:  # type: ignore[override]  # never answered
        """As `statvfs`."""
        raise SFTPOpUnsupported("there is no file system")

    def format_user(self, uid: int | None) -> str:
        """No user of this machine."""
        return "-"

    def format_group(self, gid: int | None) -> str:
        """No group of this machine."""
        return "-"

    def exit(self) -> None:
        """What was not handed in is gone."""
        for name in list(self._drafts):
            self._forget(name)

    def _path(self, path: bytes) -> str:
        self._active()
        try:
            return posixpath.normpath("/" + path.decode("ascii").lstrip("/"))
        except UnicodeDecodeError:
            raise SFTPNoSuchFile("names have letters of ASCII") from None

    async def _reports(self) -> list[Report]:
        try:
            return list(await self._landings.reports(self._account))
        except AltScoreError as error:
            raise SFTPFailure(f"{error.code}: try again later") from None

    async def _report(self, name: str) -> bytes:
        folder, _, file = name.rpartition("/")
        if folder == FINDINGS and file.endswith(_REPORT):
            for report in await self._reports():
                if report.file_name + _REPORT == file:
                    return _text(report)
        raise SFTPNoSuchFile("no such report")

    def _take(self, count: int) -> bool:
        taken: list[Budget] = []
        for budget in self._budgets:
            if not budget.take(count):
                for earlier in taken:
                    earlier.left += count
                return False
            taken.append(budget)
        return True

    def _forget(self, name: str) -> None:
        if (draft := self._drafts.pop(name, None)) is not None:
            self._empty(draft)
            draft.fault = draft.fault or "the file was begun anew"

    def _empty(self, draft: Draft) -> None:
        for budget in self._budgets:
            budget.left += len(draft.content)
        draft.content.clear()


def _text(report: Report) -> bytes:
    return (json.dumps(report.document(), ensure_ascii=False, indent=1) + "\n").encode()


def _folder() -> SFTPAttrs:
    return SFTPAttrs(permissions=stat.S_IFDIR | 0o700, size=0, uid=_NO_OWNER, gid=_NO_OWNER)


def _file(size: int, at: float) -> SFTPAttrs:
    return SFTPAttrs(
        permissions=stat.S_IFREG | 0o600, size=size, uid=_NO_OWNER, gid=_NO_OWNER, atime=int(at), mtime=int(at)
    )
