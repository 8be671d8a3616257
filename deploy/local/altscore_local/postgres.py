"""PostgreSQL 15: TLS 1.3, SCRAM, one owner and one application role per database of ours."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from altscore_local.files import PRIVATE, Stamp, digest_of, secret, write_file
from altscore_local.layout import LOOPBACK, OUR_DATABASES, Layout
from altscore_local.process import SYSTEM_ENVIRONMENT, Process, StackError, processes_in, start_ticks
from altscore_local.role_limits import (
    FURTHER_ROLES,
    MAX_CONNECTIONS,
    database_statements,
    limits_of,
    relay_roles,
    statements_of,
)

TOOL_DATABASES = ("mlflow", "airflow", "registry")
SUPERUSER = "altscore_super"
ZOMBIE_WAIT_S = 10.0
_SYSTEM_USER = "postgres"
_SETTINGS = """\
listen_addresses = '{listen_host}'
port = {port}
unix_socket_directories = ''
max_connections = {max_connections}
shared_buffers = 192MB
max_wal_size = 1GB
wal_compression = lz4
ssl = on
ssl_min_protocol_version = 'TLSv1.3'
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
log_statement = 'none'
log_min_error_statement = panic
log_parameter_max_length_on_error = 0
"""
_ACCESS = f"""\
hostssl all all {{callers}} scram-sha-256
hostssl replication {SUPERUSER} {{callers}} scram-sha-256
"""


def _programs() -> Path:
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if (folder / "initdb").exists() and folder.parent.name == "15":
            return folder
    initdb = shutil.which("initdb")
    if initdb is None:
        raise StackError("PostgreSQL 15 is not installed: run `make setup`")
    return Path(initdb).parent


class Postgres:
    """The database server of this clone."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self.port = layout.port("postgres")

    @cached_property
    def _account(self) -> pwd.struct_passwd | None:
        """Whom the server runs as where everything is started by root."""
        return pwd.getpwnam(_SYSTEM_USER) if os.geteuid() == 0 else None

    @property
    def home(self) -> Path:
        """Data folder; not in the clone where the server's user cannot get there (a clone in root's home)."""
        inside = self._layout.data / "postgres"
        if self._account is None or _others_may_pass(self._layout.root):
            return inside
        return Path("/var/lib/altscore") / digest_of([str(self._layout.var)])[:12] / "postgres"

    def dsn(self, role: str, database: str, *, password: str | None = None) -> str:
        """Connection string that verifies the server."""
        secret = password if password is not None else self.password(role)
        query = f"sslmode=verify-full&sslrootcert={quote(str(self._layout.pki / 'ca.pem'))}"
        return f"postgresql://{role}:{secret}@{self._layout.host('postgres')}:{self.port}/{database}?{query}"

    def password(self, role: str) -> str:
        """Password of a role, made at the first call."""
        return secret(self._layout, f"postgres-{role}")

    def prepare(self) -> Process:
        """Makes the cluster once, writes its settings, and says how to start it."""
        for folder in (self._layout.var, self._layout.data, self.home.parent):
            folder.mkdir(parents=True, exist_ok=True)
            if self._account is not None:  # its own user must reach its folder; secrets have a private folder
                folder.chmod(folder.stat().st_mode | 0o011)
        if not (self.home / "PG_VERSION").exists():
            self._make_cluster()
        self._write_settings()
        self._forget_dead_server()
        account = self._account
        return Process(
            name="postgres",
            group="infra",
            argv=[str(_programs() / "postgres"), "-D", str(self.home)],
            env=SYSTEM_ENVIRONMENT | {"PGDATA": str(self.home)},
            port=self.port,
            ready=self.is_ready,
            cwd=Path("/"),
            uid=account.pw_uid if account else None,
            gid=account.pw_gid if account else None,
            stop_signal=signal.SIGINT,
        )

    @staticmethod
    def program(name: str) -> Path:
        """One of PostgreSQL's own programs."""
        return _programs() / name

    def client_environment(self) -> dict[str, str]:
        """For PostgreSQL's programs: how the superuser connects. A command line would show the password to `ps`."""
        return {
            "PGHOST": self._layout.host("postgres"),
            "PGPORT": str(self.port),
            "PGUSER": SUPERUSER,
            "PGPASSWORD": self.password(SUPERUSER),
            "PGSSLMODE": "verify-full",
            "PGSSLROOTCERT": str(self._layout.pki / "ca.pem"),
            "PGCONNECT_TIMEOUT": "10",
        }

    def allow_base_backup(self) -> None:
        """Has a server that was started by an earlier release take base backups."""
        self._write_settings()
        with psycopg.connect(self.dsn(SUPERUSER, "postgres"), autocommit=True, connect_timeout=10) as connection:
            connection.execute("SELECT pg_reload_conf()")

    def adopt(self) -> None:
        """Gives a data folder that was copied here to the server's own user."""
        self._give(self.home, *self.home.rglob("*"))
        for folder in (self.home, *(path for path in self.home.rglob("*") if path.is_dir())):
            folder.chmod(0o700)

    def _forget_dead_server(self) -> None:
        """A killed server is a zombie until its parent reaps it, and PostgreSQL takes a zombie for a living server."""
        lock = self.home / "postmaster.pid"
        try:
            pid = int(lock.read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return
        end = time.monotonic() + ZOMBIE_WAIT_S
        while start_ticks(pid) is None and time.monotonic() < end:
            backends = processes_in(self.home.resolve())  # each has a session of its own, and holds the server's memory
            if not backends:
                lock.unlink(missing_ok=True)
                return
            for backend in backends:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(backend, signal.SIGKILL)
            time.sleep(0.1)

    def _make_cluster(self) -> None:
        half_made = self.home.with_name("postgres.new")
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(parents=True, mode=0o700)
        password_file = half_made.with_name("postgres.password")
        write_file(password_file, self.password(SUPERUSER), mode=PRIVATE)
        self._give(half_made, password_file)
        command = [
            str(_programs() / "initdb"), "-D", str(half_made), "-U", SUPERUSER, "--pwfile", str(password_file),
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--data-checksums", "--no-sync",
        ]  # fmt: skip
        account = self._account
        done = subprocess.run(
            command,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        password_file.unlink()
        if done.returncode:
            raise StackError(f"initdb failed\n{done.stdout}\n{done.stderr}")
        half_made.rename(self.home)

    def settings_text(self) -> str:
        """The server's settings; certificate and key lie beside its data."""
        return _SETTINGS.format(port=self.port, listen_host=self._layout.listen_host, max_connections=MAX_CONNECTIONS)

    def access_text(self) -> str:
        """Who may connect: over TLS, with a password."""
        is_local = self._layout.listen_host == LOOPBACK
        return _ACCESS.format(callers=f"{LOOPBACK}/32" if is_local else "samenet")

    def _write_settings(self) -> None:
        pki = self._layout.pki
        write_file(self.home / "altscore.conf", self.settings_text())
        write_file(self.home / "postgresql.conf", "include 'altscore.conf'\n")
        write_file(self.home / "pg_hba.conf", self.access_text())
        write_file(self.home / "server.crt", (pki / "postgres.crt").read_bytes())
        write_file(self.home / "server.key", (pki / "postgres.key").read_bytes())
        self._give(*(self.home / name for name in (
            "altscore.conf", "postgresql.conf", "pg_hba.conf", "server.crt", "server.key",
        )))  # fmt: skip

    def _give(self, *paths: Path) -> None:
        if self._account is not None:
            for path in paths:
                os.chown(path, self._account.pw_uid, self._account.pw_gid)

    def is_ready(self) -> bool:
        """Whether it serves."""
        try:
            with socket.create_connection((self._layout.host("postgres"), self.port), timeout=1):
                pass
            with psycopg.connect(self.dsn(SUPERUSER, "postgres"), connect_timeout=2):
                return True
        except (OSError, psycopg.Error):
            return False

    def bootstrap(self) -> None:
        """Makes roles and databases that are missing; skipped when done before for the same list."""
        databases: dict[str, tuple[str, ...]] = {
            name: (f"{name}_owner", name, *relay_roles(name)) for name in OUR_DATABASES
        }
        databases |= {name: (name, name) for name in TOOL_DATABASES}
        roles = sorted({role for names in (*databases.values(), *FURTHER_ROLES.values()) for role in names})
        parts = [repr(sorted(databases.items())), repr(FURTHER_ROLES)]
        parts += [f"{self.password(role)} {limits_of(role)}" for role in roles]
        stamp = Stamp(self._layout.data / "postgres.roles.stamp", [str(self.system_identifier()), *parts])
        if stamp.is_current():
            return
        with psycopg.connect(self.dsn(SUPERUSER, "postgres"), autocommit=True) as connection:
            for role in roles:
                self._ensure_role(connection, role)
                for statement in statements_of(role):
                    connection.execute(statement)
            for database, (owner, *users) in sorted(databases.items()):
                self._ensure_database(connection, database, owner, users)
            for statement in database_statements():
                connection.execute(statement)
        stamp.set()

    def system_identifier(self) -> int:
        """Number by which the cluster's data is known."""
        with psycopg.connect(self.dsn(SUPERUSER, "postgres")) as connection:
            row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
        return int(row[0]) if row else 0

    def _ensure_role(self, connection: psycopg.Connection, role: str) -> None:
        row = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
        verb = sql.SQL("ALTER" if row else "CREATE")
        statement = sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD {}")
        connection.execute(statement.format(verb, sql.Identifier(role), sql.Literal(self.password(role))))

    @staticmethod
    def _ensure_database(connection: psycopg.Connection, database: str, owner: str, users: Sequence[str]) -> None:
        name = sql.Identifier(database)
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (database,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, sql.Identifier(owner)))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        for user in (*users, *FURTHER_ROLES.get(database, ())):
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(name, sql.Identifier(user)))


def _others_may_pass(folder: Path) -> bool:
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))
