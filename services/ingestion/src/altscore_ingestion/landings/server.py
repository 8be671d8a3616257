"""The SSH server in front of the folders: keys alone, no shell, no forwarding, bounded in number and time."""

import asyncio
import logging
import re
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import asyncssh
from altscore_libs.errors import AltScoreError
from altscore_libs.periodic import sleep_or_stop
from prometheus_client import Gauge

from altscore_ingestion.distributors.domain import SftpAccount
from altscore_ingestion.landings.domain import fingerprint_of
from altscore_ingestion.landings.folder import Budget, DistributorFolder
from altscore_ingestion.landings.refusals import SftpRefusals
from altscore_ingestion.landings.service import LandingService

_log = logging.getLogger("altscore.ingestion.sftp")
_USER = re.compile(r"dist_[a-z0-9_]{1,48}\Z")
_connections = Gauge("altscore_ingest_sftp_connections", "Open SSH connections, those before their login too.")


@dataclass(frozen=True)
class Limits:
    """What one process takes.

    Attributes:
        max_connections: at a time, those before their login too.
        max_of_address: of them from one address.
        max_of_account: of them of one distributor.
        login_s: from the connection to the login, seconds.
        idle_s: without a request, seconds.
        session_s: longest connection at all, seconds.
        max_drafts: unfinished files of a session.
        connection_bytes: of unfinished files of a connection.
        process_bytes: of unfinished files of all of them.
    """

    max_connections: int = 100
    max_of_address: int = 20
    max_of_account: int = 4
    login_s: float = 20.0
    idle_s: float = 300.0
    session_s: float = 3_600.0
    max_drafts: int = 8
    connection_bytes: int = 8 * 1024 * 1024
    process_bytes: int = 64 * 1024 * 1024


class SftpListener:
    """The port.

    Args:
        landings: what sessions may do.
        refusals: audits refused logins.
        host_key_file: private key that distributors pin.
        address: host and port; port 0 chooses a free one.
        limits: what this process takes.
    """

    def __init__(
        self,
        landings: LandingService,
        refusals: SftpRefusals,
        *,
        host_key_file: Path,
        address: tuple[str, int],
        limits: Limits,
    ) -> None:
        self.landings, self.refusals, self.limits = landings, refusals, limits
        self._host_key_file, self._address = host_key_file, address
        self.budget = Budget(limits.process_bytes)
        self.open: set[SshConnection] = set()
        self.started = asyncio.Event()
        self.port = address[1]

    async def run(self, stop: asyncio.Event) -> None:
        """Serves until `stop`; then connections are cut, and what was not handed in is gone."""
        host, port = self._address
        async with await asyncssh.listen(
            host,
            port,
            server_factory=lambda: SshConnection(self),
            sftp_factory=self._folder,
            sftp_version=3,
            server_host_keys=[str(self._host_key_file)],
            password_auth=False,
            kbdint_auth=False,
            host_based_auth=False,
            gss_host=None,
            allow_scp=False,
            agent_forwarding=False,
            x11_forwarding=False,
            allow_pty=False,
            compression_algs=["none"],
            login_timeout=self.limits.login_s,
            keepalive_interval=30,
            keepalive_count_max=3,
            window=256 * 1024,
            config=[],
        ) as acceptor:
            self.port = acceptor.get_port()
            self.started.set()
            while not await sleep_or_stop(stop, min(5.0, self.limits.idle_s / 2)):
                self.cut_idle(time.monotonic())
            for connection in list(self.open):
                connection.abort()

    def cut_idle(self, now: float) -> None:
        """Ends connections without a request for long, and those that are too old."""
        for connection in list(self.open):
            is_idle = now - connection.active_at > self.limits.idle_s
            if is_idle or now - connection.begun_at > self.limits.session_s:
                connection.abort()

    def has_place(self, newcomer: "SshConnection") -> bool:
        """Whether a further connection is taken."""
        of_address = sum(connection.address == newcomer.address for connection in self.open)
        return len(self.open) < self.limits.max_connections and of_address < self.limits.max_of_address

    def has_place_for(self, account: SftpAccount) -> bool:
        """Whether a distributor may open a further one."""
        accounts = Counter(item.account.distributor_id for item in self.open if item.account is not None)
        return accounts[account.distributor_id] <= self.limits.max_of_account

    def _folder(self, channel: "asyncssh.SSHServerChannel[bytes]") -> DistributorFolder:
        connection = channel.get_connection().get_owner()
        if not isinstance(connection, SshConnection) or connection.account is None:
            raise asyncssh.ChannelOpenError(asyncssh.OPEN_ADMINISTRATIVELY_PROHIBITED, "no account")
        return DistributorFolder(
            channel,
            self.landings,
            connection.account,
            budgets=(connection.budget, self.budget),
            max_drafts=self.limits.max_drafts,
            active=connection.touch,
        )


class SshConnection(asyncssh.SSHServer):
    """One connection: nothing but the SFTP subsystem, behind a key of the account that is named."""

    def __init__(self, listener: SftpListener) -> None:
        self._listener = listener
        self._connection: asyncssh.SSHServerConnection | None = None
        self._candidate: SftpAccount | None = None
        self.account: SftpAccount | None = None
        self.address = ""
        self.budget = Budget(listener.limits.connection_bytes)
        self.begun_at = self.active_at = time.monotonic()
        self._pending: set[asyncio.Task[None]] = set()

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Counts it, or cuts it off."""
        self._connection = conn
        self.address = str((conn.get_extra_info("peername") or ("unknown",))[0])
        if not self._listener.has_place(self):
            conn.abort()
            return
        self._listener.open.add(self)
        _connections.set(len(self._listener.open))

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # a broken connection is nothing unusual
        """Audits a connection that never logged in."""
        if self not in self._listener.open:
            return
        self._listener.open.discard(self)
        _connections.set(len(self._listener.open))
        if self.account is None:
            task = asyncio.ensure_future(self._listener.refusals.record(self.address, "ssh_login_failed"))
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)

    def begin_auth(self, username: str) -> bool:  # noqa: ARG002  # unknown names are refused like unknown keys
        """Always: nobody comes in without a key."""
        return True

    def public_key_auth_supported(self) -> bool:
        """The only way in."""
        return True

    async def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Whether the key is one of the account's; the library then demands its signature."""
        self._candidate = None
        if _USER.match(username) is None:
            return False
        try:
            account = await self._listener.landings.account(username, fingerprint_of(key.public_data))
        except AltScoreError as error:
            _log.warning("a login could not be checked", extra={"code": error.code})
            return False
        self._candidate = account
        return account is not None

    def auth_completed(self) -> None:
        """The signature holds."""
        assert self._connection is not None  # noqa: S101  # set when the connection was made
        account = self._candidate
        if account is None or account.distributor_id != self._connection.get_extra_info("username"):
            self._connection.abort()
            return
        self.account = account
        self.touch()
        if not self._listener.has_place_for(account):
            self._connection.disconnect(asyncssh.DISC_TOO_MANY_CONNECTIONS, "too many connections of this account")

    def touch(self) -> None:
        """A request came."""
        self.active_at = time.monotonic()

    def abort(self) -> None:
        """Ends it at once."""
        if self._connection is not None:
            self._connection.abort()
