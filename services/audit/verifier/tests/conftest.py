"""A real chain in a real PostgreSQL, made by the database's own function, and a key that signs its checkpoints."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from altscore_audit_verifier import tree
from altscore_audit_verifier.main import run
from altscore_libs.testing import Database, pg_server, postgres_fixtures
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

__all__ = ["database", "pg_server", "template"]
template, database, _pool = postgres_fixtures("audit", Path(__file__).parents[2] / "migrations")
GUARDS = (
    ("audit_log", "audit_log_append_only"),
    ("audit_log", "audit_log_kept"),
    ("audit_checkpoint", "audit_checkpoint_append_only"),
)


class Notary:
    """Signs checkpoints as the audit service does."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        public = self._key.public_key()
        der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        self.key_id = f"audit-checkpoint-{hashlib.sha256(der).hexdigest()[:16]}"
        self.public_key = folder / "audit-checkpoint.pem"
        self.public_key.write_bytes(
            public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )

    def checkpoint(self, chain: str, seq: int, entry_hash: bytes, *, root: bytes | None = None) -> tuple[str, str]:
        """Document and signature; with a root of version 2."""
        named = {"chain": chain, "entry_hash": entry_hash.hex(), "key_id": self.key_id, "seq": seq, "version": 1}
        if root is not None:
            named |= {"version": 2, "tree_size": seq, "root_hash": root.hex()}
        document = json.dumps(named, separators=(",", ":"), sort_keys=True)
        r, s = decode_dss_signature(self._key.sign(document.encode(), ec.ECDSA(hashes.SHA256())))
        return document, (r.to_bytes(32, "big") + s.to_bytes(32, "big")).hex()


@dataclass(frozen=True)
class Forge:
    """The database in the hands of its superuser, the guards switched off."""

    dsn: str
    notary: Notary

    def execute(self, statement: str, *values: object) -> None:
        """One statement, nothing in its way."""
        with psycopg.connect(self.dsn) as connection:
            connection.execute("SET CONSTRAINTS ALL DEFERRED")
            for table, guard in GUARDS:
                connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER {guard}".encode())
            connection.execute("ALTER TABLE audit_chain DISABLE TRIGGER audit_chain_forward")
            connection.execute(statement.encode(), values)

    def hash_of(self, seq: int, chain: str = "general") -> bytes:
        """The hash that is stored at a place."""
        with psycopg.connect(self.dsn) as connection:
            row = connection.execute(
                "SELECT entry_hash FROM audit_log WHERE chain = %s AND seq = %s", (chain, seq)
            ).fetchone()
        assert row is not None
        return bytes(row[0])

    def sign_tree(self, seq: int) -> None:
        """A checkpoint of a place of the general chain that names the tree's root."""
        root = tree.root_of([tree.leaf(self.hash_of(place)) for place in range(1, seq + 1)])
        self.sign(seq, root=root)

    def sign(self, seq: int, chain: str = "general", *, root: bytes | None = None) -> tuple[str, str]:
        """A checkpoint of a place, added to the table."""
        document, signature = self.notary.checkpoint(chain, seq, self.hash_of(seq, chain), root=root)
        with psycopg.connect(self.dsn) as connection:
            connection.execute(
                "SELECT audit_checkpoint_add(%s, %s, %s, %s, %s, %s, 'checkpoints/x', now())",
                (chain, seq, self.hash_of(seq, chain), document, signature, self.notary.key_id),
            )
        return document, signature

    def rewrite_from(self, seq: int) -> None:
        """A forger who knows the format: one content changed and every later hash made to fit, the head too."""
        self.execute("UPDATE audit_log SET payload = '{\"forged\":1}' WHERE chain = 'general' AND seq = %s", seq)
        self.execute(
            """DO $$ DECLARE r record; previous bytea; BEGIN
            SELECT entry_hash INTO previous FROM audit_log WHERE chain = 'general' AND seq = %s - 1;
            FOR r IN SELECT * FROM audit_log WHERE chain = 'general' AND seq >= %s ORDER BY seq LOOP
                UPDATE audit_log SET prev_hash = previous, entry_hash = audit_hash(r.chain, r.seq, previous, r.event_id,
                    r.occurred_at, r.recorded_at, r.action, r.payload)
                WHERE chain = r.chain AND seq = r.seq RETURNING entry_hash INTO previous;
            END LOOP;
            UPDATE audit_chain SET last_hash = previous WHERE chain = 'general';
            END $$""".replace("%s", str(seq))
        )


@pytest.fixture
def notary(tmp_path: Path) -> Notary:
    return Notary(tmp_path)


@pytest.fixture
def forge(database: Database, notary: Notary) -> Forge:
    """Forty entries in `general`, two in `failed_auth`, `general` signed at 20."""
    with psycopg.connect(database.app_dsn) as connection:
        for chain, first, last in (("general", 1, 40), ("failed_auth", 101, 102)):
            connection.execute(
                "SELECT audit_append(%s, array_agg(lpad(n::text, 32, '0')::uuid ORDER BY n), array_agg(now()),"
                " array_agg('score_requested'::text), array_agg(('{\"n\":' || n || '}')::text ORDER BY n))"
                " FROM generate_series(%s::int, %s::int) n",
                (chain, first, last),
            )
    forge = Forge(database.superuser_dsn, notary)
    forge.sign(20)
    return forge


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state.json"


@pytest.fixture
def verify(database: Database, notary: Notary, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Runs the command as the service's own reading role; returns its JSON with the exit status."""

    def command(*options: str) -> dict[str, Any]:
        status = run(["--dsn", database.app_dsn, "--public-key", str(notary.public_key), "--json", *options])
        return {**json.loads(capsys.readouterr().out), "status": status}

    return command
