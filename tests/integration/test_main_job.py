"""The main job as stories: what `make demo` promises is in the record it leaves."""

from typing import Any

import pytest

from demo.context import Demo
from demo.steps.lake import gold_retailers

REFUSALS = {
    "admin_without_credential": (401, "UNAUTHORIZED"),
    "batch_repeated": (409, "BATCH_ALREADY_PROCESSED"),
    "batch_wrong_signature": (401, "UNAUTHORIZED"),
    "promotion_by_one": (409, "SECOND_OPERATOR_REQUIRED"),
    "same_request_id_other_body": (409, "IDEMPOTENCY_CONFLICT"),
    "other_purpose": (403, "SCOPE_MISMATCH"),
    "unknown_retailer": (403, "CONSENT_NOT_GRANTED"),
    "unconsented_retailer": (403, "CONSENT_NOT_GRANTED"),
    "other_lenders_retailer": (403, "CONSENT_NOT_GRANTED"),
    "no_token": (401, "TOKEN_MISSING"),
    "malformed_json": (400, "INVALID_REQUEST"),
    "insufficient_ledger": (422, "DATA_INSUFFICIENT"),
    "persona_asked_for_live": (403, "CONSENT_NOT_GRANTED"),
    "call_101_in_a_minute": (429, "RATE_LIMIT_EXCEEDED"),
    "grievance_resolved_twice": (409, "GRIEVANCE_RESOLVED"),
    "erasure_by_another_role": (403, "FORBIDDEN"),
    "erasure_during_the_notice": (409, "NOTICE_RUNNING"),
    "erasure_by_one": (409, "SECOND_OPERATOR_REQUIRED"),
    "erasure_of_another_content": (409, "APPROVAL_CONFLICT"),
    "erased_retailer": (403, "CONSENT_NOT_GRANTED"),
    "erased_retailer_by_a_kept_request": (403, "CONSENT_NOT_GRANTED"),
    "erased_gstin": (403, "CONSENT_NOT_GRANTED"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_every_refusal_has_the_contracts_status_and_code(summary: dict[str, Any], case: str) -> None:
    refusals = {refusal["case"]: (refusal["status"], refusal["code"]) for refusal in summary["refusals"]}
    assert refusals[case] == REFUSALS[case]


def test_every_submitted_record_is_accounted_for(summary: dict[str, Any]) -> None:
    ingest = summary["ingest"]
    assert ingest["submitted"] == ingest["accepted"] + ingest["quarantined"] + ingest["duplicates"]
    assert ingest["distributors"] in (3, 4)  # without the SFTP site where this machine can have no sshd


def test_bronze_is_locked(summary: dict[str, Any]) -> None:
    assert summary["bronze"]["locked"] is True
    assert summary["bronze"]["objects"] > 0


def test_totals_agree_from_the_ledgers_to_silver(summary: dict[str, Any]) -> None:
    assert summary["lake"]["totals_agree"] is True
    assert summary["lake"]["features"] >= 45


def test_the_model_meets_the_quality_bar_out_of_time(summary: dict[str, Any]) -> None:
    assert summary["model"]["auroc"] >= 0.72
    assert summary["model"]["ks"] >= 0.35


def test_a_withdrawal_reaches_the_lender_within_five_seconds(summary: dict[str, Any]) -> None:
    assert summary["revocation_s"] <= 5


def test_nobody_without_an_active_consent_is_in_gold(demo: Demo) -> None:
    with demo.superuser("consent") as connection:
        rows = connection.execute("SELECT DISTINCT retailer_id FROM consent_state WHERE status = 'active'").fetchall()
    assert gold_retailers(demo) <= {row[0] for row in rows}


def test_every_store_that_holds_a_retailer_reported_the_erasure(summary: dict[str, Any]) -> None:
    assert summary["erasure"]["stores"] == ["consent", "notification", "score", "scoring", "vault", "webhook"]


def test_the_audit_chain_verifies_and_names_a_changed_row(summary: dict[str, Any]) -> None:
    assert summary["audit"]["verified"] is True
    assert summary["audit"]["tamper_named"] is True


def test_no_log_of_any_process_holds_a_phone_or_a_gstin(demo: Demo) -> None:
    texts = [text.encode() for text in demo.facts["personal_texts"]]
    logs = sorted((demo.var / "logs").glob("*.log"))
    assert logs
    ours = [path for path in logs if "-sim" not in path.name]
    offences = [path.name for path in ours for text in texts if text in path.read_bytes()]
    assert offences == []


def test_no_outbox_row_holds_a_phone_or_a_gstin(demo: Demo) -> None:
    texts = [text.encode() for text in demo.facts["personal_texts"]]
    for database in (
        "admin",
        "consent",
        "ingestion",
        "notification",
        "pipeline",
        "score",
        "scoring",
        "vault",
        "webhook",
    ):
        with demo.superuser(database) as connection:
            payloads = b"\0".join(bytes(row[0]) for row in connection.execute("SELECT payload FROM outbox").fetchall())
        assert not [text for text in texts if text in payloads], database
