"""What the audit service answers about one entry of a lender."""

import json
from typing import Any


def proofs_of(lender_id: str, *, is_cosigned: bool | None = True, **payload: Any) -> dict[str, Any]:
    """An answer with one proof; its hashes are of the right form, which is all that score looks at.

    Args:
        lender_id: whose.
        is_cosigned: whether the witness signed the checkpoint too; None for a proof of the first version.
        payload: further members of the entry's text.
    """
    entry = {
        "chain": "general",
        "seq": 17,
        "event_id": "0197a3f2-0000-7000-8000-0000000000aa",
        "occurred_at": "2026-05-20T08:00:00.000000Z",
        "recorded_at": "2026-05-20T08:00:00.100000Z",
        "action": "score_requested",
        "payload": json.dumps({"action": "score_requested", "actor": lender_id, **payload}),
        "prev_hash": "0c" * 32,
        "entry_hash": "5e" * 32,
    }
    checkpoint = {"document": '{"chain":"general"}', "signature": "9b" * 64}
    proof = {"version": 1, "entry": entry, "path": ["a1" * 32], "checkpoint": checkpoint}
    if is_cosigned is not None:
        cosignature = {"statement": '{"witness":"w"}', "signature": "8d" * 64}
        proof |= {"version": 2, "cosignature": cosignature if is_cosigned else None}
    return {"proofs": [proof], "unsigned": 0}
