"""Onboarding shows secrets once and keeps none; invites reach whom they can, once."""

from typing import Any

import pytest

from .conftest import contact_ref

CSR = "-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n"
DISTRIBUTOR = {"distributor_id": "dist_north", "name": "North Traders", "csr_pem": CSR}
INVITES = {"lender_scope": ["lender_one"], "purpose": "credit_score", "language": "hi"}
PATH = "/v1/admin/distributors/dist_north/invites"


def retailer(number: int) -> str:
    return f"ret_{number:016x}"


@pytest.fixture
async def partners(operations: Any, world: Any) -> Any:
    await operations.post("ops-1", "/v1/admin/distributors", DISTRIBUTOR)
    await operations.post("ops-1", "/v1/admin/lenders", {"lender_id": "lender_one", "name": "Lender One"})
    world.retailers["dist_north"] = [(retailer(number), number != 4) for number in range(1, 9)]
    return operations


async def test_a_distributors_secrets_are_shown_once_and_kept_nowhere(operations: Any) -> None:
    first = await operations.post("ops-1", "/v1/admin/distributors", DISTRIBUTOR)
    assert (first.status_code, first.headers["cache-control"]) == (201, "no-store")
    assert (first.json()["api_key"], first.json()["signing_secret"]) == ("ak_secret", "ss_secret")
    second = await operations.post("ops-2", "/v1/admin/distributors", DISTRIBUTOR)
    assert second.status_code == 200
    assert set(second.json()) == {"distributor_id", "certificate_pem", "ca_pem"}
    database = await operations.whole_database()
    assert "North Traders" in database
    assert not [secret for secret in ("ak_secret", "ss_secret") if secret in database]


async def test_a_lenders_secret_is_shown_once_and_kept_nowhere(operations: Any) -> None:
    body = {"lender_id": "lender_one", "name": "Lender One"}
    first = await operations.post("ops-1", "/v1/admin/lenders", body)
    assert (first.status_code, first.headers["cache-control"]) == (201, "no-store")
    assert first.json() == {
        "lender_id": "lender_one",
        "client_id": "lender_one",
        "client_secret": "cs_secret",
        "test_client_id": "test_lender_one",
        "test_client_secret": "ts_secret",
    }
    assert "client_secret" not in (await operations.post("ops-1", "/v1/admin/lenders", body)).json()
    assert "cs_secret" not in await operations.whole_database()


async def test_a_distributor_without_an_id_gets_a_random_one(operations: Any) -> None:
    answer = await operations.post("ops-1", "/v1/admin/distributors", {"name": "South Traders", "csr_pem": CSR})
    assert len(answer.json()["distributor_id"]) == len("dist_") + 32


async def test_onboarding_is_audited_before_the_owner_is_asked_and_when_it_is_done(operations: Any) -> None:
    await operations.post("ops-1", "/v1/admin/distributors", DISTRIBUTOR)
    assert await operations.audited() == [
        ("distributor_onboarded", "ops-1", "requested"),
        ("distributor_onboarded", "ops-1", "ok"),
    ]


async def test_an_owner_that_is_away_is_a_503_and_the_attempt_is_on_record(operations: Any, world: Any) -> None:
    world.is_down.add("ingestion")
    answer = await operations.post("ops-1", "/v1/admin/distributors", DISTRIBUTOR)
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert [outcome for _, _, outcome in await operations.audited()] == ["requested", "refused"]


async def test_a_certificate_request_that_the_owner_refuses_is_a_400(operations: Any) -> None:
    answer = await operations.post("ops-1", "/v1/admin/distributors", DISTRIBUTOR | {"csr_pem": "nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


async def test_a_backfill_window_is_opened_at_the_owner_and_audited(partners: Any) -> None:
    answer = await partners.post("ops-1", "/v1/admin/distributors/dist_north/backfill", {"hours": 2})
    assert answer.json() == {"distributor_id": "dist_north", "open_until": "2026-05-20T10:00:00Z"}
    assert (await partners.audited())[-1] == ("backfill_opened", "ops-1", "ok")


async def test_a_backfill_for_nobody_is_a_404(operations: Any) -> None:
    assert (await operations.post("ops-1", "/v1/admin/distributors/dist_x/backfill", {"hours": 2})).status_code == 404


async def test_every_reachable_retailer_is_invited_and_the_others_are_counted(partners: Any, world: Any) -> None:
    world.consent_refuses.add(retailer(5))
    answer = await partners.post("ops-1", PATH, INVITES)
    assert answer.json() == {"invited": 6, "already_open": 0, "unreachable": 1, "refused": 1, "unknown": 0}
    assert world.invites[retailer(1)] == {
        "retailer_id": retailer(1),
        "contact_ref": contact_ref(retailer(1)),
        "distributor_id": "dist_north",
        "distributor_name": "North Traders",
        "lender_scope": ["lender_one"],
        "purpose": "credit_score",
        "language": "hi",
    }
    assert world.most_in_flight <= 8


CONFIRM = f"/v1/admin/retailers/{retailer(4)}/phones/confirm"


async def test_without_a_confirmed_phone_in_the_distributors_own_ledger_nobody_is_invited(
    partners: Any, world: Any
) -> None:
    body = (await partners.post("ops-1", PATH, INVITES | {"retailer_ids": [retailer(4)]})).json()
    assert (body["invited"], body["unreachable"], body["unknown"]) == (0, 1, 0)
    assert world.invites == {}


async def test_a_phone_that_operations_confirm_can_be_invited(partners: Any, world: Any) -> None:
    answer = await partners.post("ops-1", CONFIRM, {"distributor_id": "dist_north"})
    assert (answer.status_code, answer.json()) == (
        200,
        {"retailer_id": retailer(4), "distributor_id": "dist_north"},
    )
    await partners.post("ops-1", PATH, INVITES | {"retailer_ids": [retailer(4)]})
    assert world.invites[retailer(4)]["contact_ref"] == contact_ref(retailer(4))


async def test_confirming_a_phone_is_audited_before_the_vault_is_asked_and_when_it_is_done(partners: Any) -> None:
    await partners.post("ops-2", CONFIRM, {"distributor_id": "dist_north"})
    events = [event for event in await partners.events() if event["details"].get("kind") == "phone_confirmation"]
    assert [(event["actor"], event["subject"], event["outcome"]) for event in events] == [
        ("ops-2", retailer(4), "requested"),
        ("ops-2", retailer(4), "ok"),
    ]
    assert events[1]["details"]["contact_ref"] == contact_ref(retailer(4))


async def test_a_phone_that_the_vault_does_not_know_is_a_404_on_record(partners: Any, world: Any) -> None:
    path = f"/v1/admin/retailers/{retailer(99)}/phones/confirm"
    assert (await partners.post("ops-1", path, {"distributor_id": "dist_north"})).status_code == 404
    assert (await partners.audited())[-1] == ("admin_action", "ops-1", "refused")
    asked = len(world.asked)
    assert (await partners.post("ops-1", path, {"distributor_id": "dist_unknown"})).status_code == 404
    assert len(world.asked) == asked, "the vault is asked about distributors of ours alone"


@pytest.mark.parametrize("operator", ["ml-1", "legal-1"])
async def test_only_operations_may_confirm_a_phone(partners: Any, world: Any, operator: str) -> None:
    assert (await partners.post(operator, CONFIRM, {"distributor_id": "dist_north"})).status_code == 403
    assert (await partners.audited())[-1] == ("admin_action", operator, "refused")
    assert not [path for path, _ in world.asked if path.endswith("/confirm")]


async def test_asking_again_invites_nobody_twice(partners: Any) -> None:
    await partners.post("ops-1", PATH, INVITES)
    again = await partners.post("ops-2", PATH, INVITES)
    assert (again.json()["invited"], again.json()["already_open"]) == (0, 7)


async def test_only_the_named_are_invited_and_strangers_among_them_are_counted(partners: Any, world: Any) -> None:
    named = [retailer(2), retailer(8), retailer(99)]
    answer = await partners.post("ops-1", PATH, INVITES | {"retailer_ids": named})
    assert (answer.json()["invited"], answer.json()["unknown"]) == (2, 1)
    assert set(world.invites) == {retailer(2), retailer(8)}


async def test_a_share_of_languages_is_kept_and_each_retailer_keeps_his(partners: Any, world: Any) -> None:
    world.retailers["dist_north"] = [(retailer(number), True) for number in range(1, 201)]
    body = {key: value for key, value in INVITES.items() if key != "language"}
    await partners.post("ops-1", PATH, body | {"language_share": {"hi": 0.7, "en": 0.3}})
    languages = {key: one["language"] for key, one in world.invites.items()}
    assert 0.6 < sum(one == "hi" for one in languages.values()) / 200 < 0.8
    world.invites.clear()
    await partners.post("ops-1", PATH, body | {"language_share": {"hi": 0.7, "en": 0.3}})
    assert {key: one["language"] for key, one in world.invites.items()} == languages


async def test_consent_going_away_midway_is_a_503_and_the_rest_follows_on_repetition(partners: Any, world: Any) -> None:
    world.is_down.add("consent")
    assert (await partners.post("ops-1", PATH, INVITES)).status_code == 503
    assert (await partners.audited())[-1] == ("admin_action", "ops-1", "interrupted")
    world.is_down.clear()
    assert (await partners.post("ops-1", PATH, INVITES)).json()["invited"] == 7


async def test_a_lender_that_is_not_onboarded_cannot_be_named(partners: Any, world: Any) -> None:
    answer = await partners.post("ops-1", PATH, INVITES | {"lender_scope": ["lender_one", "lender_two"]})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "lender_scope")
    assert world.invites == {}


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
async def test_a_malformed_order_is_a_400(partners: Any, world: Any, body: dict[str, Any]) -> None:
    assert (await partners.post("ops-1", PATH, body)).status_code == 400
    assert world.invites == {}
