"""A lender is handed proofs of its own acts alone: whose they are, what they say and who asks are each a rule."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from itertools import count
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
import yaml
from altscore_audit.app import create_app
from altscore_audit.chain import store as chains
from altscore_audit.checkpoints.service import CheckpointService
from altscore_audit.main import create_services
from altscore_audit.proofs import store
from altscore_audit.proofs.domain import MAX_PROOFS, LenderView, lender_view
from altscore_audit.proofs.service import ProofService
from altscore_libs.canonical_json import canonical_json
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.testing import SCHEMAS, SoftwareSigner, api_client

from ..conftest import entry_of

LENDER, OTHER_LENDER = "lender_shriram", "lender_ugro"
RETAILER, REQUEST = "ret_7f3a92c1d4e8b051", "0197a3f2-0000-7000-8000-000000000001"
SCORE, GRIEVANCE = "scr_" + "1" * 32, "grv_" + "2" * 32
PATH = f"/internal/audit/lenders/{LENDER}/proofs"
YEARS_S = 10 * 365 * 86_400
_numbers = count(1)


@pytest.fixture
def view() -> LenderView:
    return lender_view(yaml.safe_load((SCHEMAS / "audit/lender_entries.yml").read_text(encoding="utf-8")))


@pytest_asyncio.fixture
async def client(
    pool: asyncpg.Pool, clock: FixedClock, signer: SoftwareSigner, view: LenderView
) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(create_services(pool, clock, signer.public_keys(), view=view))
    async with api_client(app, "score") as client:
        yield client


async def chain(pool: asyncpg.Pool, *, request_id: str = REQUEST, details: Any = None, **changed: Any) -> None:
    """Chains an entry as score writes it, but for the change."""
    fields = {
        "action": "score_requested",
        "actor": LENDER,
        "details": {"request_id": request_id, "score_id": SCORE} if details is None else details,
        "outcome": "served",
        "producer": "score",
        "producer_seq": 7,
        "reason": None,
        "subject": RETAILER,
        **changed,
    }
    payload = canonical_json(fields).decode()
    async with transaction(pool) as connection:
        await chains.append(connection, "general", [entry_of(next(_numbers), payload, action=fields["action"])])


async def sign(pool: asyncpg.Pool, checkpoints: CheckpointService, clock: FixedClock) -> None:
    """A checkpoint over everything that is chained."""
    clock.advance(seconds=YEARS_S)  # the database gives entries their own time
    assert await checkpoints.sign_due()


async def shown(client: httpx.AsyncClient, lender_id: str = LENDER, **query: str) -> list[dict[str, Any]]:
    """What the proofs' entries say."""
    answer = await client.get(f"/internal/audit/lenders/{lender_id}/proofs", params=query or {"request_id": REQUEST})
    assert answer.status_code == 200, answer.text
    return [json.loads(proof["entry"]["payload"]) for proof in answer.json()["proofs"]]


async def test_a_lender_is_shown_what_it_did_under_a_request_and_not_what_another_did(
    pool: asyncpg.Pool, client: httpx.AsyncClient, checkpoints: CheckpointService, clock: FixedClock
) -> None:
    await chain(pool)
    await chain(pool, actor=OTHER_LENDER, subject=LENDER)
    await chain(pool, request_id="0197a3f2-0000-7000-8000-000000000002")
    await sign(pool, checkpoints, clock)
    assert [entry["actor"] for entry in await shown(client)] == [LENDER]
    assert [entry["actor"] for entry in await shown(client, OTHER_LENDER)] == [OTHER_LENDER]
    assert await shown(client, "lender_third") == []


@pytest.mark.parametrize(
    "changed",
    [
        {"action": "admin_data_access"},
        {"action": "token_issued"},
        {"producer": "admin"},
        {"details": {"request_id": REQUEST, "other_lender": OTHER_LENDER}},
        {"note": "x"},
    ],
)
async def test_an_entry_that_says_more_than_a_lender_may_see_is_withheld_whole(
    pool: asyncpg.Pool,
    client: httpx.AsyncClient,
    checkpoints: CheckpointService,
    clock: FixedClock,
    changed: dict[str, Any],
) -> None:
    await chain(pool, **changed)
    await sign(pool, checkpoints, clock)
    assert (await client.get(PATH, params={"request_id": REQUEST})).json() == {"proofs": [], "unsigned": 0}


async def test_what_no_checkpoint_covers_yet_is_counted_and_not_shown(
    pool: asyncpg.Pool, client: httpx.AsyncClient
) -> None:
    await chain(pool)
    await chain(pool, actor=OTHER_LENDER)
    assert (await client.get(PATH, params={"request_id": REQUEST})).json() == {"proofs": [], "unsigned": 1}


async def test_a_score_and_a_grievance_are_found_by_their_ids_and_their_retailer(
    pool: asyncpg.Pool, client: httpx.AsyncClient, checkpoints: CheckpointService, clock: FixedClock
) -> None:
    filing = {"grievance_id": GRIEVANCE, "grievance_type": "other", "score_id": SCORE}
    await chain(pool)
    await chain(pool, action="grievance_filed", details=filing)
    await chain(pool, action="grievance_filed", details=filing, actor=OTHER_LENDER)
    await chain(pool, details={"request_id": REQUEST, "purpose": f"about {GRIEVANCE}"})
    await sign(pool, checkpoints, clock)
    assert [entry["details"] for entry in await shown(client, record_id=GRIEVANCE, retailer_id=RETAILER)] == [filing]
    of_score = await shown(client, record_id=SCORE, retailer_id=RETAILER)
    assert [entry["action"] for entry in of_score] == ["score_requested", "grievance_filed"]
    assert await shown(client, record_id=SCORE, retailer_id="ret_0123456789abcdef") == []


async def test_operators_are_shown_a_records_own_entries_whoever_caused_them(
    pool: asyncpg.Pool, checkpoints: CheckpointService, clock: FixedClock, signer: SoftwareSigner
) -> None:
    consent = "cns_" + "3" * 32
    grant = {"consent_id": consent, "lender_scope": f"{LENDER},{OTHER_LENDER}"}
    await chain(pool, action="consent_granted", producer="consent", actor="webhook", details=grant)
    await chain(pool, details={"request_id": REQUEST, "consent_id": consent, "score_id": SCORE})
    await chain(pool, action="consent_revoked", producer="consent", actor="webhook", details={"consent_id": consent})
    await chain(pool, action="grievance_filed", details={"grievance_id": GRIEVANCE, "score_id": SCORE})
    await chain(pool, action="grievance_resolved", producer="admin", actor="ops-1", details={"grievance_id": GRIEVANCE})
    await chain(pool, action="admin_data_access", producer="admin", actor="ops-1", details={"record_id": GRIEVANCE})
    await sign(pool, checkpoints, clock)
    expected = {
        consent: ["consent_granted", "consent_revoked"],
        GRIEVANCE: ["grievance_filed", "grievance_resolved"],
        SCORE: ["score_requested", "grievance_filed"],
    }
    async with api_client(create_app(create_services(pool, clock, signer.public_keys())), "admin") as admin:
        for record_id, actions in expected.items():
            query = {"record_id": record_id, "retailer_id": RETAILER}
            proofs = (await admin.get("/internal/audit/proofs", params=query)).json()["proofs"]
            assert [proof["entry"]["action"] for proof in proofs] == actions


async def test_the_oldest_entries_of_an_id_are_proven_and_what_is_looked_at_has_a_bound(
    pool: asyncpg.Pool, checkpoints: CheckpointService, clock: FixedClock, signer: SoftwareSigner, view: LenderView
) -> None:
    for actor in (*[OTHER_LENDER] * 3, *[LENDER] * (MAX_PROOFS + 1)):
        await chain(pool, actor=actor)
    await sign(pool, checkpoints, clock)
    proofs = ProofService(pool=pool, keys=signer.public_keys(), view=view)
    proven, _ = await proofs.of_lenders_request(LENDER, REQUEST)
    assert [proof.link.seq for proof in proven] == list(range(4, 4 + MAX_PROOFS))
    async with transaction(pool) as connection:  # others' entries are not even read
        entries = await store.lenders_entries_of_request(connection, LENDER, REQUEST, examined=5)
    assert [link.seq for link in entries] == [4, 5]
    proven, _ = await replace(proofs, examined=10).of_lenders_request(LENDER, REQUEST)
    assert [proof.link.seq for proof in proven] == list(range(4, 11))
    proven, _ = await replace(proofs, examined=10).of_lenders_record(LENDER, SCORE, retailer_id=RETAILER)
    assert [proof.link.seq for proof in proven] == list(range(15, 25))


@pytest.mark.parametrize("caller", ["admin", "portal", "consent", "distributor", None])
async def test_score_alone_is_answered(pool: asyncpg.Pool, clock: FixedClock, caller: str | None) -> None:
    async with api_client(create_app(create_services(pool, clock)), caller) as client:
        assert (await client.get(PATH, params={"request_id": REQUEST})).status_code == 403
    async with transaction(pool) as connection:
        (refusal,) = await chains.links(connection, "failed_auth", after=0, limit=10)
    assert json.loads(refusal.payload)["subject"] == "/internal/audit/lenders/{lender_id}/proofs"


async def test_score_reads_proofs_of_lenders_and_nothing_else(client: httpx.AsyncClient) -> None:
    paths = create_app(None).openapi()["paths"]
    others = [path for path in paths if not path.startswith("/internal/audit/lenders/")]
    assert len(others) == len(paths) - 1 > 5
    for path in others:
        assert (await client.get(path)).status_code == 403, path


@pytest.mark.parametrize(
    "query",
    [
        "",
        "request_id=9876543210",
        f"request_id={REQUEST}&record_id={SCORE}&retailer_id={RETAILER}",
        f"request_id={REQUEST}&retailer_id={RETAILER}",
        f"record_id={SCORE}",
        f"retailer_id={RETAILER}",
        f"record_id=cns_{'0' * 32}&retailer_id={RETAILER}",
        f"request_id={REQUEST}&other=1",
    ],
)
async def test_a_malformed_question_is_a_400(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert "9876543210" not in answer.text
    assert (await client.get(f"/internal/audit/lenders/admin/proofs?request_id={REQUEST}")).status_code == 400
