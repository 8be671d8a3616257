"""The receipt of a consent, shaped after the record and receipt structure of ISO/IEC TS 27560 (its field names).

Parties are given by their ids: names and addresses are no part of a consent record.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

RECEIPT_SCHEMA = "altscore.consent-receipt.1"
CONTROLLER = "altscore"
RIGHTS = ("access", "correction", "erasure", "withdrawal", "grievance")


def receipt_of(
    grant: Mapping[str, Any],
    withdrawal: Mapping[str, Any] | None,
    proofs: Sequence[Mapping[str, Any]],
    *,
    now: datetime,
) -> dict[str, Any]:
    """The receipt.

    Args:
        grant: content of the verified grant.
        withdrawal: content of the verified withdrawal, if there is one.
        proofs: the signed records themselves, to be verified offline.
        now: the present, for the state of the consent.
    """
    return {
        "schema_version": RECEIPT_SCHEMA,
        "receipt_id": f"rcp_{grant['consent_id'].removeprefix('cns_')}",
        "pii_principal_id": grant["retailer_id"],
        "consent_record": {
            "schema_version": f"{grant['schema']}/{grant.get('record_version', 1)}",
            "record_id": grant["consent_id"],
            "pii_principal_id": grant["retailer_id"],
            "pii_processing": _processing(grant),
            "party_identification": _parties(grant),
            "event": _events(grant, withdrawal, now),
        },
        "signed_records": list(proofs),
    }


def _processing(grant: Mapping[str, Any]) -> dict[str, Any]:
    notice, terms = grant["notice"], grant["terms"]
    purpose = {
        "purpose": grant["purpose"],
        "purpose_type": grant.get("purpose_code"),
        "lawful_basis": "consent",
        "pii_information": [
            {"pii_type": "purchase_and_payment_records", "pii_optional": False, "data_range": grant.get("data_range")}
        ],
        "pii_controllers": [CONTROLLER],
        "collection_method": "distributors' records",
        "processing_method": "credit score",
        "retention_period": f"P{terms['data_life_days']}D",
        "frequency": grant.get("frequency"),
        "jurisdiction": "IN",
        "recipient_third_parties": list(grant["lender_scope"]),
        "withdrawal_method": "send NAHI on the same chat",
        "privacy_rights": list(RIGHTS),
        "codes_of_conduct": grant.get("fair_use"),
    }
    return {
        "privacy_notice": {"id": notice["id"], "version": notice["version"], "sha256": notice["sha256"]},
        "language": notice["language"],
        "purposes": [purpose],
    }


def _parties(grant: Mapping[str, Any]) -> list[dict[str, str]]:
    return [
        {"party_id": CONTROLLER, "party_role": "pii_controller"},
        {"party_id": grant["distributor_id"], "party_role": "source"},
        *({"party_id": lender_id, "party_role": "third_party"} for lender_id in grant["lender_scope"]),
    ]


def _events(grant: Mapping[str, Any], withdrawal: Mapping[str, Any] | None, now: datetime) -> list[dict[str, Any]]:
    events = [
        {
            "event_time": grant["given_at"],
            "validity_duration": {"until": grant["expires_at"]},
            "entity_id": grant["retailer_id"],
            "event_type": "explicit",
            "event_state": "consent_given",
        }
    ]
    if withdrawal is not None:
        events.append(
            {
                "event_time": withdrawal["withdrawn_at"],
                "entity_id": withdrawal["requested_by"],
                "event_type": withdrawal["reason"],
                "event_state": "consent_withdrawn",
            }
        )
    elif datetime.fromisoformat(grant["expires_at"]) <= now:
        events.append(
            {
                "event_time": grant["expires_at"],
                "entity_id": CONTROLLER,
                "event_type": "validity",
                "event_state": "consent_expired",
            }
        )
    return events
