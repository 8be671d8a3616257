"""Redis: TLS port only, one named user, every write in the append-only file (a crash loses two seconds at most)."""

import shutil
import socket
import ssl
from pathlib import Path

from altscore_local.files import secret, write_file
from altscore_local.layout import Layout
from altscore_local.process import SYSTEM_ENVIRONMENT, Process, StackError

USER = "score"
_SETTINGS = """\
bind {listen_host}
port 0
tls-port {port}
tls-cert-file {pki}/redis.crt
tls-key-file {pki}/redis.key
tls-ca-cert-file {pki}/ca.pem
tls-auth-clients no
tls-protocols "TLSv1.3"
aclfile {acl}
dir {data}
appendonly yes
appendfsync everysec
save ""
maxmemory 256mb
maxmemory-policy noeviction
daemonize no
"""
# Nobody can be the default user, since it is off; Redis itself is, while it reads its append-only file: without the
# right to write, every transaction in the file is refused and its content lost.
_ACL = """\
user default off resetpass ~* -@all +@write
user {user} on >{password} ~* &* +@all -@admin -@dangerous +info +keys
"""


class Redis:
    """The cache of this clone."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.port = layout.port("redis")

    @property
    def _password(self) -> str:
        return secret(self._layout, "redis-score")

    @property
    def url(self) -> str:
        """With credentials, for the score service alone."""
        return f"rediss://{USER}:{self._password}@{self._layout.host('redis')}:{self.port}/0"

    @property
    def _data(self) -> Path:
        return self._layout.data / "redis"

    def write_settings(self) -> Path:
        """Writes the server's settings and its user; returns the file of settings."""
        acl, settings = self._layout.run / "redis" / "users.acl", self._layout.run / "redis" / "redis.conf"
        write_file(acl, _ACL.format(user=USER, password=self._password))
        text = _SETTINGS.format(
            port=self.port, listen_host=self._layout.listen_host, pki=self._layout.pki, acl=acl, data=self._data
        )
        write_file(settings, text)
        return settings

    def prepare(self) -> Process:
        """Writes the settings and says how to start it."""
        program = shutil.which("redis-server", path="/usr/bin:/usr/local/bin:/bin")
        if program is None:
            raise StackError("redis-server is not installed: run `make setup`")
        data = self._data
        data.mkdir(parents=True, exist_ok=True)
        settings = self.write_settings()
        return Process(
            name="redis",
            group="infra",
            argv=[program, str(settings)],
            env=SYSTEM_ENVIRONMENT,
            port=self.port,
            ready=self.is_ready,
            cwd=data,
        )

    def is_ready(self) -> bool:
        """Whether it serves."""
        context = ssl.create_default_context(cafile=str(self._layout.pki / "ca.pem"))
        try:
            with (
                socket.create_connection((self._layout.host("redis"), self.port), timeout=1) as plain,
                context.wrap_socket(plain, server_hostname="localhost") as secure,
            ):
                secure.sendall(f"AUTH {USER} {self._password}\r\nPING\r\n".encode())
                return _read_lines(secure, 2) == [b"+OK", b"+PONG"]
        except (OSError, ValueError):
            return False


def _read_lines(secure: ssl.SSLSocket, count: int) -> list[bytes]:
    received = b""
    while received.count(b"\r\n") < count:
        more = secure.recv(1024)
        if not more:
            break
        received += more
    return received.split(b"\r\n")[:count]
