"""Rules of the check. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from altscore_consent.grants.domain import State, StateStatus, StoredState


@dataclass(frozen=True, slots=True)
class CheckResult:
    """May this lender see this retailer, and if not, why."""

    is_consented: bool
    consent_id: str | None
    expires_at: datetime | None
    version: int
    reason: str | None


class ConsentStatus(NamedTuple):
    """A retailer: the number of the last change, and one active state if there is any."""

    retailer_id: str
    version: int
    active: StoredState | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One page of all consented retailers."""

    version: int
    retailers: list[tuple[str, int]]
    next_cursor: str | None


def judge_check(
    states: Sequence[State], purpose: str | None, now: datetime, *, spent: frozenset[str] = frozenset()
) -> CheckResult:
    """Answers a check from the states of one retailer and lender whose active records verified.

    Args:
        states: all purposes of that lender.
        purpose: asked for; None takes any (lookup, decision 76).
        now: the present; an expired consent counts as none before the worker has announced it.
        spent: ids of consents that this lender has used as often as they allow.

    Returns:
        `reason` tells `fair_use` before `purpose` (another purpose is active), `expired`, `revoked` and `none`.
    """
    active = [state for state in states if state.status is StateStatus.ACTIVE and state.expires_at > now]
    matching = [state for state in active if purpose is None or state.purpose == purpose]
    usable = [state for state in matching if state.consent_id not in spent]
    if usable:
        best = max(usable, key=lambda state: (state.expires_at, state.consent_id))
        return CheckResult(
            is_consented=True,
            consent_id=best.consent_id,
            expires_at=best.expires_at,
            version=best.version,
            reason=None,
        )
    known = [state for state in states if purpose is None or state.purpose == purpose]
    version = max((state.version for state in known), default=0)
    if matching:
        return _refusal("fair_use", version)
    if active:
        return _refusal("purpose", version)
    if not known:
        return _refusal("none", version)
    last = max(known, key=lambda state: state.version)
    return _refusal("revoked" if last.status is StateStatus.REVOKED else "expired", version)


def _refusal(reason: str, version: int) -> CheckResult:
    return CheckResult(is_consented=False, consent_id=None, expires_at=None, version=version, reason=reason)
