"""Ingestion and the vault keep their documents."""

from uuid import UUID, uuid5

import pytest
from altscore_libs.testing import api_client
from hypothesis import given
from hypothesis import strategies as st

from services.ingestion.tests.conftest import (
    clock,
    database,
    object_store,
    pool,
    template,
    vault,
    vault_pool,
    vault_template,
    wiring,
    world,
)
from services.ingestion.tests.connector import batch_of
from services.ingestion.tests.world import VaultSide, World

from .explore import Operation, caller_of, conforms, draw_case, explored, operations, request_of

__all__ = [
    "clock",
    "database",
    "object_store",
    "pool",
    "template",
    "vault",
    "vault_pool",
    "vault_template",
    "wiring",
    "world",
]
DISTRIBUTOR = "dist_a"
KNOWN = {"distributor_id": DISTRIBUTOR}


@pytest.mark.parametrize("operation", operations("ingestion/openapi_vault.json"), ids=str)
@explored
@given(data=st.data())
async def test_every_answer_of_the_vault_is_as_documented(
    vault: VaultSide, operation: Operation, data: st.DataObject
) -> None:
    case = draw_case(data, operation, KNOWN)
    async with api_client(vault.app, caller_of(vault.app, operation)) as client:
        await conforms(case, request_of(case), client.send)


@pytest.mark.parametrize("operation", operations("ingestion/openapi.json"), ids=str)
@explored
@given(data=st.data())
async def test_every_answer_of_ingestion_is_as_documented(
    world: World, operation: Operation, data: st.DataObject
) -> None:
    connector = world.known.get(DISTRIBUTOR) or await world.onboard(DISTRIBUTOR)
    envelope = {name: value for name, value in batch_of(DISTRIBUTOR).items() if name != "distributor_id"}
    case = draw_case(data, operation, KNOWN | envelope | {"csr_pem": connector.csr_pem()})
    request = request_of(case)
    if "/internal/" in operation.path:
        async with api_client(world.app, "admin") as client:
            await conforms(case, request, client.send)
        return
    request.headers["X-API-Key"] = connector.api_key
    if operation.path.startswith("/v1/connector/"):
        request.headers["X-Payload-Signature-V2"] = connector.sign_v2(
            request.content, at=world.clock.now(), path=operation.path, method=operation.method.upper()
        )
    elif operation.method == "post":
        request.headers["X-Payload-Signature"] = connector.sign(request.content)
        request.headers["X-Batch-ID"] = str(uuid5(UUID(int=0), connector.sign(request.content)))
        request.headers.pop("X-Payload-Signature-V2", None)
    async with world.client(connector) as client:
        await conforms(case, request, client.send)
