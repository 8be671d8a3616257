"""The webhook service keeps its document."""

import pytest
from altscore_libs.testing import api_client
from altscore_webhook.app import create_app
from hypothesis import given
from hypothesis import strategies as st

from services.webhook.tests.conftest import TOKEN, World, database, pool, sign, template, world

from .explore import Operation, conforms, draw_case, explored, operations, request_of

__all__ = ["database", "pool", "template", "world"]


@pytest.mark.parametrize("operation", operations("webhook/openapi.json"), ids=str)
@explored
@given(data=st.data())
async def test_every_answer_is_as_documented(world: World, operation: Operation, data: st.DataObject) -> None:
    case = draw_case(data, operation, {"hub.verify_token": TOKEN, "hub.mode": "subscribe"})
    request = request_of(case)
    if operation.method == "post":
        request.headers["X-Hub-Signature-256"] = sign(request.content)
    async with api_client(create_app(world.services)) as client:
        await conforms(case, request, client.send)
