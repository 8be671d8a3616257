"""The audit service keeps its document."""

import asyncpg
import pytest
from altscore_audit.app import create_app
from altscore_audit.main import create_services
from altscore_libs.clock import FixedClock
from altscore_libs.testing import api_client
from hypothesis import given
from hypothesis import strategies as st

from services.audit.tests.conftest import clock, database, pool, template
from services.audit.tests.test_app import five

from .explore import Operation, conforms, draw_case, explored, operations, request_of

__all__ = ["clock", "database", "five", "pool", "template"]


@pytest.mark.usefixtures("five")
@pytest.mark.parametrize("operation", operations("audit/openapi.json"), ids=str)
@explored
@given(data=st.data())
async def test_every_answer_is_as_documented(
    pool: asyncpg.Pool, clock: FixedClock, operation: Operation, data: st.DataObject
) -> None:
    case = draw_case(data, operation, {})
    async with api_client(create_app(create_services(pool, clock)), "admin") as client:
        await conforms(case, request_of(case), client.send)
