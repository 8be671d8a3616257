"""How the items of a batch are answered: some at a time, each for itself, without the client secret."""

import asyncio
import json
from dataclasses import replace

from altscore_score.calls.domain import Call
from altscore_score.score_batches.schemas import BatchRequest
from altscore_score.score_batches.service import AT_ONCE, single_call
from starlette.datastructures import Headers
from starlette.responses import Response

from ..world import PURPOSE, RETAILER, UNKNOWN_RETAILER, World


def batch_call(world: World, retailer_ids: list[str]) -> Call:
    """A call of LENDER for the scores of these retailers."""
    headers = {name.lower(): value for name, value in world.headers().items()}
    body = json.dumps({"retailer_ids": retailer_ids, "purpose": PURPOSE}).encode()
    return Call(
        headers=Headers({**headers, "content-type": "application/json"}), body=body, source="test", request_id="req_1"
    )


async def test_at_most_sixteen_items_of_all_batches_run_at_once(world: World) -> None:
    running, peak = 0, 0

    async def counted(call: Call) -> Response:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0)
        running -= 1
        return Response(call.body, 200)

    service = replace(world.services.score_batches, score=counted)
    batches = [batch_call(world, [f"ret_{start + n:016x}" for n in range(40)]) for start in (0, 100)]
    replies = await asyncio.gather(*map(service.answer, batches))
    assert [reply.status_code for reply in replies] == [200, 200]
    assert peak == AT_ONCE


async def test_a_fault_of_ours_in_one_item_spares_the_others(world: World) -> None:
    async def faulty(call: Call) -> Response:
        if UNKNOWN_RETAILER.encode() in call.body:
            raise ZeroDivisionError
        return await world.services.scores.answer(call)

    service = replace(world.services.score_batches, score=faulty)
    reply = await service.answer(batch_call(world, [UNKNOWN_RETAILER, RETAILER]))
    items = json.loads(bytes(reply.body))["results"]
    assert [(item["status"], item.get("problem", {}).get("code")) for item in items] == [
        (500, "INTERNAL_ERROR"), (200, None),
    ]  # fmt: skip


def test_an_item_does_not_carry_the_client_secret() -> None:
    request = BatchRequest(retailer_ids=[RETAILER], purpose=PURPOSE)
    call = Call(
        headers=Headers({"x-client-secret": "s", "authorization": "Bearer t"}),
        body=b"",
        source="test",
        request_id="req_1",
    )
    headers = single_call(call, request, RETAILER).headers
    assert "x-client-secret" not in headers
    assert headers["authorization"] == "Bearer t"
