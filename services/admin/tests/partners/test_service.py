"""Onboarding shows secrets once and keeps none; orders about distributors are carried out by their owner."""

import pytest

from ..conftest import CSR, DISTRIBUTOR, Operations, Upstreams


async def test_a_distributors_secrets_are_shown_once_and_kept_nowhere(operations: Operations) -> None:
    first = await operations.post("ops-1", "/v1/admin/distributors", DISTRIBUTOR)
    assert (first.status_code, first.headers["cache-control"]) == (201, "no-store")
    assert (first.json()["api_key"], first.json()["signing_secret"]) == ("ak_secret", "ss_secret")
    second = await operations.post("ops-2", "/v1/admin/distributors", DISTRIBUTOR)
    assert second.status_code == 200
    assert set(second.json()) == {"distributor_id", "certificate_pem", "ca_pem"}
    database = await operations.whole_database()
    assert "North Traders" in database
    assert not [secret for secret in ("ak_secret", "ss_secret") if secret in database]


async def test_a_lenders_secret_is_shown_once_and_kept_nowhere(operations: Operations) -> None:
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


async def test_a_distributor_without_an_id_gets_a_random_one(operations: Operations) -> None:
    answer = await operations.post("ops-1", "/v1/admin/distributors", {"name": "South Traders", "csr_pem": CSR})
    assert len(answer.json()["distributor_id"]) == len("dist_") + 32


async def test_onboarding_is_audited_before_the_owner_is_asked_and_when_it_is_done(operations: Operations) -> None:
    await operations.post("ops-1", "/v1/admin/distributors", DISTRIBUTOR)
    assert await operations.audited() == [
        ("distributor_onboarded", "ops-1", "requested"),
        ("distributor_onboarded", "ops-1", "ok"),
    ]


async def test_an_owner_that_is_away_is_a_503_and_the_attempt_is_on_record(
    operations: Operations, upstreams: Upstreams
) -> None:
    upstreams.is_down.add("ingestion")
    answer = await operations.post("ops-1", "/v1/admin/distributors", DISTRIBUTOR)
    assert (answer.status_code, answer.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert [outcome for _, _, outcome in await operations.audited()] == ["requested", "refused"]


async def test_a_certificate_request_that_the_owner_refuses_is_a_400(operations: Operations) -> None:
    answer = await operations.post("ops-1", "/v1/admin/distributors", DISTRIBUTOR | {"csr_pem": "nonsense"})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")


async def test_a_backfill_window_is_opened_at_the_owner_and_audited(partners: Operations) -> None:
    answer = await partners.post("ops-1", "/v1/admin/distributors/dist_north/backfill", {"hours": 2})
    assert answer.json() == {"distributor_id": "dist_north", "open_until": "2026-05-20T10:00:00Z"}
    assert (await partners.audited())[-1] == ("backfill_opened", "ops-1", "ok")


async def test_a_backfill_for_nobody_is_a_404(operations: Operations) -> None:
    assert (await operations.post("ops-1", "/v1/admin/distributors/dist_x/backfill", {"hours": 2})).status_code == 404


async def test_a_largest_amount_is_set_at_the_owner_and_audited(partners: Operations, upstreams: Upstreams) -> None:
    path = "distributors/dist_north/max-amount"
    answer = await partners.post("ops-1", f"/v1/admin/{path}", {"max_amount_inr": 5_000_000_000})
    assert (answer.status_code, answer.json()) == (
        200,
        {"distributor_id": "dist_north", "max_amount_inr": 5_000_000_000},
    )
    assert upstreams.asked[-1] == (f"POST /internal/admin/{path}", {"max_amount_inr": 5_000_000_000})
    events = [event for event in await partners.events() if event["action"] == "max_amount_set"]
    assert [(event["actor"], event["subject"], event["outcome"], event["details"]) for event in events] == [
        ("ops-1", "dist_north", "requested", {"max_amount_inr": "5000000000"} | DEVELOPMENT),
        ("ops-1", "dist_north", "ok", {"max_amount_inr": "5000000000"} | DEVELOPMENT),
    ]


@pytest.mark.parametrize("amount", [999_999_999, 10_000_000_001, 10_000_000_000.01, "5000000000", -1, 5_000_000_000.5])
async def test_a_largest_amount_beyond_what_the_lake_holds_is_refused_here(
    partners: Operations, upstreams: Upstreams, amount: object
) -> None:
    asked = list(upstreams.asked)
    answer = await partners.post("ops-1", "/v1/admin/distributors/dist_north/max-amount", {"max_amount_inr": amount})
    assert (answer.status_code, answer.json()["code"]) == (400, "INVALID_REQUEST")
    assert upstreams.asked == asked


async def test_a_largest_amount_for_nobody_is_a_404_and_one_that_the_owner_refuses_is_on_record(
    partners: Operations, upstreams: Upstreams
) -> None:
    body = {"max_amount_inr": 5_000_000_000}
    assert (await partners.post("ops-1", "/v1/admin/distributors/dist_x/max-amount", body)).status_code == 404
    upstreams.is_down.add("ingestion")
    answer = await partners.post("ops-1", "/v1/admin/distributors/dist_north/max-amount", body)
    assert answer.status_code == 503
    assert (await partners.audited())[-2:] == [
        ("max_amount_set", "ops-1", "requested"),
        ("max_amount_set", "ops-1", "refused"),
    ]


ROTATE, REVOKE = "distributors/dist_north/rotate-key", "distributors/dist_north/revoke"


async def test_a_key_issued_anew_is_shown_once_and_kept_nowhere(partners: Operations, upstreams: Upstreams) -> None:
    answer = await partners.post("ops-1", f"/v1/admin/{ROTATE}", {"csr_pem": CSR, "end_previous": True})
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    assert answer.json() == {
        "distributor_id": "dist_north",
        "api_key": "ak_secret_2",
        "signing_secret": "ss_secret_2",
        "valid_from": "2026-05-20T08:00:00Z",
        "expires_at": "2026-06-26T08:00:00Z",
        "certificate_pem": "cert_2",
        "ca_pem": "ca",
    }
    assert upstreams.asked[-1] == (f"POST /internal/admin/{ROTATE}", {"csr_pem": CSR, "end_previous": True})
    database = await partners.whole_database()
    assert not [secret for secret in ("ak_secret_2", "ss_secret_2") if secret in database]
    events = [event for event in await partners.events() if event["action"] == "connector_key_rotated"]
    details = {"end_previous": "yes", "with_certificate": "yes"} | DEVELOPMENT
    assert [(event["actor"], event["subject"], event["outcome"], event["details"]) for event in events] == [
        ("ops-1", "dist_north", "requested", details),
        ("ops-1", "dist_north", "ok", details),
    ]


async def test_without_a_request_for_a_certificate_none_is_issued(partners: Operations) -> None:
    answer = await partners.post("ops-1", f"/v1/admin/{ROTATE}", {})
    assert (answer.status_code, answer.json()["previous_valid_until"]) == (201, "2026-05-27T08:00:00Z")
    assert "certificate_pem" not in answer.json()


async def test_a_revocation_is_carried_out_by_the_owner_and_audited(partners: Operations, upstreams: Upstreams) -> None:
    answer = await partners.post("ops-1", f"/v1/admin/{REVOKE}", {})
    assert (answer.status_code, answer.json()) == (
        200,
        {"distributor_id": "dist_north", "revoked_at": "2026-05-20T08:00:00Z", "keys": 2, "certificates": 1},
    )
    assert upstreams.asked[-1] == (f"POST /internal/admin/{REVOKE}", {})
    events = [event for event in await partners.events() if event["action"] == "connector_revoked"]
    assert [(event["outcome"], event["details"]) for event in events] == [
        ("requested", DEVELOPMENT),
        ("ok", {"keys": "2", "certificates": "1"} | DEVELOPMENT),
    ]


async def test_credentials_of_nobody_are_a_404_and_an_order_that_the_owner_refuses_is_on_record(
    partners: Operations, upstreams: Upstreams
) -> None:
    for order in ("rotate-key", "revoke"):
        assert (await partners.post("ops-1", f"/v1/admin/distributors/dist_x/{order}", {})).status_code == 404
    assert (await partners.post("ops-1", f"/v1/admin/{ROTATE}", {"csr_pem": "nonsense"})).status_code == 400
    upstreams.is_down.add("ingestion")
    assert (await partners.post("ops-1", f"/v1/admin/{REVOKE}", {})).status_code == 503
    assert (await partners.audited())[-4:] == [
        ("connector_key_rotated", "ops-1", "requested"),
        ("connector_key_rotated", "ops-1", "refused"),
        ("connector_revoked", "ops-1", "requested"),
        ("connector_revoked", "ops-1", "refused"),
    ]


DEVELOPMENT = {"confirmation": "development"}  # a token of a file signs no action
SOURCE = "bat_" + "1" * 32
REPROCESS = f"distributors/dist_north/quarantine/{SOURCE}/reprocess"


async def test_quarantined_records_are_reprocessed_by_the_owner_and_audited(
    partners: Operations, upstreams: Upstreams
) -> None:
    requested = await partners.post("ops-1", f"/v1/admin/{REPROCESS}", {})
    assert not [path for path, _ in upstreams.asked if "reprocess" in path]
    answer = await partners.approve("ops-2", requested)
    assert (answer.status_code, answer.json()["result"]) == (
        200,
        {
            "distributor_id": "dist_north",
            "batch_id": SOURCE,
            "reprocessed_in": "bat_" + "2" * 32,
            "accepted": 3,
            "outdated": 1,
            "duplicate": 2,
            "remaining": [{"table": "payments", "field": "amount_paid_inr", "rule": "is not a number", "records": 4}],
        },
    )
    assert upstreams.asked[-1] == (f"POST /internal/admin/{REPROCESS}", {})
    events = [event for event in await partners.events() if event["action"] == "quarantine_reprocessed"]
    counts = {"accepted": "3", "outdated": "1", "duplicate": "2", "remaining": "4"}
    assert [(event["actor"], event["subject"], event["outcome"], event["details"]) for event in events] == [
        ("ops-2", "dist_north", "requested", {"batch_id": SOURCE} | DEVELOPMENT),
        ("ops-2", "dist_north", "ok", {"batch_id": SOURCE} | counts | DEVELOPMENT),
    ]


async def test_only_operations_reprocess(partners: Operations) -> None:
    for operator in ("ml-1", "legal-1", "risk-1"):
        assert (await partners.post(operator, f"/v1/admin/{REPROCESS}", {})).status_code == 403


@pytest.mark.parametrize(
    ("answered", "told", "code"),
    [
        ((410, {"code": "QUARANTINE_EXPIRED"}), 410, "GONE"),
        ((409, {"code": "DISTRIBUTOR_REVOKED"}), 409, "OWNER_REFUSED"),
        ((404, {"code": "NOT_FOUND"}), 404, "NOT_FOUND"),
    ],
)
async def test_why_the_owner_refuses_to_reprocess_is_told_and_on_record(
    partners: Operations, upstreams: Upstreams, answered: tuple[int, dict[str, str]], told: int, code: str
) -> None:
    upstreams.refused_batches[SOURCE] = answered
    requested = await partners.post("ops-1", f"/v1/admin/{REPROCESS}", {})
    answer = await partners.approve("ops-2", requested)
    assert (answer.status_code, answer.json()["code"]) == (told, code)
    assert answered[1]["code"] in answer.json()["detail"]
    released = [event for event in await partners.events() if event["action"] == "quarantine_reprocessed"]
    assert [event["outcome"] for event in released] == ["requested", "refused"]
    assert (await partners.post("ops-1", f"/v1/admin/{REPROCESS[:-10]}x/reprocess", {})).status_code == 400


SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"


async def test_an_ssh_key_is_registered_at_the_owner_and_audited_by_its_fingerprint(
    partners: Operations, upstreams: Upstreams
) -> None:
    path = "/v1/admin/distributors/dist_north/sftp-keys"
    answer = await partners.post("ops-1", path, {"public_key": SSH_KEY})
    fingerprint = "SHA256:" + "A" * 43
    assert (answer.status_code, answer.json()) == (
        201,
        {"distributor_id": "dist_north", "user": "dist_north", "fingerprint": fingerprint},
    )
    [requested, done] = [event for event in await partners.events() if event["action"] == "sftp_key_registered"]
    assert (requested["outcome"], done["outcome"]) == ("requested", "ok")
    assert done["details"] == {"fingerprint": fingerprint} | DEVELOPMENT
    assert SSH_KEY not in str(await partners.events())


async def test_ssh_keys_are_revoked_at_the_owner_and_counted(partners: Operations) -> None:
    answer = await partners.post("ops-1", "/v1/admin/distributors/dist_north/sftp-keys/revoke", {})
    assert answer.json() == {"distributor_id": "dist_north", "sftp_keys": 2}
    assert (await partners.audited())[-1] == ("sftp_keys_revoked", "ops-1", "ok")


@pytest.mark.parametrize("order", ["sftp-keys", "sftp-keys/revoke"])
async def test_ssh_keys_are_a_matter_of_operations_alone(partners: Operations, order: str) -> None:
    body = {"public_key": SSH_KEY} if order == "sftp-keys" else {}
    assert (await partners.post("ml-1", f"/v1/admin/distributors/dist_north/{order}", body)).status_code == 403
    assert (await partners.post("ops-1", f"/v1/admin/distributors/dist_x/{order}", body)).status_code == 404
