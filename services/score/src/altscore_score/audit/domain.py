"""Audit entries of lenders' calls and operators' orders."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncpg

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
