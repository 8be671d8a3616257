"""Lenders' access: noted and audited first, then ordered of score, which owns it, then noted as done."""

from dataclasses import dataclass
from typing import Any, Literal

from altscore_libs.db import transaction
from altscore_libs.errors import AltScoreError

from altscore_admin.desk import Desk
from altscore_admin.operators import Operator

Kind = Literal["revoke-tokens", "suspend", "reactivate", "rotate-secret"]
ACTIONS: dict[Kind, str] = {
    "revoke-tokens": "tokens_revoked",
    "suspend": "lender_suspended",
    "reactivate": "lender_reactivated",
    "rotate-secret": "lender_secret_rotated",
}


@dataclass(frozen=True)
class AccessOrder:
    """What an operator wants; score carries the same `order_id` out once."""

    order_id: str
    kind: Kind
    lender_id: str
    reason: str
    jti: str | None = None
    overlap_s: int | None = None


async def order(desk: Desk, operator: Operator, wanted: AccessOrder) -> dict[str, Any]:
    """Has score carry it out; a new secret comes back once and is kept nowhere here."""
    more = {"jti": wanted.jti, "overlap_s": wanted.overlap_s}
    asked = {name: value for name, value in more.items() if value is not None}
    await _note(desk, operator, wanted, "requested", details={name: str(value) for name, value in asked.items()})
    body = {"order_id": wanted.order_id, "by": operator.operator_id, "reason": wanted.reason, **asked}
    try:
        answer = await desk.owners.order_access(wanted.lender_id, wanted.kind, body)
    except AltScoreError as error:
        await _note(desk, operator, wanted, "refused", details={"code": error.code})
        raise
    shown = {"secrets_shown": "yes" if answer.get("client_secret") else "no"} if wanted.kind == "rotate-secret" else {}
    repeated = "yes" if answer["is_repeated"] else "no"
    await _note(desk, operator, wanted, "ok", details={"repeated": repeated, **shown})
    return answer


async def _note(desk: Desk, operator: Operator, wanted: AccessOrder, outcome: str, *, details: dict[str, str]) -> None:
    async with transaction(desk.pool) as connection:
        await desk.outbox.audit(
            connection,
            ACTIONS[wanted.kind],
            actor=operator.operator_id,
            subject=wanted.lender_id,
            outcome=outcome,
            reason=wanted.reason,
            details={"order_id": wanted.order_id, **details},
        )
