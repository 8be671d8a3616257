"""What the pipeline asks consent and the vault, against small applications that answer by the contract."""

from typing import Any

import httpx
import pytest
from altscore_libs.errors import Unavailable
from altscore_libs.http_client import ServiceClient
from altscore_pipelines.errors import ConsentUnsettled
from altscore_pipelines.hooks.consent import ConsentSnapshot, read_snapshot
from altscore_pipelines.hooks.vault import read_identities
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

IDS = [f"ret_{number:016x}" for number in range(5)]


def client_of(app: FastAPI) -> ServiceClient:
    """A client of an application in this process."""
    return ServiceClient("https://other", tls=None, transport=httpx.ASGITransport(app=app))


def consent_app(*, pages: int, changes: int) -> FastAPI:
    """consent with `pages` pages, whose version changes `changes` times between two of them."""
    app = FastAPI()
    state = {"version": 1, "left": changes}

    @app.get("/internal/snapshot")
    def snapshot(after: str = "", limit: int = 0) -> Any:
        assert limit == 5_000
        place = IDS.index(after) + 1 if after else 0
        if place and state["left"]:
            state["left"] -= 1
            state["version"] += 1
            return JSONResponse({"code": "SNAPSHOT_CHANGED"}, status_code=409)
        last = place + 1 >= pages
        body = {"version": state["version"], "retailers": [{"retailer_id": IDS[place], "version": 1}]}
        return {**body, "next": None if last else IDS[place]}

    return app


async def test_the_snapshot_is_read_to_its_last_page() -> None:
    snapshot = await read_snapshot(client_of(consent_app(pages=5, changes=0)))
    assert snapshot == ConsentSnapshot(1, tuple(IDS))


async def test_a_snapshot_that_changed_is_read_again_from_the_start() -> None:
    snapshot = await read_snapshot(client_of(consent_app(pages=3, changes=2)))
    assert snapshot == ConsentSnapshot(3, tuple(IDS[:3]))


async def test_a_snapshot_that_never_rests_stops_the_run() -> None:
    with pytest.raises(ConsentUnsettled):
        await read_snapshot(client_of(consent_app(pages=2, changes=99)))


async def test_consent_that_does_not_answer_stops_the_run() -> None:
    app = FastAPI()

    @app.get("/internal/snapshot")
    def snapshot() -> Any:
        return JSONResponse({}, status_code=503)

    with pytest.raises(Unavailable):
        await read_snapshot(client_of(app))


async def test_the_vault_is_asked_in_pages_and_nobody_else_is_taken() -> None:
    app, asked = FastAPI(), []

    @app.post("/internal/identities/map")
    async def mapping(request: Request) -> Any:
        ids = (await request.json())["retailer_ids"]
        asked.append(len(ids))
        row = {"subject_token": f"t{ids[0]}", "retailer_id": ids[0], "gst_verified": True}
        if len(ids) == 1:  # of the second page: a vault of this version, and of a later one
            row |= {"gst_state": "27", "something_new": 1}
        not_asked = {"subject_token": "x", "retailer_id": "ret_not_asked", "gst_verified": True}
        return {"map": [row, not_asked]}

    retailer_ids = [f"ret_{number:016x}" for number in range(5_001)]
    identities = await read_identities(client_of(app), retailer_ids)
    assert asked == [5_000, 1]
    assert [identity.retailer_id for identity in identities] == [retailer_ids[0], retailer_ids[5_000]]
    assert [identity.gst_state for identity in identities] == [None, "27"]
