"""From a GSTIN to an id: for a lender with a consent, and for nobody else."""

import json
from pathlib import Path

import httpx
import pytest
from altscore_score.retailers.domain import is_gstin

from ..world import GSTIN, LENDER, PURPOSE, RETAILER, World

MALFORMED = ["", "27AAACZ0000A1Z8", "27aaacz0000a1z9", "27AAACZ0000A1Z9 ", "URP", "x" * 300, "२७AAACZ0000A1Z9"]
UNKNOWN_GSTIN = "29AAACZ0000A1Z5"


async def look_up(world: World, gst: str, *, method: str = "POST") -> httpx.Response:
    """One lookup."""
    if method == "GET":
        return await world.lenders.get("/v1/retailers/lookup", params={"gst": gst}, headers=world.headers())
    return await world.lenders.post("/v1/retailers/lookup", json={"gst": gst}, headers=world.headers())


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_consented_retailer_is_found(world: World, method: str) -> None:
    world.neighbours.identities[GSTIN] = RETAILER
    reply = await look_up(world, GSTIN, method=method)
    assert (reply.status_code, reply.json()) == (200, {"retailer_id": RETAILER, "consent_active": True})


async def test_any_active_purpose_of_the_lender_will_do(world: World) -> None:
    world.neighbours.identities[GSTIN] = RETAILER
    world.neighbours.answers.clear()
    await world.grant(purpose="vehicle_loan")
    assert (await look_up(world, GSTIN)).status_code == 200


async def test_unknown_unconsented_and_revoked_are_one_refusal(world: World) -> None:
    unconsented = "ret_00000000000000aa"
    refusals = [await look_up(world, UNKNOWN_GSTIN)]
    world.neighbours.identities[GSTIN] = unconsented
    refusals.append(await look_up(world, GSTIN))
    world.neighbours.identities[GSTIN] = RETAILER
    world.neighbours.answers[RETAILER, LENDER, PURPOSE].update(consented=False, reason="revoked")
    refusals.append(await look_up(world, GSTIN))
    await world.revoke()
    refusals.append(await look_up(world, GSTIN))
    assert [refusal.status_code for refusal in refusals] == [403] * 4
    assert len({refusal.text.replace(refusal.headers["x-request-id"], "") for refusal in refusals}) == 1


async def test_the_projection_alone_does_not_open(world: World) -> None:
    world.neighbours.identities[GSTIN] = RETAILER
    world.neighbours.answers.clear()
    assert (await look_up(world, GSTIN)).status_code == 403


async def test_the_authority_alone_does_not_open(world: World) -> None:
    other = "ret_0123456789abcdef"
    world.neighbours.identities[GSTIN] = other
    await world.grant(other, projected=False)
    assert (await look_up(world, GSTIN)).status_code == 403


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "gst", ["", "27AAACZ0000A1Z8", "27aaacz0000a1z9", "27AAACZ0000A1Z9 ", "URP", "x" * 300, "२७AAACZ0000A1Z9"]
)
async def test_a_malformed_gstin_is_400_and_never_echoed(world: World, gst: str, method: str) -> None:
    reply = await look_up(world, gst, method=method)
    assert (reply.status_code, reply.json()["code"]) == (400, "INVALID_REQUEST")
    assert not gst or gst not in reply.text
    assert not gst or gst not in json.dumps([str(item) for item in await world.audit("identity_lookup")])


async def test_two_gstins_in_one_url_are_400(world: World) -> None:
    reply = await world.lenders.get(f"/v1/retailers/lookup?gst={GSTIN}&gst={GSTIN}", headers=world.headers())
    assert reply.status_code == 400


async def test_a_lookup_counts_and_is_audited_without_the_gstin(world: World) -> None:
    world.neighbours.identities[GSTIN] = RETAILER
    reply = await look_up(world, GSTIN)
    assert reply.headers["x-ratelimit-remaining"] == "99"
    entry = (await world.audit("identity_lookup"))[-1]
    assert (entry["actor"], entry["subject"], entry["outcome"]) == (LENDER, RETAILER, "served")
    assert GSTIN not in str(entry)


async def test_a_gone_vault_is_503(world: World) -> None:
    world.neighbours.is_down = True
    assert (await look_up(world, GSTIN)).status_code == 503


VECTORS = json.loads((Path(__file__).parent / "gstin_vectors.json").read_text(encoding="utf-8"))


def test_the_check_character_is_the_published_one() -> None:
    assert VECTORS["valid"]
    assert VECTORS["invalid"]
    assert all(is_gstin(value) for value in VECTORS["valid"])
    assert not any(is_gstin(value) for value in VECTORS["invalid"])
