"""A row of Gold: the five families, and what the guardrails need."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import TypeGuard

from oracle.accounts import accounts_at
from oracle.completeness import completeness
from oracle.month_features import month_features
from oracle.months import months_of
from oracle.order_features import order_features
from oracle.payment_features import Features, payment_features
from oracle.records import Ledger
from oracle.relationship_features import relationship_features
from oracle.settlement import AccountState, settle

_NOTHING = {"", "-", "na", "n/a", "none", "unknown", "not known"}
_BANDS = (("micro", 20_000), ("small", 60_000), ("medium", 200_000))


def states_at(ledger: Ledger, as_of: date) -> dict[str, list[AccountState]]:
    """All accounts of every consented retailer of whom anything is known, settled."""
    return settle(accounts_at(ledger, as_of))


def gold_row(ledger: Ledger, retailer: str, states: Sequence[AccountState], *, as_of: date) -> dict[str, object]:
    """All columns of Gold."""
    counting = [state for state in states if state.account.counts]
    months = months_of(counting)
    gmv_6m = 0 if months is None else months.net_6m
    families: Features = {
        **payment_features(counting, months),
        **order_features(counting),
        **month_features(months),
        **relationship_features(counting),
    }
    return {
        "as_of_on": as_of,
        "data_as_of_on": _data_as_of_on(states),
        **families,
        "completeness": completeness(counting, months, is_verified=retailer in ledger.verified),
        "gmv_6m_inr": Decimal(gmv_6m).scaleb(-2),
        "district": _district(ledger, retailer),
        "size_band": next((name for name, below in _BANDS if gmv_6m < 6 * below * 100), "large"),
        "distributors_count": len(counting),
        "ledger_late_days": _late_days(counting, as_of),
    }


def _late_days(counting: Sequence[AccountState], as_of: date) -> int | None:
    return max(((as_of - state.account.now).days for state in counting), default=None)


def _data_as_of_on(states: Sequence[AccountState]) -> date | None:
    """Last day that the oldest account that counts covers; None where none counts."""
    days = [state.account.now for state in states if state.account.counts]
    return min(days) - timedelta(days=1) if days else None


def _district(ledger: Ledger, retailer: str) -> str | None:
    """The newest that a distributor states, of these the newest; else the state of the verified GSTIN."""
    newest = {
        master.distributor: master.district
        for master in ledger.masters
        if ledger.owner(master.ledger) == retailer and is_known(master.district)
    }
    stated = [
        (ledger.distributors[name].covered_on, ledger.distributors[name].place, district)
        for name, district in newest.items()
    ]
    if stated:
        return max(stated)[2]
    state = ledger.gst_states.get(retailer)
    return None if state is None else f"state:{state}"


def is_known(label: str | None) -> TypeGuard[str]:
    """Whether a text names anything."""
    return label is not None and label.strip().lower() not in _NOTHING
