"""The database goes back in time and Bronze does not: afterwards every statement stands where it stood."""

import shutil
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from altscore_ingestion.batches.objects import Buckets, ObjectStore
from altscore_ingestion.manifests.reading import SECOND_VERSION, SignedBronze
from altscore_ingestion.manifests.signing import MANIFEST_SCHEMA, sign_document
from altscore_ingestion.recovery.service import RecoveryReport, RecoveryService, default_since
from altscore_ingestion.recovery.wiring import lines_of
from altscore_libs.canonical_json import canonical_json
from altscore_libs.outbox import Outbox
from altscore_libs.testing import OUTBOX_KEY, Database, SoftwareSigner
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from ..connector import Connector, batch_of, invoice, payment, retailer, returned
from ..manifests.test_service import endorser, without_signature
from ..world import BRONZE, CATALOGUE, QUARANTINE, Wiring, World, live_rows

_RECORDS = """
    SELECT table_name, record_key, content_version, content_sha256, subject_token, source_order, sequence, stated_at,
        dated_on, amount_inr, is_cancelled FROM record WHERE distributor_id = $1 ORDER BY 1, 2
"""
_OLDER = """
    SELECT table_name, record_key, content_sha256 FROM superseded_content WHERE distributor_id = $1 ORDER BY 1, 2, 3
"""
_IDENTITIES = "SELECT subject_token, gst_status FROM subject WHERE distributor_id = $1 ORDER BY 1"
_TOTALS = "SELECT table_name, month_on, documents, amount_inr FROM erp_total WHERE distributor_id = $1 ORDER BY 1, 2"
_SEQUENCE = "SELECT highest_sequence FROM accepted_sequence WHERE distributor_id = $1"


def _program(name: str) -> str:
    return shutil.which(name) or str(next(Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))


class Backup:
    """All rows of the database at an instant, by PostgreSQL's own programs."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._dsn, self._file = database.superuser_dsn, folder / f"{uuid4().hex}.dump"
        self._run("pg_dump", "--data-only", "-Fc", "-f", str(self._file), self._dsn)

    def restore(self) -> None:
        """Everything is as it was."""
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            tables = connection.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public'")
            names = ", ".join(row[0] for row in tables.fetchall())
            connection.execute(f"TRUNCATE {names} CASCADE".encode())
        self._run("pg_restore", "--data-only", "--disable-triggers", "-d", self._dsn, str(self._file))

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run([_program(program), *arguments], check=True, capture_output=True)


async def onboarded(world: World) -> tuple[Connector, str]:
    """A distributor of its own: Bronze is one for all tests."""
    distributor_id = f"dist_{uuid4().hex[:12]}"
    return await world.onboard(distributor_id), distributor_id


async def known(world: World, distributor_id: str) -> list[Any]:
    """What the database knows of a distributor's records."""
    queries = (_RECORDS, _OLDER, _IDENTITIES, _TOTALS, _SEQUENCE)
    return [await world.pool.fetch(query, distributor_id) for query in queries]


async def catch_up(world: World) -> RecoveryReport:
    """The command."""
    buckets = Buckets(bronze=BRONZE, quarantine=QUARANTINE, retention=timedelta(days=1))
    objects = ObjectStore(world.store.client, buckets, world.clock)
    service = RecoveryService(
        world.pool,
        Outbox(CATALOGUE, "ingestion", world.clock, mac_key=OUTBOX_KEY),
        objects=objects,
        bronze=SignedBronze(objects, world.signer.public_keys()),
        clock=world.clock,
    )
    return await service.catch_up(since=default_since(world.clock.now().date()))


async def live_amounts(world: World, distributor_id: str) -> dict[str, str]:
    """Live invoices in Bronze."""
    folder = f"bronze/dist={distributor_id}/"
    keys = {key.split("/batch=")[1].split("/")[0] for key in world.store.objects(BRONZE, folder)}
    objects = [world.bronze(batch_id, distributor_id) for batch_id in keys]
    return {
        key[0]: str(row["amount_inr"]) for key, row in live_rows(objects, "invoices").items() if not row["is_cancelled"]
    }


async def test_every_kind_of_record_stands_where_it_stood(world: World, database: Database, tmp_path: Path) -> None:
    connector, distributor_id = await onboarded(world)
    await world.send(connector, batch_of(distributor_id, sequence=1, invoices=[invoice(source_order=1)]))
    backup = Backup(database, tmp_path)
    total = {"table": "invoices", "month": "2026-05", "count": 2, "amount_inr": 84000}
    lists: dict[str, Any] = {
        "invoices": [invoice(amount_inr=41000.5, source_order=2), invoice("INV-2", retailer_ref="ledger-2")],
        "payments": [
            payment(source_order=3, is_bounced=True, bounced_on="2026-05-18"),
            payment("P2", is_cancelled=True),
        ],
        "returns": [returned(source_order=4)],
        "retailers": [retailer(gst="27AAPFU0939F1ZV"), retailer("ledger-2")],
        "erp_totals": [total],
    }
    await world.send(connector, batch_of(distributor_id, sequence=2, **lists))
    await world.send(
        connector, batch_of(distributor_id, sequence=3, invoices=[invoice(is_cancelled=True, source_order=9)])
    )
    before = await known(world, distributor_id)
    backup.restore()
    assert await known(world, distributor_id) != before
    report = await catch_up(world)
    assert (report.taken_in, report.known, report.unreadable) == (2, 1, [])
    assert await known(world, distributor_id) == before
    assert len(await world.audited("batch_recovered")) == 2
    again = await catch_up(world)
    assert (again.taken_in, again.known) == (0, 3)
    assert await known(world, distributor_id) == before


async def test_a_value_that_swings_back_after_a_restore_arrives(
    world: World, database: Database, tmp_path: Path
) -> None:
    """Without catching up, the restored database takes the older value for live, its restatement for a duplicate."""
    connector, distributor_id = await onboarded(world)
    await world.send(
        connector, batch_of(distributor_id, sequence=1, invoices=[invoice(amount_inr=1000, source_order=1)])
    )
    backup = Backup(database, tmp_path)
    await world.send(
        connector, batch_of(distributor_id, sequence=2, invoices=[invoice(amount_inr=1500, source_order=2)])
    )
    backup.restore()
    await catch_up(world)
    answer = await world.send(
        connector, batch_of(distributor_id, sequence=3, invoices=[invoice(amount_inr=1000, source_order=3)])
    )
    assert (answer.status_code, answer.json()["accepted"]) == (202, 1)
    assert await live_amounts(world, distributor_id) == {"INV-1": "1000.00"}


async def test_a_forgotten_batch_that_is_sent_again_changes_nothing(
    world: World, database: Database, tmp_path: Path
) -> None:
    connector, distributor_id = await onboarded(world)
    backup = Backup(database, tmp_path)
    batch_id, payload = str(uuid4()), batch_of(distributor_id, sequence=2, invoices=[invoice(source_order=2)])
    await world.send(connector, payload, batch_id=batch_id)
    backup.restore()
    await catch_up(world)
    answer = await world.send(connector, payload, batch_id=batch_id)
    assert (answer.status_code, answer.json()["accepted"], answer.json()["duplicate"]) == (202, 0, 1)


async def test_a_changed_object_is_named_and_not_taken_in(world: World, database: Database, tmp_path: Path) -> None:
    connector, distributor_id = await onboarded(world)
    backup = Backup(database, tmp_path)
    answer = await world.send(connector, batch_of(distributor_id, invoices=[invoice()]))
    [key] = [key for key in world.store.objects(BRONZE, containing=answer.json()["batch_id"]) if "parquet" in key]
    world.store.client.put_object(Bucket=BRONZE, Key=key, Body=b"something else")
    backup.restore()
    report = await catch_up(world)
    assert (report.forged, report.taken_in) == ([(key, SECOND_VERSION)], 0)
    assert (await known(world, distributor_id))[0] == []


def test_what_is_not_taken_in_is_counted_and_named_and_leaves_the_database_behind_bronze() -> None:
    report = RecoveryReport(forged=[("bronze/f/manifest.json", "not signed")], unreadable=["bronze/u/"], unknown=["d"])
    assert lines_of(report) == [
        "taken in 0, known 0, refused 2, unknown distributors 1",
        "not signed by ingestion: 'bronze/f/manifest.json': not signed",
        "not what its manifest says: 'bronze/u/'",
        "unknown distributor: 'd'",
    ]
    assert RecoveryReport().is_whole
    gaps = (RecoveryReport(forged=[("x", "y")]), RecoveryReport(unreadable=["x"]), RecoveryReport(unknown=["x"]))
    assert not any(report.is_whole for report in gaps)  # what the command's status 1 means


async def test_a_file_of_the_same_bytes_in_a_version_that_was_not_signed_is_not_taken_in(
    world: World, database: Database, tmp_path: Path
) -> None:
    """What is pinned is the version and not the content: somebody else wrote this one."""
    connector, distributor_id = await onboarded(world)
    backup = Backup(database, tmp_path)
    batch_id = (await world.send(connector, batch_of(distributor_id, invoices=[invoice()]))).json()["batch_id"]
    [(key, body)] = [
        item for item in world.store.objects(BRONZE, containing=batch_id).items() if item[0].endswith(".parquet")
    ]
    world.store.client.put_object(Bucket=BRONZE, Key=key, Body=body)
    backup.restore()
    report = await catch_up(world)
    assert (report.forged, report.taken_in) == ([(key, SECOND_VERSION)], 0)


async def unsigned(world: World, manifest: dict[str, Any]) -> bytes:
    """A manifest without the signature that it had."""
    return canonical_json({name: value for name, value in manifest.items() if name != "signature"})


async def changed(world: World, manifest: dict[str, Any]) -> bytes:
    """A manifest that says more than was signed."""
    return canonical_json(manifest | {"erp_type": "tally"})


async def by_another_key(world: World, manifest: dict[str, Any]) -> bytes:
    """A manifest that a key of the same name signed, which nobody trusts."""
    content = {name: value for name, value in manifest.items() if name not in ("signature", "key_id", "schema")}
    return await sign_document(SoftwareSigner("ingestion-manifests"), MANIFEST_SCHEMA, content)


async def no_document(world: World, manifest: dict[str, Any]) -> bytes:
    """Something else."""
    return b"[" * 100_000


FORGERIES = {
    "not signed": (unsigned, "not signed"),
    "changed": (changed, "not signed by ingestion"),
    "another key": (by_another_key, "not signed by ingestion"),
    "no document": (no_document, "not signed"),
}


@pytest.mark.parametrize("how", sorted(FORGERIES))
async def test_a_manifest_that_ingestion_did_not_sign_is_named_and_stops_no_other(
    world: World, database: Database, tmp_path: Path, how: str
) -> None:
    connector, distributor_id = await onboarded(world)
    backup = Backup(database, tmp_path)
    forged = (await world.send(connector, batch_of(distributor_id, sequence=1, invoices=[invoice("F")]))).json()
    await world.send(connector, batch_of(distributor_id, sequence=2, invoices=[invoice("S")]))
    [key] = [key for key in world.store.objects(BRONZE, containing=forged["batch_id"]) if "manifest" in key]
    forge, reason = FORGERIES[how]
    body = await forge(world, world.manifest(forged["batch_id"]))
    world.store.client.put_object(Bucket=BRONZE, Key=key, Body=body)
    backup.restore()
    report = await catch_up(world)
    assert (report.forged, report.taken_in) == ([(key, reason)], 1)
    assert [row["record_key"] for row in (await known(world, distributor_id))[0]] == ["S"]


async def test_a_signed_manifest_in_the_folder_of_another_batch_is_not_taken_in(
    world: World, database: Database, tmp_path: Path
) -> None:
    connector, distributor_id = await onboarded(world)
    backup = Backup(database, tmp_path)
    batch_id = (await world.send(connector, batch_of(distributor_id, invoices=[invoice()]))).json()["batch_id"]
    copies = {
        key.replace(batch_id, f"bat_{uuid4().hex}"): body
        for key, body in world.store.objects(BRONZE, containing=batch_id).items()
    }
    for key, body in copies.items():
        world.store.client.put_object(Bucket=BRONZE, Key=key, Body=body)
    backup.restore()
    report = await catch_up(world)
    assert (report.taken_in, len(report.unreadable)) == (1, 1)


async def test_a_folder_that_is_no_batchs_stops_nothing(world: World, database: Database, tmp_path: Path) -> None:
    connector, distributor_id = await onboarded(world)
    backup = Backup(database, tmp_path)
    batch_id = (await world.send(connector, batch_of(distributor_id, invoices=[invoice()]))).json()["batch_id"]
    [key] = [key for key in world.store.objects(BRONZE, containing=batch_id) if "manifest" in key]
    day = key.split("/batch=")[0]
    world.store.client.put_object(Bucket=BRONZE, Key=f"{day}/else\n/manifest.json", Body=b"{}")
    backup.restore()
    report = await catch_up(world)
    assert (report.taken_in, report.forged) == (1, [(f"{day}/else\n/manifest.json", "not signed")])
    assert all("\n" not in line for line in lines_of(report))


async def test_a_batch_from_before_manifests_were_signed_counts_when_it_is_endorsed(
    world: World, wiring: Wiring, database: Database, tmp_path: Path
) -> None:
    connector, distributor_id = await onboarded(world)
    backup = Backup(database, tmp_path)
    batch_id = (await world.send(connector, batch_of(distributor_id, invoices=[invoice()]))).json()["batch_id"]
    before = await known(world, distributor_id)
    await without_signature(world, batch_id)
    assert (await endorser(world, wiring).run()).endorsed == 1
    backup.restore()
    report = await catch_up(world)
    assert (report.taken_in, report.forged, report.unreadable) == (1, [], [])
    assert await known(world, distributor_id) == before


async def test_what_replaces_an_endorsed_manifest_is_not_taken_in(
    world: World, wiring: Wiring, database: Database, tmp_path: Path
) -> None:
    connector, distributor_id = await onboarded(world)
    backup = Backup(database, tmp_path)
    batch_id = (await world.send(connector, batch_of(distributor_id, invoices=[invoice()]))).json()["batch_id"]
    manifest = await without_signature(world, batch_id)
    await endorser(world, wiring).run()
    [key] = [key for key in world.store.objects(BRONZE, containing=batch_id) if "manifest" in key]
    world.store.client.put_object(Bucket=BRONZE, Key=key, Body=canonical_json(manifest | {"erp_type": "tally"}))
    backup.restore()
    report = await catch_up(world)
    assert (report.forged, report.taken_in) == ([(key, SECOND_VERSION)], 0)


async def test_a_file_that_is_named_after_its_digest_is_taken_in(
    world: World, database: Database, tmp_path: Path
) -> None:
    """An object that a cut-off try left, or somebody put there, keeps its name; the batch's file gets another."""
    connector, distributor_id = await onboarded(world)
    backup = Backup(database, tmp_path)
    client, put = world.store.client, world.store.client.put_object

    def occupied(**how: Any) -> Any:
        if how["Key"].endswith("/invoices.parquet"):
            put(Bucket=BRONZE, Key=how["Key"], Body=b"of a cut-off try")
        return put(**how)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "put_object", occupied)
        answer = await world.send(connector, batch_of(distributor_id, invoices=[invoice()]))
    names = {key.rpartition("/")[2] for key in world.store.objects(BRONZE, containing=answer.json()["batch_id"])}
    assert len(names) == 3
    before = await known(world, distributor_id)
    backup.restore()
    report = await catch_up(world)
    assert (report.taken_in, report.forged, report.unreadable) == (1, [], [])
    assert await known(world, distributor_id) == before


async def test_a_distributor_that_the_backup_does_not_know_is_named(
    world: World, database: Database, tmp_path: Path
) -> None:
    backup = Backup(database, tmp_path)
    distributor_id = f"dist_{uuid4().hex[:12]}"
    await world.send(await world.onboard(distributor_id), batch_of(distributor_id, invoices=[invoice()]))
    backup.restore()
    report = await catch_up(world)
    assert distributor_id in report.unknown
    assert not report.is_whole


STATEMENTS = st.lists(
    st.lists(st.tuples(st.sampled_from("AB"), st.integers(1, 3), st.integers(0, 4)), min_size=1, max_size=3),
    min_size=2,
    max_size=6,
)


@settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(batches=STATEMENTS, cut=st.integers(0, 5))
@example(batches=[[("A", 1, 1)], [("A", 1, 1), ("A", 3, 1)]], cut=1)  # of two in one batch the later stands
async def test_whatever_was_stated_and_forgotten_the_live_content_is_the_same_and_the_next_statement_counts(
    world: World,
    database: Database,
    tmp_path_factory: pytest.TempPathFactory,
    batches: list[list[tuple[str, int, int]]],
    cut: int,
) -> None:
    distributor_id = f"dist_{uuid4().hex[:12]}"
    connector = await world.onboard(distributor_id)
    await world.services.distributors.open_backfill(distributor_id, 24)
    backup: Backup | None = None
    for number, statements in enumerate(batches, start=1):
        if number > cut and backup is None:
            backup = Backup(database, tmp_path_factory.mktemp("backup"))
        invoices = [invoice(key, amount_inr=amount, source_order=order) for key, amount, order in statements]
        await world.send(connector, batch_of(distributor_id, sequence=number, invoices=invoices))
        world.clock.advance(seconds=1)
    before, amounts = await known(world, distributor_id), await live_amounts(world, distributor_id)
    if backup is not None:
        backup.restore()
        await catch_up(world)
    after = await known(world, distributor_id)
    contents = ("table_name", "record_key", "content_version", "content_sha256", "amount_inr", "is_cancelled")
    assert [[row[name] for name in contents] for row in after[0]] == [
        [row[name] for name in contents] for row in before[0]
    ]
    assert after[1] == before[1]
    # an old value again, newer than everything: whatever it is, it becomes live
    for key, amount in (("A", 1), ("B", 2)):
        last = batch_of(
            distributor_id, sequence=100 + amount, invoices=[invoice(key, amount_inr=amount, source_order=9)]
        )
        assert (await world.send(connector, last)).status_code == 202
        amounts[key] = f"{amount}.00"
    assert await live_amounts(world, distributor_id) == amounts
