"""Histories of a ledger that is exported onto an SFTP server: files that come half, grow, change, are locked or go
while they are fetched, and connections that break; the rest is as with a drop folder."""

import hashlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import asyncssh
from altscore_connector.config import SftpConfig
from altscore_connector.csvdrop.reader import Portion
from altscore_connector.records import Finding, Reading
from altscore_connector.sftp.session import SftpSession
from altscore_connector.sftp.source import SftpSource

from ledger_histories.counts import Counts
from ledger_histories.csv_drop import History, Site, run
from ledger_histories.csv_model import Export, Style

# What may be wrong with a file, and how the connector names it.
TROUBLES = {
    "half": "digest_differs",
    "growing": "file_still_grows",
    "touched": "file_changed_while_read",
    "locked": "file_not_readable",
    "gone": "file_gone",
}
_CONFIG = SftpConfig(host="127.0.0.1", user="altscore", host_key="", folder="/exports", timeout_s=20)


@dataclass
class RemoteFile:
    """A file on the server; `trouble` is one of `TROUBLES`, or empty."""

    data: bytes
    modified_s: int
    trouble: str = ""


@dataclass(frozen=True)
class Attributes:
    """What the server tells of a file."""

    size: int
    mtime: int
    type: int = asyncssh.FILEXFER_TYPE_REGULAR


@dataclass(frozen=True)
class Entry:
    """A line of the folder's list."""

    filename: bytes
    attrs: Attributes


@dataclass(frozen=True)
class Handle:
    """An open file."""

    data: bytes

    async def read(self, size: int, offset: int) -> bytes:
        """A block."""
        return self.data[offset : offset + size]

    async def close(self) -> None:
        """Nothing is held open."""


class Server:
    """One folder of an SFTP server, as `asyncssh.SFTPClient` shows it.

    Attributes:
        cut_after: the connection breaks at this operation from now; negative is never.
    """

    def __init__(self) -> None:
        self.files: dict[str, RemoteFile] = {}
        self.cut_after = -1

    def troubles(self) -> set[tuple[str, str]]:
        """Rules and names of what cannot be fetched whole now."""
        return {(TROUBLES[file.trouble], name) for name, file in self.files.items() if file.trouble}

    def _operation(self) -> None:
        self.cut_after -= 1
        if self.cut_after == -1:
            raise asyncssh.SFTPConnectionLost("cut")
        self.cut_after = max(self.cut_after, -2)

    async def scandir(self, _folder: bytes) -> AsyncIterator[Entry]:
        """What lies in the folder."""
        for name, file in list(self.files.items()):
            self._operation()
            if file.trouble == "growing":
                file.data += b"\n"
            yield Entry(name.encode(), Attributes(len(file.data), file.modified_s))

    async def stat(self, path: bytes) -> Attributes:
        """Size and time of a file; of one that is written meanwhile, later ones."""
        file = self._file(path)
        return Attributes(len(file.data), file.modified_s + (file.trouble == "touched"))

    async def open(self, path: bytes, _mode: str) -> Handle:
        """Opens a file."""
        file = self._file(path)
        if file.trouble == "locked":
            raise asyncssh.SFTPPermissionDenied("locked")
        if file.trouble == "gone":
            raise asyncssh.SFTPNoSuchFile("gone")
        return Handle(file.data)

    def _file(self, path: bytes) -> RemoteFile:
        self._operation()
        return self.files[PurePosixPath(path.decode()).name]


class SftpSite(Site):
    """An SFTP server, and the connector that reads its folder."""

    def __init__(self, folder: Path, style: Style, rng: random.Random, seed: int, *, memories: float = 0.0) -> None:
        super().__init__(folder, style, rng, seed, memories=memories)
        self.rng, self.server = random.Random(seed), Server()
        self.local = replace(self.config, folder=folder / "fetched", archive=None, settle_s=1e-6)

    @asynccontextmanager
    async def _connect(self, config: SftpConfig) -> AsyncIterator[SftpSession]:
        yield SftpSession(self.server, config)  # type: ignore[arg-type]  # what the session needs of a client

    def put(self, export: Export, name: str | None = None) -> None:
        """The export is there whole, often with its digest beside it."""
        self._upload(export, name or export.name, has_digest=self.rng.random() < 0.5)

    def arrive(self, export: Export, *, must_be_whole: bool) -> bool:
        """The export comes; a fifth of them with a trouble that ends when it is put once more."""
        trouble = self.rng.choice(sorted(TROUBLES)) if not must_be_whole and self.rng.random() < 0.2 else ""
        # A growing file has no digest yet, a half one has that of the whole.
        has_digest = trouble != "growing" and (trouble == "half" or self.rng.random() < 0.5)
        self._upload(export, export.name, has_digest=has_digest)
        file = self.server.files[export.name]
        file.trouble = trouble
        if trouble in ("half", "growing"):
            file.data = file.data[: self.rng.randrange(len(file.data))]
        return not trouble

    def _upload(self, export: Export, name: str, *, has_digest: bool) -> None:
        self.server.files[name] = RemoteFile(export.data, export.order // 1000)
        self.server.files.pop(f"{name}.sha256", None)
        if has_digest:
            text = f"{hashlib.sha256(export.data).hexdigest()}  {name}\n"
            self.server.files[f"{name}.sha256"] = RemoteFile(text.encode(), export.order // 1000)

    def remove(self, name: str) -> None:
        """The file and its digest are taken away."""
        self.server.files.pop(f"{name}.sha256", None)
        del self.server.files[name]

    def sync(self, fault: str = "") -> list[Finding]:
        """As `Site`; connections break, and every file that cannot be fetched whole is named."""
        self.server.cut_after = self.rng.randrange(40) if self.rng.random() < 0.2 else -2
        findings = super().sync(fault)
        held = {(finding.rule, finding.file) for finding in findings if finding.rule in TROUBLES.values()}
        assert held == self.server.troubles()
        return [finding for finding in findings if (finding.rule, finding.file) not in held]

    def heal(self) -> None:
        """As `Site`."""
        super().heal()
        self.server.cut_after = -2

    def read(self, portion: Portion | None) -> Reading:
        """Fetches, and reads the local copies."""
        source = SftpSource(_CONFIG, self.local, "dist_x", state=self.memories.state, connect=self._connect)
        return source._read(portion)


def play(number: int, folder: Path) -> Counts:
    """Plays one history."""
    return run(History(number, folder / str(number), open_site=SftpSite, unit_ms=1000))


def play_memories(number: int, folder: Path) -> Counts:
    """Plays one history in which the connector's memory is put back, lost, or left on another machine."""
    return run(History(number, folder / str(number), open_site=SftpSite, unit_ms=1000, memories=0.4))
