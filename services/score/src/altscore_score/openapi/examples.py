"""Examples of every body, by the name of its schema; a test holds each of them to its model."""

from typing import Any

from altscore_score.errors import PROBLEM_TYPES

REQUEST_ID = "req_5e0c1d2b7a984f36b1d5e8c04b7f9263"
RETAILER = "ret_7f3a92c1d4e8b051"
OTHER_RETAILER = "ret_0123456789abcdef"
PURPOSE = "working_capital_loan"
SECRET = "9f2c…"  # noqa: S105  # a placeholder
_ROW = (
    *("score_id", "altscore", "risk_band", "probability_of_default", "recommended_limit_inr", "low_confidence"),
    *("scored_at", "expires_at"),
)
_ORDER = {
    "order_id": "0b9f6a52-6f0e-4c7e-9a3e-2f7f6f5d1c77",
    "by": "ops.first",
    "reason": "compromise",
}

SCORE: dict[str, Any] = {
    "retailer_id": RETAILER,
    "score_id": "scr_9b2c4f0a6d1e8b7359c2f4a6b8d0e1f3",
    "altscore": 724,
    "risk_band": "B",
    "probability_of_default": 0.082,
    "recommended_limit_inr": 175000,
    "reason_codes": [
        {
            "code": "LOW_PAYMENT_DELAY",
            "direction": "positive",
            "rank": 1,
            "label_en": "Timely payments",
            "label_hi": "समय पर भुगतान",
        },
        {
            "code": "CONSISTENT_ORDER_FREQ",
            "direction": "positive",
            "rank": 2,
            "label_en": "Regular order pattern",
            "label_hi": "नियमित ऑर्डर",
        },
        {
            "code": "GROWING_BASKET_SIZE",
            "direction": "positive",
            "rank": 3,
            "label_en": "Growing business",
            "label_hi": "बढ़ता कारोबार",
        },
        {
            "code": "HIGH_RETURN_RATE",
            "direction": "negative",
            "rank": 4,
            "label_en": "High return rate",
            "label_hi": "उच्च वापसी दर",
        },
        {
            "code": "ORDER_GAP_DETECTED",
            "direction": "negative",
            "rank": 5,
            "label_en": "Order gap detected",
            "label_hi": "ऑर्डर में अंतराल",
        },
    ],
    "guardrails": [{"id": "GR-4", "action": "capped", "reason": "affordability_ceiling"}],
    "data_freshness_days": 3,
    "low_confidence": False,
    "score_version": "altscore-xgb-v1-prod",
    "scored_at": "2026-05-19T22:14:07Z",
    "expires_at": "2026-06-18T22:14:07Z",
    "request_id": REQUEST_ID,
}


def problem_example(
    status: int, code: str, *, field: tuple[str, str] | None = None, types: str | None = PROBLEM_TYPES
) -> dict[str, Any]:
    """The problem document of a code, as problem() writes it.

    Args:
        status: of the code.
        code: of the contract.
        field: a field at fault and the rule that it broke.
        types: as of create_app().
    """
    example: dict[str, Any] = {
        "type": "about:blank" if types is None else f"{types}{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "code": code,
        "request_id": REQUEST_ID,
    }
    if field is not None:
        example["detail"] = "the request does not match the schema"
        example["errors"] = [{"field": field[0], "reason": field[1]}]
    return example


_PARKED_ORDER = {
    "order_id": "7f0f6d0e-6a55-4b8e-9a39-5a2f6f5d1c77",
    "action": "dry_run",
    "operator": "ops-1",
    "ticket": "OPS-17",
}
_PARKED = {
    "id": 17,
    "topic": "altscore.scores",
    "key": RETAILER,
    "partition": 0,
    "offset": 4711,
    "reason": "not_authentic",
    "holds_key": False,
    "is_signed": True,
    "parked_at": "2026-05-20T08:00:00Z",
    "bytes": 812,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
}
BODIES: dict[str, Any] = {
    "ScoreRequest": {"retailer_id": RETAILER, "purpose": PURPOSE, "requested_limit_inr": 150000},
    "ScoreResponse": SCORE,
    "BatchRequest": {"retailer_ids": [RETAILER, OTHER_RETAILER], "purpose": PURPOSE},
    "BatchResponse": {
        "results": [
            {"retailer_id": RETAILER, "status": 200, "score": SCORE},
            {
                "retailer_id": OTHER_RETAILER,
                "status": 404,
                "retry_after_s": 60,
                "problem": problem_example(404, "RETAILER_NOT_SCORED"),
            },
        ]
    },
    "HistoryResponse": {
        "retailer_id": RETAILER,
        "history": [
            {"month": "2026-05", "altscore": 724, "risk_band": "B", "score_version": "altscore-xgb-v1-prod"},
            {"month": "2026-04", "altscore": 708, "risk_band": "B", "score_version": "altscore-xgb-v1-prod"},
        ],
    },
    "LookupRequest": {"gst": "27AAACZ0000A1Z9"},
    "LookupResponse": {"retailer_id": RETAILER, "consent_active": True},
    "TokenRequest": {"client_id": "lender_shriram", "client_secret": SECRET},
    "TokenResponse": {
        "access_token": "eyJhbGciOiJSUzI1NiIs…",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "4d7e…",
    },
    "JwksResponse": {
        "keys": [
            {
                "kty": "RSA",
                "use": "sig",
                "alg": "RS256",
                "key_ops": ["verify"],
                "kid": "jwt-1-0f1e2d3c4b5a6978",
                "n": "sXch…",
                "e": "AQAB",
            }
        ]
    },
    "GrievanceState": {
        "grievance_id": "grv_5d1e0c7a92b84f36a1d5e8c04b7f9263",
        "retailer_id": RETAILER,
        "score_id": SCORE["score_id"],
        "grievance_type": "incorrect_score",
        "status": "acknowledged",
        "filed_at": "2026-05-20T08:00:00Z",
        "ack_by": "2026-05-21T08:00:00Z",
        "resolution_sla": "2026-05-27T08:00:00Z",
        "acknowledged_at": "2026-05-20T15:30:00Z",
        "resolved_at": None,
        "resolution": None,
        "sla_clock": {
            "stage": "resolution",
            "state": "running",
            "due_at": "2026-05-27T08:00:00Z",
            "seconds_left": 577800,
        },
    },
    "AuditProofsResponse": {
        "proofs": [
            {
                "version": 2,
                "entry": {
                    "chain": "general",
                    "seq": 4_711,
                    "event_id": "019e44f1-7c55-7b8e-9a39-5a2f6f5d1c77",
                    "occurred_at": "2026-05-20T08:00:00.123456Z",
                    "recorded_at": "2026-05-20T08:00:00.301200Z",
                    "action": "score_requested",
                    "payload": '{"action":"score_requested","actor":"lender_shriram",…}',
                    "prev_hash": "0c" * 32,
                    "entry_hash": "5e" * 32,
                },
                "path": ["a1" * 32, "7f" * 32],
                "checkpoint": {
                    "document": '{"chain":"general",…,"root_hash":"…","seq":4720,"tree_size":4720,"version":2}',
                    "signature": "9b" * 64,
                },
                "cosignature": {
                    "statement": '{"checkpoint_sha256":"…",…,"witness":"audit-witness-0f1e2d3c4b5a6978"}',
                    "signature": "8d" * 64,
                },
            }
        ]
    },
    "AuditKeysResponse": {"keys": [{"name": "audit-checkpoint.pem", "pem": "-----BEGIN PUBLIC KEY-----\nMFkw…\n"}]},
    "LenderRequest": {"name": "Shriram Finance"},
    "LenderResponse": {
        "client_id": "lender_shriram",
        "client_secret": SECRET,
        "test_client_id": "test_lender_shriram",
        "test_client_secret": SECRET,
    },
    "OrderRequest": _ORDER,
    "RevokeRequest": _ORDER,
    "RotateRequest": {**_ORDER, "reason": "rotation", "overlap_s": 86400},
    "OrderResponse": {"client_id": "lender_shriram", "is_repeated": False},
    "LendersResponse": {
        "lenders": [{"client_id": "lender_shriram", "is_genuine": True, "is_active": True, "version": 2}],
        "orders": [
            {
                "order_id": _ORDER["order_id"],
                "kind": "rotate_secret",
                "client_id": "lender_shriram",
                "done_at": "2026-05-20T08:00:00Z",
                "is_in_force": True,
            }
        ],
    },
    "PortfolioOut": {
        "counted_at": "2026-05-20T08:00:00Z",
        "retailers": 2,
        "recommended_limit_inr": 175000,
        "low_confidence": 0,
        "blocked": 1,
        "consents_ending": 0,
        "items": [
            {"standing": "B", "retailers": 1, "recommended_limit_inr": 175000},
            {"standing": "blocked", "retailers": 1, "recommended_limit_inr": 0},
        ],
    },
    "MonthsOut": {
        "items": [
            {
                "standing": "B",
                "retailers": 1,
                "recommended_limit_inr": 175000,
                "month": "2026-05",
                "counted_at": "2026-05-20T08:00:00Z",
            }
        ]
    },
    "RowsOut": {
        "items": [
            {
                "retailer_id": RETAILER,
                "state": "scored",
                "code": None,
                **{name: SCORE[name] for name in _ROW},
                "purposes": [PURPOSE],
                "consent_expires_at": "2027-05-20T18:30:00Z",
            }
        ],
        "next_cursor": None,
    },
    "AlertsOut": {
        "items": [{"kind": "band_dropped", "retailer_id": RETAILER, "at": "2026-05-19T22:14:07Z"}],
        "next_cursor": None,
    },
    "DownloadOut": {"lines": "retailer_id,state\r\nret_7f3a92c1d4e8b051,scored\r\n", "next_cursor": None},
    "ViewOut": {
        "retailer_id": RETAILER,
        "score": SCORE,
        "code": None,
        "retry_after_s": None,
        "is_repeated": False,
        "purpose": PURPOSE,
        "consent_expires_at": "2027-05-20T18:30:00Z",
        "history": [{"month": "2026-05", "altscore": 724, "risk_band": "B", "score_version": "altscore-xgb-v1-prod"}],
    },
    "UsageOut": {
        "items": [{"name": "day", "limit": 5000, "window_s": 86400, "used": 12, "remaining": 4988}],
        "disclosures_per_retailer_a_day": 3,
    },
    "CallsByDayOut": {
        "counted_since": "2026-05-19T04:30:00Z",
        "items": [
            {"day": "2026-05-19", "served": 412, "refusals": []},
            {"day": "2026-05-20", "served": 380, "refusals": [{"code": "RATE_LIMIT_EXCEEDED", "calls": 7}]},
        ],
    },
    "CredentialsOut": {
        "items": [
            {
                "client_id": "lender_shriram",
                "is_active": True,
                "onboarded_at": "2026-05-20T08:00:00Z",
                "secret_since": "2026-05-20T08:00:00Z",
                "rotation_due": False,
                "former_valid_until": [],
            }
        ],
        "purposes": [PURPOSE],
    },
    "HeldResponse": {
        "retailer_id": RETAILER,
        "scores": [
            {
                "is_verified": True,
                "record": {"score_id": SCORE["score_id"], "altscore": 724, "reason_codes": SCORE["reason_codes"]},
            }
        ],
        "blocks": [
            {
                "block_id": "blk_9b2c4f0a6d1e8b7359c2f4a6b8d0e1f3",
                "scope": "retailer",
                "reason": "GR-2",
                "code": "MANUAL_REVIEW_REQUIRED",
                "blocked_at": "2026-05-20T08:00:00Z",
            }
        ],
    },
    "RescoringRequest": {"reference": "rgt_9b2c4f0a6d1e8b7359c2f4a6b8d0e1f3"},
    "RescoringResponse": {"retailer_id": RETAILER, "lenders": 2},
    "SwitchRequest": {**_ORDER, "reason": "breach", "is_off": True},
    "SwitchResponse": {"is_off": True, "changed_at": "2026-05-20T08:00:00Z", "reason": "breach"},
    "ParkedEvent": _PARKED,
    "ParkedEventList": {"events": [_PARKED], "has_more": False},
    "ParkedSummary": {"waiting": 0, "refused": 1, "oldest_at": "2026-05-20T08:00:00Z"},
    "ParkedOrderIn": _PARKED_ORDER,
    "ParkedOrderState": {
        **_PARKED_ORDER,
        "event": 17,
        "ordered_at": "2026-05-20T08:00:00Z",
        "done_at": "2026-05-20T08:00:02Z",
        "outcome": "would_apply",
        "applied": 1,
        "refused": 0,
        "content": {"event": "score.computed", "data": {"retailer_id": "<ret>", "score": "<number>"}},
    },
}

PARAMETERS: dict[str, Any] = {
    "X-Client-ID": "lender_shriram",
    "X-Request-ID": "7f0f6d0e-6a55-4b8e-9a39-5a2f6f5d1c77",
    "Accept-Language": "hi",
    "retailer_id": RETAILER,
    "months": 6,
    "purpose": PURPOSE,
    "gst": "27AAACZ0000A1Z9",
    "grievance_id": "grv_5d1e0c7a92b84f36a1d5e8c04b7f9263",
    "request_id": "7f0f6d0e-6a55-4b8e-9a39-5a2f6f5d1c77",
    "score_id": SCORE["score_id"],
    "lender_id": "lender_shriram",
    "event": 17,
    "order_id": _PARKED_ORDER["order_id"],
    "limit": 100,
    "kind": "refused",
    "person_id": "per_5d1e0c7a92b84f36a1d5e8c04b7f9263",
    "cursor": RETAILER,
    "band": "B",
    "expiring": True,
}
# Parameters that a 400 names, and a rule that they can break.
PARAMETER_FAULTS = {
    "gst": "not_a_gstin",
    "score_id": "string_pattern_mismatch",
    "months": "less_than_equal",
    "lender_id": "string_pattern_mismatch",
    "event": "greater_than_equal",
    "order_id": "uuid_parsing",
    "limit": "less_than_equal",
}
