"""The schema registry: on PostgreSQL, FULL_TRANSITIVE, every schema of the clone registered at start."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from altscore_local.files import Stamp, write_file
from altscore_local.java import find_java
from altscore_local.kafka_access import load_topics
from altscore_local.layout import Layout
from altscore_local.postgres import SUPERUSER, Postgres
from altscore_local.process import Process, StackError
from altscore_local.toolchain import streaming_dist

COMPATIBILITY = "FULL_TRANSITIVE"
DATABASE = "registry"
CHANGES = "INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public"
"""What its own role may do to its tables while a deployment registers, and never else."""
RETRY_WAITS_S = (0.5, 2.0)
_JSON = {"Content-Type": "application/vnd.schemaregistry.v1+json"}


class Registry:
    """The schema registry of this clone (plain HTTP: it has no users of its own and stays on loopback)."""

    def __init__(self, layout: Layout, postgres: Postgres) -> None:
        self._layout = layout
        self._postgres = postgres
        self.port = layout.port("registry")
        self.url = f"http://{layout.address('registry')}/apis/ccompat/v7"

    def prepare(self) -> Process:
        """Says how to start it."""
        java = find_java(21)
        if java is None:
            raise StackError("no Java 21 or newer for the schema registry: run `make setup`")
        env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", **self.environment()}
        flags = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"]
        folder = self._layout.run / "registry"
        temporary = folder / "tmp"
        temporary.mkdir(parents=True, exist_ok=True)
        # Shared folders under /tmp would belong to whoever started one first.
        flags += [f"-Djava.io.tmpdir={temporary}", f"-Dvertx.cacheDirBase={temporary / 'vertx'}"]
        return Process(
            name="registry",
            group="infra",
            argv=[str(java), *flags, "-jar", str(streaming_dist() / "registry" / "quarkus-run.jar")],
            env=env,
            port=self.port,
            ready=self.is_ready,
            cwd=folder,
        )

    def environment(self) -> dict[str, str]:
        """Its settings, as variables of the environment."""
        layout = self._layout
        authority = quote(str(layout.pki / "ca.pem"))
        return {
            "QUARKUS_HTTP_HOST": layout.listen_host,
            "QUARKUS_HTTP_PORT": str(self.port),
            # The default is every address, port 9000.
            "QUARKUS_MANAGEMENT_HOST": "127.0.0.1",
            "QUARKUS_MANAGEMENT_PORT": str(layout.port("registry-management")),
            "APICURIO_STORAGE_KIND": "sql",
            "APICURIO_STORAGE_SQL_KIND": "postgresql",
            "APICURIO_DATASOURCE_URL": f"jdbc:postgresql://{layout.address('postgres')}/registry"
            f"?sslmode=verify-full&sslrootcert={authority}",
            "APICURIO_DATASOURCE_USERNAME": "registry",
            "APICURIO_DATASOURCE_PASSWORD": self._postgres.password("registry"),
            "APICURIO_DATASOURCE_JDBC_INITIAL_SIZE": "2",
            "APICURIO_DATASOURCE_JDBC_MIN_SIZE": "2",
            "APICURIO_DATASOURCE_JDBC_MAX_SIZE": "10",
        }

    def is_ready(self) -> bool:
        """Whether it serves."""
        try:
            self._call("GET", "/subjects")
        except (OSError, StackError):
            return False
        return True

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        raw = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=raw, headers=_JSON, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310  # loopback, our own URL
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise StackError(f"the schema registry refuses {method} {path}: {error.read().decode()[:500]}") from error

    def _write(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """A change that may be made twice: a registry that has just started now and then drops a connection."""
        for wait_s in RETRY_WAITS_S:
            try:
                return self._call(method, path, body)
            except OSError:
                time.sleep(wait_s)
        return self._call(method, path, body)

    def bootstrap(self) -> None:
        """Sets the compatibility level and registers every version of every schema, oldest first."""
        versions = schema_versions(self._layout.root / "schemas")
        identity = self._postgres.system_identifier()
        stamp = Stamp(
            self._layout.data / "registry.schemas.stamp",
            [COMPATIBILITY, CHANGES, str(identity), *(part for subject, path in versions for part in (subject, path))],
        )
        if stamp.is_current():
            return
        ids = {}
        with changeable(self._postgres.dsn(SUPERUSER, DATABASE)):
            self._write("PUT", "/config", {"compatibility": COMPATIBILITY})
            for subject, path in versions:
                answer = self._write("POST", f"/subjects/{quote(subject)}/versions", {"schema": path.read_text()})
                ids[f"{subject} {path.stem}"] = answer["id"]
        write_file(self._layout.run / "registry" / "schemas.json", json.dumps(ids, indent=1))
        stamp.set()


@contextmanager
def changeable(superuser_dsn: str, role: str = DATABASE) -> Iterator[None]:
    """While a deployment registers, the registry's role may change its tables; before and after it may read them.

    The registry knows no users, so whoever reaches it could change what a schema id means. Its database does.

    Args:
        superuser_dsn: of the registry's database.
        role: with which the registry works, and which owns its tables.
    """
    changes, to = sql.SQL(CHANGES), sql.Identifier(role)
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("GRANT {} TO {}").format(changes, to))
        try:
            yield
        finally:
            connection.execute(sql.SQL("REVOKE {} FROM {}").format(changes, to))


def schema_versions(schemas: Path) -> list[tuple[str, Path]]:
    """Subject and file of every schema version; the subject is topic and full record name."""
    topics = {event: entry["name"] for entry in load_topics(schemas / "topics.yml") for event in entry["events"]}
    versions = []
    for path in sorted(schemas.glob("*/*/v*.avsc"), key=lambda file: (str(file.parent), int(file.stem[1:]))):
        topic = topics.get(path.parent.name)
        if topic is None:
            raise StackError(f"{path}: no topic in schemas/topics.yml names the event {path.parent.name}")
        record = json.loads(path.read_text())
        versions.append((f"{topic}-{record['namespace']}.{record['name']}", path))
    return versions
