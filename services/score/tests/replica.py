"""One score process of several: wires the whole service, makes its share of calls, prints how each was answered.

`python replica.py plan.json`, started by test_replicas.py with this folder's parent on the path.
"""

import asyncio
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from altscore_libs import db
from altscore_libs.clock import SystemClock
from altscore_libs.http_client import ServiceClient
from altscore_score.app import create_served_lenders_app
from altscore_score.platform.redis_pipeline import open_redis
from altscore_score.settings import ApiSettings
from altscore_score.wiring import wire
from httpx import ASGITransport
from starlette.types import ASGIApp, Message

from .neighbours import Neighbours, clients_of
from .rsa_keys import signer_of
from .world import PATIENT

AT_ONCE = 16


async def post(app: ASGIApp, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """Status and body of one call, made without a socket."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        sent.append(message)

    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/score",
        "query_string": b"",
        "headers": [*raw, (b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())],
    }
    await app(scope, receive, send)
    return sent[0]["status"], sent[1]["body"]


async def play(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """Makes all calls of the plan, some at a time."""
    settings = ApiSettings.model_validate(plan["settings"])
    pool, redis = await db.create_pool(settings.database_url), open_redis(plan["settings"]["redis_url"], None)
    access_pool = await db.create_pool(settings.access_database_url, max_size=2)
    neighbours = Neighbours()
    for lender, retailer, answer in plan["consents"]:
        neighbours.answers[retailer, lender, plan["purpose"]] = answer
    transport = ASGITransport(app=neighbours.app())
    answers: list[dict[str, Any]] = []
    async with ServiceClient("https://neighbours.test", tls=None, attempts=1, transport=transport) as http:
        wiring = wire(
            settings,
            pool,
            redis,
            access_pool=access_pool,
            clock=SystemClock(),
            **clients_of(http),
            token_signer=signer_of(settings.public_keys_dir),
            waits=PATIENT,  # a limit that a process alone keeps, while Redis is late, is another test's
        )
        await wiring.state.refresh()
        stop = asyncio.Event()
        polling = asyncio.ensure_future(wiring.state.run(stop))
        app, calls = create_served_lenders_app(wiring.services), iter(plan["calls"])

        async def worker() -> None:
            for lender, retailer, key in calls:
                headers = {"authorization": f"Bearer {plan['tokens'][lender]}", "x-client-id": lender}
                headers |= {"x-request-id": key} if key else {}
                body = json.dumps({"retailer_id": retailer, "purpose": plan["purpose"]}).encode()
                status, reply = await post(app, headers, body)
                answers.append(
                    {
                        "lender": lender,
                        "key": key,
                        "status": status,
                        "limit": json.loads(reply).get("limit"),
                        "reply": hashlib.sha256(reply).hexdigest() if key else "",
                    }
                )

        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        stop.set()
        await polling
        await wiring.close()
    await redis.aclose()
    pool.terminate()
    access_pool.terminate()
    return answers


if __name__ == "__main__":
    given_plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    sys.stdout.write(json.dumps(asyncio.run(play(given_plan))))
