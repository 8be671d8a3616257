"""The walk of a grant in docs/architecture.md is the walk of the code."""

from pathlib import Path

import altscore_consent
from altscore_libs.testing import api_client, documented_files, entered_files
from fastapi import FastAPI

from .conftest import World
from .test_app import grant_body

SOURCE = Path(altscore_consent.__file__).parent


async def test_a_grant_enters_exactly_the_documented_files(world: World, app: FastAPI) -> None:
    invite = await world.invite()
    body = await grant_body(world, invite.invite_id)
    async with api_client(app, "webhook") as client:
        with entered_files(SOURCE) as entered:
            answer = await client.post("/v1/consent/grant", json=body)
    assert answer.status_code == 200, answer.text
    assert entered == documented_files("A consent grant", SOURCE)
