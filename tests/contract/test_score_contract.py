"""Both doors of the score service keep their document."""

from typing import Any

import httpx
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from services.score.tests.conftest import (
    access_pool,
    api_settings,
    database,
    keys_dir,
    pool,
    portal,
    public_keys_dir,
    redis_process,
    redis_server,
    signer,
    template,
    token_signer,
    waits,
    world,
)
from services.score.tests.world import GSTIN, LENDER, PERSON, PURPOSE, RETAILER, World, record_of

from .explore import Operation, conforms, draw_case, explored, operations, request_of

__all__ = [
    "access_pool",
    "api_settings",
    "database",
    "keys_dir",
    "pool",
    "portal",
    "public_keys_dir",
    "redis_process",
    "redis_server",
    "signer",
    "template",
    "token_signer",
    "waits",
    "world",
]


@pytest_asyncio.fixture
async def known(world: World) -> dict[str, Any]:
    """Whom the lender may ask about, and a grievance of its own."""
    world.neighbours.identities[GSTIN] = RETAILER
    ids: dict[str, Any] = {"retailer_id": RETAILER, "score_id": str(record_of(RETAILER)["score_id"])}
    body = {**ids, "grievance_type": "other", "description": "A complaint"}
    filed = await world.lenders.post("/v1/grievances", json=body, headers=world.headers())
    assert filed.status_code == 200, filed.text
    return {
        **ids,
        "purpose": PURPOSE,
        "gst": GSTIN,
        "lender_id": LENDER,
        "client_id": LENDER,
        "retailer_ids": [RETAILER],
        "person_id": PERSON,
        "grievance_id": filed.json()["grievance_id"],
    }


@pytest.mark.parametrize("operation", operations("score/openapi.json"), ids=str)
@explored
@given(data=st.data())
async def test_every_answer_is_as_documented(
    world: World, portal: httpx.AsyncClient, known: dict[str, Any], *, operation: Operation, data: st.DataObject
) -> None:
    case = draw_case(data, operation, known)
    if "/internal/portal/" in operation.path:
        await conforms(case, request_of(case), portal.send)
        return
    if "/internal/" in operation.path:
        await conforms(case, request_of(case), world.admin.send)
        return
    has_credential = data.draw(st.sampled_from([True, True, True, False]), label="with its credential")
    await conforms(case, request_of(case, **(world.headers() if has_credential else {})), world.lenders.send)
