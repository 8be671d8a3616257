"""The superuser of audit's database, guards off: every change of the past is named by the next round of the verifier.

One chain is built and signed; each tampering is done to it, looked for and undone.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from altscore_audit.chain.domain import Link
from altscore_audit.checkpoints.domain import checkpoint_document
from altscore_audit_verifier import signatures
from altscore_audit_verifier.report import Problem
from altscore_audit_verifier.signatures import key_id_of
from altscore_audit_verifier.verify import Looks
from altscore_audit_verifier.watch import Watch
from altscore_audit_verifier.witness import Witness
from altscore_libs.clock import SystemClock
from altscore_libs.merkle_tree import leaf_hash, root_of
from altscore_libs.testing import Database, postgres_fixtures
from cryptography.hazmat.primitives.asymmetric import ec

template, database, _pool = postgres_fixtures("audit", Path(__file__).parents[2] / "services/audit/migrations")

TAMPERINGS = 500
ENTRIES = 700
SIGNED = (300, 600)
CLEAN_ENTRIES, CLEAN_BATCH = 100_000, 5_000
APPEND = """
SELECT audit_append('general', array_agg(gen_random_uuid()), array_agg(now()), array_agg('score_requested'::text),
    array_agg(('{"n":' || n || ',"outcome":"ok"}')::text ORDER BY n)) FROM generate_series(%s::int, %s::int) n
"""
OWN_HASH = "audit_hash(chain, seq, prev_hash, event_id, occurred_at, recorded_at, action, payload)"
RELINK = """
DO $$ DECLARE r record; previous bytea; BEGIN
    SELECT coalesce((SELECT entry_hash FROM audit_log WHERE chain = 'general' AND seq = {seq} - 1),
                    decode(repeat('00', 32), 'hex')) INTO previous;
    FOR r IN SELECT * FROM audit_log WHERE chain = 'general' AND seq >= {seq} ORDER BY seq LOOP
        UPDATE audit_log SET prev_hash = previous, entry_hash = audit_hash(r.chain, r.seq, previous, r.event_id,
            r.occurred_at, r.recorded_at, r.action, r.payload)
        WHERE chain = r.chain AND seq = r.seq RETURNING entry_hash INTO previous;
    END LOOP;
    UPDATE audit_chain SET last_hash = previous,
        last_seq = (SELECT max(seq) FROM audit_log WHERE chain = 'general') WHERE chain = 'general';
    DELETE FROM audit_tree_node;
    PERFORM audit_tree_grow('general', 0, (SELECT last_seq FROM audit_chain WHERE chain = 'general'));
END $$
"""
SEARCH_INDEXES = "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'audit_log_newest%'"


class Signer:
    """Signs checkpoints as the audit service does."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.keys = {key_id_of("audit-checkpoint", self._key.public_key()): self._key.public_key()}

    def sign(self, connection: psycopg.Connection[Any], seq: int) -> None:
        """Adds a checkpoint of what the database holds."""
        rows = connection.execute(
            "SELECT * FROM audit_log WHERE chain = 'general' AND seq <= %s ORDER BY seq", (seq,)
        ).fetchall()
        names = ("chain", "seq", "event_id", "occurred_at", "recorded_at", "action", "payload")
        prev_hash, entry_hash = (bytes(each) for each in rows[-1][7:9])
        link = Link(**dict(zip(names, rows[-1][:7], strict=True)), prev_hash=prev_hash, entry_hash=entry_hash)
        root = root_of([leaf_hash(bytes(row[-1])) for row in rows])
        key_id, now = next(iter(self.keys)), SystemClock().now()
        document = checkpoint_document(link, root, signed_at=now, key_id=key_id)
        connection.execute(
            "SELECT audit_checkpoint_add('general', %s, %s, %s, %s, %s, 'x', now())",
            (seq, link.entry_hash, document, signatures.sign(document, self._key), key_id),
        )


@dataclass
class Superuser:
    """The chain in the hands of somebody who may do anything, and a copy of it to undo what was done."""

    connection: psycopg.Connection[Any]

    def take_over(self) -> None:
        """Switches every guard off and copies the chain."""
        for (name,) in self.connection.execute(SEARCH_INDEXES).fetchall():
            self.connection.execute(f"DROP INDEX {name}".encode())
        self.connection.execute("ALTER TABLE audit_log DROP CONSTRAINT audit_log_seq_check")
        for table in ("audit_log", "audit_chain", "audit_checkpoint", "audit_tree_node"):
            self.connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER".encode())
            self.connection.execute(f"CREATE TABLE copy_of_{table} AS SELECT * FROM {table}".encode())

    def undo(self) -> None:
        """Puts the chain back."""
        with self.connection.transaction():
            for table in ("audit_log", "audit_tree_node"):
                self.connection.execute(f"DELETE FROM {table}".encode())
                self.connection.execute(f"INSERT INTO {table} SELECT * FROM copy_of_{table}".encode())
            self.connection.execute(
                "UPDATE audit_chain c SET last_seq = o.last_seq, last_hash = o.last_hash FROM copy_of_audit_chain o"
                " WHERE o.chain = c.chain"
            )

    def run(self, statement: str) -> None:
        """One statement, nothing in its way."""
        self.connection.execute(statement.encode())


def edit(draw: random.Random, superuser: Superuser) -> set[int]:
    seq = draw.randint(1, ENTRIES)
    column = draw.choice(
        (
            "payload = '{\"n\":0}'",
            "payload = payload || ' '",
            "payload = replace(payload, 'ok', 'refused')",
            "action = 'token_issued'",
            "event_id = gen_random_uuid()",
            "occurred_at = occurred_at + interval '1 microsecond'",
            "recorded_at = recorded_at - interval '1 day'",
            "entry_hash = sha256('x')",
            "prev_hash = sha256('x')",
        )
    )
    superuser.run(f"UPDATE audit_log SET {column} WHERE chain = 'general' AND seq = {seq}")
    if draw.random() < 0.5 and not column.startswith("entry_hash"):
        superuser.run(f"UPDATE audit_log SET entry_hash = {OWN_HASH} WHERE chain = 'general' AND seq = {seq}")
    return {seq}


def delete(draw: random.Random, superuser: Superuser) -> set[int]:
    seq = draw.randint(1, ENTRIES)
    superuser.run(f"DELETE FROM audit_log WHERE chain = 'general' AND seq BETWEEN {seq} AND {seq + draw.randint(0, 5)}")
    return {seq}


def insert(draw: random.Random, superuser: Superuser) -> set[int]:
    seq = draw.randint(1, ENTRIES)
    superuser.run(f"UPDATE audit_log SET seq = -seq - 1 WHERE chain = 'general' AND seq > {seq}")
    superuser.run("UPDATE audit_log SET seq = -seq WHERE chain = 'general' AND seq < 0")
    superuser.run(
        "INSERT INTO audit_log SELECT chain, seq + 1, gen_random_uuid(), occurred_at, recorded_at, action, '{}',"
        f" entry_hash, sha256('x') FROM audit_log WHERE chain = 'general' AND seq = {seq}"
    )
    superuser.run(f"UPDATE audit_log SET entry_hash = {OWN_HASH} WHERE chain = 'general' AND seq = {seq + 1}")
    return {seq + 1, seq + 2}


def swap(draw: random.Random, superuser: Superuser) -> set[int]:
    first, second = sorted(draw.sample(range(1, ENTRIES + 1), 2))
    superuser.run(
        f"UPDATE audit_log SET seq = -CASE seq WHEN {first} THEN {second} ELSE {first} END"
        f" WHERE chain = 'general' AND seq IN ({first}, {second})"
    )
    superuser.run("UPDATE audit_log SET seq = -seq WHERE chain = 'general' AND seq < 0")
    if draw.random() < 0.5:
        superuser.run(
            f"UPDATE audit_log SET entry_hash = {OWN_HASH} WHERE chain = 'general' AND seq IN ({first}, {second})"
        )
    return {first}


def cut(draw: random.Random, superuser: Superuser) -> set[int]:
    last = draw.randint(0, ENTRIES - 1)
    superuser.run(f"DELETE FROM audit_log WHERE chain = 'general' AND seq > {last}")
    if draw.random() < 0.7:
        superuser.run(
            f"UPDATE audit_chain SET last_seq = {last}, last_hash = coalesce((SELECT entry_hash FROM audit_log"
            f" WHERE chain = 'general' AND seq = {last}), decode(repeat('00', 32), 'hex')) WHERE chain = 'general'"
        )
    if draw.random() < 0.7:
        superuser.run(f"DELETE FROM audit_tree_node WHERE (index + 1) * 256 > {last}")
    return {last + 1}


def replant(draw: random.Random, superuser: Superuser) -> set[int]:
    """A stored node, so that proofs of what is there fail."""
    index = draw.randint(0, ENTRIES // 256 - 1)
    statement = draw.choice(("UPDATE audit_tree_node SET hash = sha256('x')", "DELETE FROM audit_tree_node"))
    superuser.run(f"{statement} WHERE index = {index}")
    return {index * 256 + 1}


def rewrite(draw: random.Random, superuser: Superuser) -> set[int]:
    """Everything from an entry on with hashes, head and tree that fit: a signature behind it, or the last look."""
    seq = draw.randint(1, ENTRIES)
    superuser.run(f"UPDATE audit_log SET payload = '{{\"forged\":1}}' WHERE chain = 'general' AND seq = {seq}")
    superuser.run(RELINK.format(seq=seq))
    return {next((signed for signed in SIGNED if signed >= seq), ENTRIES)}


KINDS: tuple[Callable[[random.Random, Superuser], set[int]], ...] = (
    edit,
    delete,
    insert,
    swap,
    cut,
    rewrite,
    replant,
)


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
        yield Superuser(connection)


def general(watch: Watch) -> list[Problem]:
    return next(report.problems for report in watch.round() if report.chain == "general")


@pytest.mark.timeout(600)
def test_five_hundred_tamperings_are_named_each_within_a_minute(
    database: Database, superuser: Superuser, tmp_path: Path
) -> None:
    signer, draw = Signer(), random.Random(14)  # the same tamperings in every run
    superuser.connection.execute(APPEND.encode(), (1, ENTRIES))
    for seq in SIGNED:
        signer.sign(superuser.connection, seq)
    watch = Watch(Looks(database.app_dsn, lambda: signer.keys), Witness(tmp_path / "witness"))
    assert general(watch) == []
    assert watch.status.witnessed["general"] == SIGNED[-1]
    superuser.take_over()
    slowest_s = 0.0
    for number in range(TAMPERINGS):
        kind = KINDS[number % len(KINDS)]
        expected = kind(draw, superuser)
        begun = time.monotonic()
        problems = general(watch)
        slowest_s = max(slowest_s, time.monotonic() - begun)
        named = min((problem.seq for problem in problems), default=None)
        assert named in expected, f"tampering {number}, {kind.__name__}: {problems}, not {expected}"
        superuser.undo()
    assert general(watch) == []
    assert slowest_s + 45 < 60, "the longest pause between two rounds and the round itself"


@pytest.mark.timeout(600)
def test_a_hundred_thousand_clean_entries_raise_no_alarm(
    database: Database, superuser: Superuser, tmp_path: Path
) -> None:
    signer = Signer()
    for (name,) in superuser.connection.execute(SEARCH_INDEXES).fetchall():
        superuser.run(f"DROP INDEX {name}")
    watch = Watch(Looks(database.app_dsn, lambda: signer.keys, workers=2), Witness(tmp_path / "witness"))
    for first in range(1, CLEAN_ENTRIES, CLEAN_BATCH):
        superuser.connection.execute(APPEND.encode(), (first, first + CLEAN_BATCH - 1))
        if first // CLEAN_BATCH % 5 == 4:
            signer.sign(superuser.connection, first + CLEAN_BATCH - 1 - first % 7)
            assert general(watch) == []
    assert general(watch) == []
    assert [report.entries for report in watch.status.reports if report.chain == "general"] == [CLEAN_ENTRIES]


def test_the_chain_and_the_whole_memory_of_the_verifier_rewritten_is_named_by_the_witness(
    database: Database, superuser: Superuser, tmp_path: Path
) -> None:
    signer = Signer()
    superuser.connection.execute(APPEND.encode(), (1, 300))
    signer.sign(superuser.connection, 300)
    folder = tmp_path / "witness"
    assert general(Watch(Looks(database.app_dsn, lambda: signer.keys), Witness(folder))) == []
    superuser.take_over()
    superuser.run("DELETE FROM audit_checkpoint")
    superuser.run("UPDATE audit_log SET payload = '{}' WHERE chain = 'general' AND seq = 200")
    superuser.run(RELINK.format(seq=200))
    assert general(Watch(Looks(database.app_dsn, lambda: signer.keys), None)) == []  # nobody else remembers
    problems = general(Watch(Looks(database.app_dsn, lambda: signer.keys), Witness(folder)))
    assert [(problem.seq, problem.kind) for problem in problems] == [(300, "rewritten")]


def test_the_thief_of_the_signing_key_cannot_have_two_trees_witnessed(
    database: Database, superuser: Superuser, tmp_path: Path
) -> None:
    signer, folder = Signer(), tmp_path / "witness"
    superuser.connection.execute(APPEND.encode(), (1, 300))
    signer.sign(superuser.connection, 300)
    assert general(Watch(Looks(database.app_dsn, lambda: signer.keys), Witness(folder))) == []
    superuser.take_over()
    superuser.run("DELETE FROM audit_checkpoint")
    superuser.run("UPDATE audit_log SET payload = '{}' WHERE chain = 'general' AND seq = 200")
    superuser.run(RELINK.format(seq=200))
    signer.sign(superuser.connection, 300)
    watch = Watch(Looks(database.app_dsn, lambda: signer.keys), Witness(folder))
    assert {problem.kind for problem in general(watch)} == {"rewritten", "fork"}
    assert len((folder / "witness.jsonl").read_text().splitlines()) == 1


def test_a_log_of_the_witness_that_was_changed_is_refused(tmp_path: Path, database: Database) -> None:
    signer, folder = Signer(), tmp_path / "witness"
    with psycopg.connect(database.superuser_dsn, autocommit=True) as connection:
        for first in (1, 101):
            connection.execute(APPEND.encode(), (first, first + 99))
            signer.sign(connection, first + 99)
            general(Watch(Looks(database.app_dsn, lambda: signer.keys), Witness(folder)))
    log = folder / "witness.jsonl"
    first_line, second_line = log.read_text().splitlines()
    Witness(folder)
    for changed in (second_line, first_line.replace('"tree_size":100', '"tree_size":99') + "\n" + second_line):
        log.write_text(changed + "\n")
        with pytest.raises(Exception, match="the witness's log"):
            Witness(folder)
    log.write_text(first_line + "\n" + second_line[:40])  # what a crash leaves
    assert Witness(folder).newest("general") is not None
    assert hashlib.sha256(log.read_bytes()).digest() == hashlib.sha256((first_line + "\n").encode()).digest()
