"""The admin service keeps its document."""

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from services.admin.tests.conftest import (
    Operations,
    Upstreams,
    clock,
    database,
    erasure_notice,
    operations,
    pool,
    signer,
    template,
)
from services.admin.tests.grievances.test_handling import upstreams
from services.admin.tests.grievances.test_service import filed, identifier

from .explore import Operation, conforms, draw_case, explored, request_of
from .explore import operations as documented

__all__ = ["clock", "database", "erasure_notice", "operations", "pool", "signer", "template", "upstreams"]
KNOWN = {
    "distributor_id": "dist_c4f9",
    "lender_id": "lender_shriram",
    "lender_scope": ["lender_shriram"],
    "grievance_id": identifier(1),
    "csr_pem": "-----BEGIN CERTIFICATE REQUEST-----",
    "evaluation": {"auroc": 0.79, "ks": 0.41, "air_min": 0.86},
}


@pytest_asyncio.fixture
async def known_objects(operations: Operations, upstreams: Upstreams, pool: asyncpg.Pool) -> None:
    """A distributor with a retailer, a lender, a grievance."""
    upstreams.retailers["dist_c4f9"] = [("ret_7f3a92c1d4e8b051", True)]
    await operations.post("super-1", "/v1/admin/lenders", {"lender_id": "lender_shriram", "name": "A lender"})
    body = {"distributor_id": "dist_c4f9", "name": "A distributor", "csr_pem": KNOWN["csr_pem"]}
    assert (await operations.post("super-1", "/v1/admin/distributors", body)).status_code == 201
    await filed(pool)


@pytest.mark.usefixtures("known_objects")
@pytest.mark.parametrize("operation", documented("admin/openapi.json"), ids=str)
@explored
@given(data=st.data())
async def test_every_answer_is_as_documented(operations: Operations, operation: Operation, data: st.DataObject) -> None:
    case = draw_case(data, operation, KNOWN)
    request = request_of(case, Authorization=f"Bearer {operations.tokens['super-1']}")
    async with operations.by("super-1") as client:
        await conforms(case, request, client.send)
