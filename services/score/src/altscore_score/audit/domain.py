"""Audit entries of lenders' calls and operators' orders."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncpg

KNOWN_PURPOSES = frozenset({"working_capital_loan", "trade_credit", "invoice_financing", "term_loan"})
OTHER_PURPOSE = "other"
ExtraWrite = Callable[["asyncpg.Connection"], Awaitable[None]]
"""A change that is committed in the transaction of an audit entry."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One audit event: ids and outcomes, no personal data."""

    action: str
    actor: str
    outcome: str
    subject: str | None = None
    reason: str | None = None
    details: dict[str, str] = field(default_factory=dict)


def recorded_purpose(purpose: str) -> str:
    """A purpose as the audit names it: one of ours, else "other", since the text may be anything (decision 100)."""
    return purpose if purpose in KNOWN_PURPOSES else OTHER_PURPOSE
