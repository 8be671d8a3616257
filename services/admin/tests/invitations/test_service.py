"""Invites reach whom they can, once, on the confirmed phone of the inviting distributor."""

from typing import Any

import pytest

from ..conftest import Operations, Upstreams, contact_ref, retailer

INVITES = {"lender_scope": ["lender_one"], "purpose": "credit_score", "language": "hi"}
PATH = "/v1/admin/distributors/dist_north/invites"


async def test_every_reachable_retailer_is_invited_and_the_others_are_counted(
    partners: Operations, upstreams: Upstreams
) -> None:
    upstreams.consent_refuses.add(retailer(5))
    answer = await partners.post("ops-1", PATH, INVITES)
    assert answer.json() == {"invited": 6, "already_open": 0, "unreachable": 1, "refused": 1, "unknown": 0}
    assert upstreams.invites[retailer(1)] == {
        "retailer_id": retailer(1),
        "contact_ref": contact_ref(retailer(1)),
        "distributor_id": "dist_north",
        "distributor_name": "North Traders",
        "lender_scope": ["lender_one"],
        "purpose": "credit_score",
        "language": "hi",
    }
    assert upstreams.most_in_flight <= 8


async def test_without_a_confirmed_phone_in_the_distributors_own_ledger_nobody_is_invited(
    partners: Operations, upstreams: Upstreams
) -> None:
    body = (await partners.post("ops-1", PATH, INVITES | {"retailer_ids": [retailer(4)]})).json()
    assert (body["invited"], body["unreachable"], body["unknown"]) == (0, 1, 0)
    assert upstreams.invites == {}


async def test_asking_again_invites_nobody_twice(partners: Operations) -> None:
    await partners.post("ops-1", PATH, INVITES)
    again = await partners.post("ops-2", PATH, INVITES)
    assert (again.json()["invited"], again.json()["already_open"]) == (0, 7)


async def test_only_the_named_are_invited_and_others_among_them_are_counted(
    partners: Operations, upstreams: Upstreams
) -> None:
    named = [retailer(2), retailer(8), retailer(99)]
    answer = await partners.post("ops-1", PATH, INVITES | {"retailer_ids": named})
    assert (answer.json()["invited"], answer.json()["unknown"]) == (2, 1)
    assert set(upstreams.invites) == {retailer(2), retailer(8)}


async def test_a_share_of_languages_is_kept_and_each_retailer_keeps_theirs(
    partners: Operations, upstreams: Upstreams
) -> None:
    upstreams.retailers["dist_north"] = [(retailer(number), True) for number in range(1, 201)]
    body = {key: value for key, value in INVITES.items() if key != "language"}
    await partners.post("ops-1", PATH, body | {"language_share": {"hi": 0.7, "en": 0.3}})
    languages = {key: invite["language"] for key, invite in upstreams.invites.items()}
    assert 0.6 < sum(language == "hi" for language in languages.values()) / 200 < 0.8
    upstreams.invites.clear()
    await partners.post("ops-1", PATH, body | {"language_share": {"hi": 0.7, "en": 0.3}})
    assert {key: invite["language"] for key, invite in upstreams.invites.items()} == languages


async def test_consent_going_away_midway_is_a_503_and_the_rest_follows_on_repetition(
    partners: Operations, upstreams: Upstreams
) -> None:
    upstreams.is_down.add("consent")
    assert (await partners.post("ops-1", PATH, INVITES)).status_code == 503
    assert (await partners.audited())[-1] == ("admin_action", "ops-1", "interrupted")
    upstreams.is_down.clear()
    assert (await partners.post("ops-1", PATH, INVITES)).json()["invited"] == 7


async def test_a_lender_that_is_not_onboarded_cannot_be_named(partners: Operations, upstreams: Upstreams) -> None:
    answer = await partners.post("ops-1", PATH, INVITES | {"lender_scope": ["lender_one", "lender_two"]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "lender_scope")
    assert upstreams.invites == {}


@pytest.mark.parametrize(
    "body",
    [
        INVITES | {"lender_scope": []},
        INVITES | {"language": "ta"},
        INVITES | {"language_share": {"hi": 1, "en": 0}},
        {**INVITES, "language": None, "language_share": {"hi": 0.7, "en": 0.7}},
        INVITES | {"retailer_ids": ["ret_1"]},
        INVITES | {"extra": 1},
    ],
)
async def test_a_malformed_order_is_a_400(partners: Operations, upstreams: Upstreams, body: dict[str, Any]) -> None:
    assert (await partners.post("ops-1", PATH, body)).status_code == 400
    assert upstreams.invites == {}
