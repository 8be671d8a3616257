"""A backup is whole or is not there; a restore checks it first, brings back that instant and sends events again."""

import json
import os
import shutil
import signal
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from altscore_libs.ddl import inbox_tables, outbox_tables
from altscore_libs.testing_postgres import HANG_S
from altscore_local import backup
from altscore_local.backup import (
    FORMAT,
    KEPT,
    MANIFEST,
    Part,
    back_up,
    copy_part,
    digest_of_file,
    files_of,
    prune,
)
from altscore_local.layout import Layout
from altscore_local.pki import ensure_pki
from altscore_local.postgres import SUPERUSER, Postgres
from altscore_local.process import StackError, Supervisor
from altscore_local.restore import finish, put_back, read_manifest, send_again

ADD_EVENT = (
    "INSERT INTO outbox (event_id, name, topic, key, payload, producer_seq, sent_at)"
    " VALUES (gen_random_uuid(), 'n', 't', 'k', '', %s, now())"
)
PARK = "INSERT INTO parked (topic, key, partition, \"offset\", reason, raw) VALUES ('t', 'k', 0, %s, 'r', '')"


@contextmanager
def nothing_pauses(names: Sequence[str]) -> Iterator[None]:
    assert list(names) == ["audit-worker"]
    yield


class Server:
    """A PostgreSQL server of a clone, with the databases of ours."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.postgres = Postgres(layout)
        self.supervisor = Supervisor(layout)

    def start(self) -> None:
        self.supervisor.ensure(self.postgres.prepare())

    def stop(self) -> None:
        self.supervisor.stop("postgres", number=signal.SIGINT, timeout_s=10)

    def run(self, database: str, statement: str, *values: object) -> list[tuple[object, ...]]:
        with psycopg.connect(self.postgres.dsn(SUPERUSER, database), autocommit=True) as connection:
            done = connection.execute(statement.encode(), values)
            return list(done.fetchall()) if done.description else []

    def back_up(self, target: Path) -> dict[str, object]:
        return back_up(
            self.postgres, self.layout, target, expected=["kafka"], paused=nothing_pauses, report=lambda _: None
        )


@pytest.fixture
def server(clone: Layout) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        layout = replace(clone, port_offset=free.getsockname()[1] - clone.port("postgres"))
    ensure_pki(layout)
    own = Server(layout)
    own.start()
    yield own
    own.stop()
    if not own.postgres.home.is_relative_to(layout.var):
        shutil.rmtree(own.postgres.home.parent)


def test_a_restore_brings_back_the_instant_of_the_backup_and_keeps_what_it_replaces(
    server: Server, tmp_path: Path
) -> None:
    layout = server.layout
    (layout.data / "s3" / "bucket").mkdir(parents=True)
    (layout.data / "s3" / "bucket" / "object").write_text("content")
    (layout.data / "s3" / ".minio.sys" / "tmp").mkdir(parents=True)
    (layout.data / "s3" / ".minio.sys" / "tmp" / "half").write_text("half an upload")
    server.run("postgres", "CREATE ROLE consent")
    server.run("postgres", "CREATE DATABASE consent")
    server.run("consent", outbox_tables("consent") + inbox_tables("consent"))
    for number in (1, 2):
        server.run("consent", ADD_EVENT, number)
        server.run("consent", PARK, number)
    password = (layout.secrets / f"postgres-{SUPERUSER}").read_text()
    target = tmp_path / "copy"
    manifest = server.back_up(target)
    assert (target.stat().st_mode & 0o777, manifest["expected"]) == (0o700, ["kafka"])
    server.run("consent", ADD_EVENT, 3)
    (layout.data / "s3" / "bucket" / "object").write_text("changed")
    (layout.secrets / "of-later").write_text("a key that the backup does not know")

    server.stop()
    assert read_manifest(target)["taken_at"] == manifest["taken_at"]
    put_back(server.postgres, layout, target)
    server.start()

    assert server.run("consent", "SELECT count(*) FROM outbox") == [(2,)]
    assert (layout.data / "s3" / "bucket" / "object").read_text() == "content"
    assert not (layout.data / "s3" / ".minio.sys" / "tmp" / "half").exists()
    assert (layout.secrets / f"postgres-{SUPERUSER}").read_text() == password
    assert not (layout.secrets / "of-later").exists()
    assert (layout.var / "replaced" / "secrets" / "of-later").exists()

    server.stop()
    put_back(server.postgres, layout, target)  # a second attempt, since the first did not come to its end
    assert (layout.var / "replaced" / "secrets" / "of-later").exists(), "the former state survives it"
    finish(layout)
    server.start()

    assert send_again(server.postgres) == 2
    unsent = "SELECT producer_seq FROM outbox WHERE sent_at IS NULL ORDER BY id"
    assert server.run("consent", unsent) == [(1,), (2,)], "in order, under their former numbers"
    places = 'SELECT count(*) FROM parked WHERE "offset" >= 0'
    assert server.run("consent", places) == [(0,)], "a new broker numbers from 0"


@pytest.mark.parametrize("harm", ["changed", "missing", "added", "unreadable"])
def test_a_damaged_backup_is_refused(tmp_path: Path, harm: str) -> None:
    target = tmp_path / "copy"
    victim = target / "postgres" / "PG_VERSION"
    for file in (victim, target / "secrets" / "a"):
        file.parent.mkdir(parents=True)
        file.write_text("15\n")
    files = {str(file.relative_to(target)): digest_of_file(file) for file in files_of(target)}
    (target / MANIFEST).write_text(json.dumps({"format": FORMAT, "files": files}))
    assert read_manifest(target)["files"] == files
    if harm == "changed":
        victim.write_text("16\n")
    elif harm == "missing":
        victim.unlink()
    elif harm == "added":
        (target / "secrets" / "extra").write_text("")
    else:
        (target / MANIFEST).write_text("{")
    with pytest.raises(StackError, match=r"damaged|no whole backup"):
        read_manifest(target)


def test_a_backup_never_writes_over_another_and_leaves_nothing_when_it_fails(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "copy"
    target.mkdir()
    with pytest.raises(StackError, match="exists"):
        server.back_up(target)
    target.rmdir()
    monkeypatch.setattr(backup, "parts_of", lambda layout: [Part("broken", layout.data / "postgres.roles.stamp" / "x")])
    monkeypatch.setattr(backup, "copy_part", fail)
    with pytest.raises(StackError, match="on purpose"):
        server.back_up(target)
    assert list(tmp_path.glob("*copy*")) == []
    server.stop()
    with pytest.raises(StackError, match="does not serve"):
        server.back_up(target)


def fail(_part: Part, _target: Path) -> None:
    raise StackError("on purpose")


def test_a_folder_in_use_is_copied_until_nothing_changed_meanwhile(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    for number in range(300):
        (source / f"{number:03}").write_text("first")
    written = threading.Event()

    def write() -> None:
        (source / "000").write_text("second, longer")
        (source / "299").unlink()
        (source / "new").write_text("new")
        written.set()

    threading.Timer(0.005, write).start()
    copy_part(Part("x", source), target)
    assert written.wait(HANG_S)
    if (target / "new").exists():  # the change fell into the copy, not behind it
        assert {path.name: path.read_text() for path in target.iterdir()} == {
            path.name: path.read_text() for path in source.iterdir()
        }
    copy_part(Part("x", source), tmp_path / "again")
    assert sorted(os.listdir(tmp_path / "again")) == sorted(os.listdir(source))


def test_the_oldest_backups_go_and_folders_of_other_names_stay(clone: Layout) -> None:
    folder = clone.var / "backups"
    for day in range(1, KEPT + 3):
        (folder / f"202611{day:02}T000000Z").mkdir(parents=True)
        (folder / f"202611{day:02}T000000Z" / MANIFEST).write_text(json.dumps({}))
    (folder / "before-the-upgrade").mkdir()

    assert [path.name[:8] for path in prune(clone)] == ["20261101", "20261102"]

    assert len(list(folder.iterdir())) == KEPT + 1
