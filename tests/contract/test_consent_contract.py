"""The consent service keeps its document."""

import pytest
import pytest_asyncio
from altscore_libs.testing import api_client
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from services.consent.tests.conftest import (
    CONTACT,
    LENDERS,
    PURPOSE,
    RETAILER,
    World,
    clock,
    database,
    pool,
    signer,
    template,
    world,
)
from services.consent.tests.test_api import app

from .explore import Operation, caller_of, conforms, draw_case, explored, operations, request_of

__all__ = ["app", "clock", "database", "pool", "signer", "template", "world"]


@pytest_asyncio.fixture
async def known(world: World) -> dict[str, str]:
    """A consent that stands, and an open invite."""
    consent, invite = await world.granted(), await world.invite("ret_00000000000000aa")
    return {
        "retailer_id": RETAILER,
        "lender_id": LENDERS[0],
        "purpose": PURPOSE,
        "invite_id": invite.invite_id,
        "contact_ref": CONTACT,
        "consent_id": consent.consent_id,
    }


@pytest.mark.parametrize("operation", operations("consent/openapi.json"), ids=str)
@explored
@given(data=st.data())
async def test_every_answer_is_as_documented(
    known: dict[str, str], app: FastAPI, operation: Operation, data: st.DataObject
) -> None:
    case = draw_case(data, operation, known)
    async with api_client(app, caller_of(app, operation)) as client:
        await conforms(case, request_of(case), client.send)
