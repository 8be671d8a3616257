"""Operators let owners of distributors into the portal, and keep them out; contacts are kept nowhere in admin."""

from typing import Any

import pytest

from ..conftest import LENDER, Operations, Upstreams

PATH = "/v1/admin/distributors/dist_north"
PERSON = {"email": "owner@north.example", "phone": "9000000001", "lender_scope": [LENDER["lender_id"]]}
ID = "per_" + "1" * 32
SECRET = "a-client-secret-of-the-distributor"
PROVIDER = {"issuer": "https://idp.test", "client_id": "altscore", "client_secret": SECRET}


async def test_an_owner_is_enrolled_with_the_name_that_operators_know_and_audited_without_contacts(
    partners: Operations, upstreams: Upstreams
) -> None:
    answer = await partners.post("ops-1", f"{PATH}/people", PERSON)
    assert (answer.status_code, answer.json()) == (201, {"person_id": ID, "created": True})
    path, body = upstreams.asked[-1]
    assert path == "POST /internal/admin/people"
    assert (body["organisation_id"], body["organisation_name"]) == ("dist_north", "North Traders")
    assert [event["outcome"] for event in await partners.events()][-2:] == ["requested", "ok"]
    text = await partners.whole_database()
    assert not [value for value in (PERSON["email"], PERSON["phone"]) if str(value) in text]


@pytest.mark.parametrize(
    ("path", "change", "status"),
    [
        (PATH, {"lender_scope": ["lender_unknown"]}, 400),
        (PATH, {"email": "no address"}, 400),
        (PATH, {"organisation_id": "dist_south"}, 400),
        (PATH, {"email": "taken@north.example"}, 409),
        ("/v1/admin/distributors/dist_nobody", {}, 404),
    ],
)
async def test_what_cannot_be_enrolled_is_refused(
    partners: Operations, path: str, change: dict[str, Any], status: int
) -> None:
    answer = await partners.post("ops-1", f"{path}/people", PERSON | change)
    assert answer.status_code == status
    assert not [value for value in change.values() if isinstance(value, str) and value in answer.text]


@pytest.mark.parametrize("change", ["suspend", "reactivate"])
async def test_a_person_or_everybody_is_suspended_and_let_in_again(
    partners: Operations, upstreams: Upstreams, change: str
) -> None:
    for path in (f"people/{ID}/{change}", f"portal/{change}"):
        answer = await partners.post("ops-1", f"{PATH}/{path}", {})
        assert answer.json() == {"suspended": change == "suspend", "sessions_ended": 1}
        assert upstreams.asked[-1][0].endswith(f"/{change}")
    assert (await partners.post("ops-1", f"{PATH}/people/per_{'2' * 32}/{change}", {})).status_code == 404
    assert (await partners.events())[-1]["outcome"] == "refused"


async def test_all_sessions_of_a_distributors_people_end_at_once(partners: Operations, upstreams: Upstreams) -> None:
    answer = await partners.post("ops-1", f"{PATH}/people/end-sessions", {})
    assert (answer.status_code, answer.json()) == (200, {"sessions_ended": 1})
    assert upstreams.asked[-1][0] == "POST /internal/admin/organisations/distributor/dist_north/end-sessions"


async def test_a_provider_is_used_once_another_person_approves_it_and_its_secret_is_kept_nowhere_here(
    partners: Operations, upstreams: Upstreams
) -> None:
    first = await partners.post("ops-1", f"{PATH}/identity-provider", PROVIDER)
    assert (first.status_code, SECRET in first.text) == (202, False)
    stated = {"draft_id": "idp_" + "1" * 32, "issuer": PROVIDER["issuer"], "client_id": PROVIDER["client_id"]}
    assert first.json()["content"] == {"kind": "distributor_identity_provider", "subject": "dist_north", **stated}
    assert not any(path.endswith("/activate") for path, _ in upstreams.asked)
    assert (await partners.approve("ops-1", first)).json()["code"] == "SECOND_OPERATOR_REQUIRED"
    assert (await partners.approve("ops-2", first)).json()["state"] == "executed"
    path, body = upstreams.asked[-1]
    assert path == "POST /internal/admin/organisations/distributor/dist_north/identity-provider/activate"
    assert body == stated
    assert SECRET not in await partners.whole_database()
    async with partners.by("ops-1") as client:
        assert (await client.get(f"{PATH}/identity-provider")).json()["issuer"] == "https://idp.test"


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (PATH, {"issuer": "http://idp.test"}, 400),
        (PATH, {"client_secret": "short"}, 400),
        ("/v1/admin/distributors/dist_nobody", {}, 404),
    ],
)
async def test_what_is_no_provider_is_refused_without_an_echo(
    partners: Operations, path: str, body: dict[str, str], status: int
) -> None:
    answer = await partners.post("ops-1", f"{path}/identity-provider", PROVIDER | body)
    assert (answer.status_code, SECRET in answer.text) == (status, False)


async def test_a_role_that_onboards_nobody_enrols_nobody(partners: Operations, upstreams: Upstreams) -> None:
    asked = len(upstreams.asked)
    paths = ("people", f"people/{ID}/suspend", "portal/suspend", "people/end-sessions", "identity-provider")
    for path in (f"{PATH}/{name}" for name in paths):
        assert (await partners.post("risk-1", path, PERSON)).status_code == 403
    assert len(upstreams.asked) == asked


async def test_a_list_of_people_is_audited_before_it_is_asked_for(partners: Operations, upstreams: Upstreams) -> None:
    async with partners.by("ops-1") as client:
        answer = await client.get(f"{PATH}/people", params={"limit": 5})
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next_cursor": None})
    assert upstreams.asked[-1][0] == "GET /internal/admin/organisations/distributor/dist_north/people"
    assert (await partners.events())[-1]["details"]["kind"] == "portal_people"
