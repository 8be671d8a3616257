"""Proofs from stored nodes are those of the RFC over all leaves, whatever the size of batches and of the chain."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import psycopg
import pytest
import pytest_asyncio
from altscore_audit.app import create_app
from altscore_audit.chain import store as chains
from altscore_audit.checkpoints.service import CheckpointService
from altscore_audit.errors import ChainBroken, NoSuchTree, TreeIncomplete
from altscore_audit.main import create_services
from altscore_audit.proofs.domain import LenderView
from altscore_audit.proofs.service import ProofService
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.merkle_tree import inclusion_paths, is_consistent, leaf_hash, root_from_path, root_of
from altscore_libs.signer import PublicKeys
from altscore_libs.testing import Database, SoftwareSigner, api_client

from ..conftest import entry_of

SIZES = (1, 2, 255, 256, 257, 300, 511, 513, 1_000)
REQUEST = "0197a3f2-0000-7000-8000-000000000001"


@pytest.fixture
def proofs(pool: asyncpg.Pool, signer: SoftwareSigner) -> ProofService:
    return ProofService(pool=pool, keys=signer.public_keys(), view=LenderView({}))


async def test_a_proof_holds_the_witness_s_signature_over_the_newest_tree_that_it_signed(
    pool: asyncpg.Pool, checkpoints: CheckpointService, signer: SoftwareSigner, *, tmp_path: Path, database: Database
) -> None:
    witness = SoftwareSigner("audit-witness")
    (tmp_path / "audit-checkpoint.pem").write_bytes(signer.public_pem())
    (tmp_path / "audit-witness.pem").write_bytes(witness.public_pem())
    proofs = ProofService(pool=pool, keys=PublicKeys.load(tmp_path), view=LenderView({}))
    sign = replace(checkpoints, interval_s=0.0, clock=FixedClock(datetime.now(UTC) + timedelta(hours=1)))
    await append(pool, 1, 3)
    [first] = await sign.sign_due()
    await append(pool, 4, 5)
    [second] = await sign.sign_due()

    async def cosign(signed_by: SoftwareSigner, seq: int, document: str) -> None:
        digest = hashlib.sha256(document.encode()).hexdigest()
        statement = json.dumps({"checkpoint_sha256": digest, "witness": signed_by.key_id})
        signature = await signed_by.sign(hashlib.sha256(statement.encode()).digest())
        with psycopg.connect(database.owner_dsn) as connection:
            connection.execute("SELECT audit_cosign('general', %s, %s, %s)", (seq, statement, signature.hex()))

    async def cosigned(number: int) -> tuple[int, bool]:
        [proof], [] = await proofs.of_event(UUID(int=number))
        return proof.checkpoint.seq, proof.cosignature is not None

    assert await cosigned(2) == (5, False)
    await cosign(witness, 5, first.document)  # about another checkpoint
    await cosign(SoftwareSigner("audit-witness"), 5, second.document)  # of an unknown witness
    await cosign(signer, 5, second.document)  # by a key that witnesses nothing
    assert await cosigned(2) == (5, False)
    await cosign(witness, 3, first.document)
    assert [await cosigned(number) for number in (2, 4)] == [(3, True), (5, False)]
    await cosign(witness, 5, second.document)
    assert [await cosigned(number) for number in (2, 4)] == [(5, True), (5, True)]
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("SELECT audit_cosign('general', 5, '', repeat('0', 128))")


@pytest_asyncio.fixture
async def client(pool: asyncpg.Pool, clock: FixedClock, signer: SoftwareSigner) -> AsyncIterator[httpx.AsyncClient]:
    services = create_services(pool, clock, signer.public_keys())
    async with api_client(create_app(services), "admin") as client:
        yield client


async def append(pool: asyncpg.Pool, first: int, last: int, **fields: Any) -> None:
    async with transaction(pool) as connection:
        await chains.append(connection, "general", [entry_of(number, **fields) for number in range(first, last + 1)])


async def leaves_of(pool: asyncpg.Pool) -> list[bytes]:
    rows = await pool.fetch("SELECT entry_hash FROM audit_log WHERE chain = 'general' ORDER BY seq")
    return [leaf_hash(row["entry_hash"]) for row in rows]


async def test_every_consistency_proof_of_a_chain_that_grew_in_uneven_batches_holds(
    pool: asyncpg.Pool, proofs: ProofService
) -> None:
    for first, last in ((1, 1), (2, 254), (255, 258), (259, 259), (260, 1_000)):
        await append(pool, first, last)
    leaves = await leaves_of(pool)
    for second in SIZES:
        for first in (size for size in SIZES if size <= second):
            proof = await proofs.consistency("general", first=first, second=second)
            roots = {"first_root": root_of(leaves[:first]), "second_root": root_of(leaves[:second])}
            assert is_consistent(first=first, second=second, path=proof.path, **roots)


async def test_every_entry_of_a_signed_tree_has_the_path_of_the_rfc(
    pool: asyncpg.Pool, proofs: ProofService, checkpoints: CheckpointService
) -> None:
    await append(pool, 1, 1_100)
    (signed,) = await checkpoints.sign_due()
    leaves = await leaves_of(pool)
    paths = inclusion_paths(leaves)
    for seq in (1, 2, 255, 256, 257, 700, 1_024, 1_025, 1_100):
        (proof,), unsigned = await proofs.of_event(UUID(int=seq))
        assert (proof.path, unsigned) == (paths[seq - 1], [])
        assert proof.checkpoint.document == signed.document
        assert root_from_path(leaves[seq - 1], proof.path, index=seq - 1, size=1_100) == proof.checkpoint.root_hash


async def test_the_tree_grows_past_its_second_stored_level(pool: asyncpg.Pool, superuser: psycopg.Connection) -> None:
    indexes = "SELECT indexname FROM pg_indexes WHERE indexname LIKE 'audit_log_newest%'"  # not needed, and slow
    for (name,) in superuser.execute(indexes).fetchall():
        superuser.execute(f"DROP INDEX {name}".encode())
    superuser.execute(
        "SELECT audit_append('general', array_agg(gen_random_uuid()), array_agg(now()), array_agg('x'::text),"
        " array_agg('{}'::text)) FROM generate_series(1, 65536 + 300)"
    )
    hashes = superuser.execute("SELECT entry_hash FROM audit_log ORDER BY seq").fetchall()
    leaves = [leaf_hash(bytes(row[0])) for row in hashes]
    stored = superuser.execute("SELECT level, index, hash FROM audit_tree_node ORDER BY level DESC, index LIMIT 1")
    assert stored.fetchall() == [(16, 0, root_of(leaves[:65_536]))]
    proof = await ProofService(pool=pool, keys=PublicKeys({}), view=LenderView({})).consistency(
        "general", first=65_000, second=65_836
    )
    roots = {"first_root": root_of(leaves[:65_000]), "second_root": root_of(leaves)}
    assert is_consistent(first=65_000, second=65_836, path=proof.path, **roots)


async def test_the_signed_root_is_that_of_all_entries_and_goes_on_from_checkpoint_to_checkpoint(
    pool: asyncpg.Pool, checkpoints: CheckpointService, proofs: ProofService
) -> None:
    for first, last in ((1, 1_000), (1_001, 2_300), (2_301, 3_301)):
        await append(pool, first, last)
        await checkpoints.sign_due()
    signed = await proofs.signed("general", after=0, limit=10)
    leaves = await leaves_of(pool)
    assert signed
    assert [each.root_hash for each in signed] == [root_of(leaves[: each.seq]) for each in signed]


async def test_a_tree_that_contradicts_the_signed_root_is_never_signed_again(
    pool: asyncpg.Pool, checkpoints: CheckpointService, superuser: psycopg.Connection
) -> None:
    await append(pool, 1, 1_000)
    assert len(await checkpoints.sign_due()) == 1
    await append(pool, 1_001, 2_000)
    superuser.execute("ALTER TABLE audit_tree_node DISABLE TRIGGER audit_tree_node_append_only")
    superuser.execute("UPDATE audit_tree_node SET hash = sha256('x') WHERE index = 1")
    assert await checkpoints.sign_due() == []
    superuser.execute("DELETE FROM audit_tree_node WHERE index = 1")
    assert await checkpoints.sign_due() == []
    with pytest.raises(ChainBroken):
        await checkpoints._tree((await checkpoints._progress())[1])


async def test_a_request_is_proven_whole_and_what_is_not_signed_yet_is_named(
    pool: asyncpg.Pool, client: httpx.AsyncClient, checkpoints: CheckpointService
) -> None:
    payload = f'{{"details":{{"request_id":"{REQUEST}"}},"n":1}}'
    await append(pool, 1, 998)
    await append(pool, 999, 1_000, payload=payload)
    await checkpoints.sign_due()
    await append(pool, 1_001, 1_001, payload=payload)
    body = (await client.get("/internal/audit/proofs", params={"request_id": REQUEST})).json()
    assert [proof["entry"]["seq"] for proof in body["proofs"]] == [999, 1_000]
    assert [entry["seq"] for entry in body["unsigned"]] == [1_001]


async def test_an_unknown_event_has_no_proof(client: httpx.AsyncClient) -> None:
    answer = await client.get("/internal/audit/proofs", params={"event_id": str(uuid4())})
    assert (answer.status_code, answer.json()) == (200, {"proofs": [], "unsigned": []})


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("proofs", 400),
        ("proofs?event_id=x", 400),
        (f"proofs?event_id={UUID(int=1)}&request_id={REQUEST}", 400),
        ("proofs?request_id=9876543210", 400),
        ("proofs?other=1", 400),
        (f"proofs?record_id=grv_{'2' * 32}", 400),
        (f"proofs?request_id={REQUEST}&retailer_id=ret_7f3a92c1d4e8b051", 400),
        ("consistency?first=1", 400),
        ("consistency?first=0&second=1", 400),
        ("consistency?chain=other&first=1&second=1", 400),
        ("consistency?first=1&second=2", 404),
        ("consistency?first=9007199254740992&second=9007199254740993", 400),
        ("checkpoints?limit=1001", 400),
    ],
)
async def test_a_malformed_question_is_a_400_and_a_tree_that_is_not_there_a_404(
    client: httpx.AsyncClient, path: str, status: int
) -> None:
    answer = await client.get(f"/internal/audit/{path}")
    assert answer.status_code == status
    assert "9876543210" not in answer.text


async def test_checkpoints_come_in_pages_with_their_exact_text(
    pool: asyncpg.Pool, client: httpx.AsyncClient, checkpoints: CheckpointService, signer: SoftwareSigner
) -> None:
    for first in (1, 1_001):
        await append(pool, first, first + 999)
        await checkpoints.sign_due()
    page = (await client.get("/internal/audit/checkpoints", params={"limit": 1})).json()
    (first_checkpoint,) = page["checkpoints"]
    digest = hashlib.sha256(first_checkpoint["document"].encode()).digest()
    assert signer.public_keys().verify(signer.key_id, digest, bytes.fromhex(first_checkpoint["signature"]))
    after = (await client.get("/internal/audit/checkpoints", params={"after": page["next"]})).json()
    assert ('"seq":2000' in after["checkpoints"][0]["document"], after["next"]) == (True, None)


async def test_a_chain_that_is_shorter_has_no_such_tree(pool: asyncpg.Pool, proofs: ProofService) -> None:
    await append(pool, 1, 3)
    with pytest.raises(NoSuchTree):
        await proofs.consistency("general", first=2, second=4)
    with pytest.raises(NoSuchTree):
        await proofs.consistency("failed_auth", first=1, second=1)


async def test_a_deleted_node_is_said_to_be_gone(
    pool: asyncpg.Pool, proofs: ProofService, superuser: psycopg.Connection
) -> None:
    await append(pool, 1, 600)
    superuser.execute("ALTER TABLE audit_tree_node DISABLE TRIGGER audit_tree_node_append_only")
    superuser.execute("DELETE FROM audit_tree_node WHERE index = 0")
    with pytest.raises(TreeIncomplete):
        await proofs.consistency("general", first=511, second=600)


async def test_the_services_role_cannot_write_the_tree(pool: asyncpg.Pool) -> None:
    await append(pool, 1, 256)
    for statement in (
        "INSERT INTO audit_tree_node VALUES ('general', 8, 1, sha256('x'))",
        "UPDATE audit_tree_node SET hash = sha256('x')",
        "DELETE FROM audit_tree_node",
        "SELECT audit_tree_grow('general', 0, 512)",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await pool.execute(statement)


async def test_not_even_the_owner_changes_the_tree(pool: asyncpg.Pool, owner: psycopg.Connection) -> None:
    await append(pool, 1, 256)
    for statement in ("UPDATE audit_tree_node SET hash = sha256('x')", "DELETE FROM audit_tree_node"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute(statement)
