"""Who may do what: the seven internal roles, for each permission which of them hold it, and when sign-in is locked.

Source: specification, security, RBAC matrix. "Write" on model artifacts decides about promotions, "read" on audit logs
about the audit query and the search, "read" on consent records and on the score store about consent histories and
anomalies. Onboarding and invites touch none of the matrix's data classes and belong to operations. A grievance's
description may hold personal data: those who answer it read it, operations see the clocks alone.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

MAX_FAILURES = 5
FAILURE_WINDOW = timedelta(minutes=10)
_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9._~+/=-]{16,512})")


class Role(StrEnum):
    """An internal role."""

    DATA_ENGINEER = "data_engineer"
    ML_ENGINEER = "ml_engineer"
    CREDIT_RISK_ANALYST = "credit_risk_analyst"
    LEGAL_COMPLIANCE = "legal_compliance"
    SECURITY_AUDIT = "security_audit"
    ENGINEERING_OPS = "engineering_ops"
    SUPER_ADMIN = "super_admin"


class Permission(StrEnum):
    """What a route demands."""

    ONBOARD = "onboard"
    LENDER_ACCESS = "lender_access"
    BACKFILL = "backfill"
    MAX_AMOUNT = "max_amount"
    CONNECTOR_ACCESS = "connector_access"
    REPROCESS = "reprocess"
    INVITE = "invite"
    CONFIRM_PHONE = "confirm_phone"
    PROMOTE = "promote"
    READ_AUDIT = "read_audit"
    DELETE_AUDIT = "delete_audit"
    READ_CONSENT = "read_consent"
    READ_ANOMALIES = "read_anomalies"
    READ_OVERVIEW = "read_overview"
    LIST_GRIEVANCES = "list_grievances"
    HANDLE_GRIEVANCES = "handle_grievances"
    READ_OPERATORS = "read_operators"
    MANAGE_OPERATORS = "manage_operators"
    READ_APPROVALS = "read_approvals"
    RAW_ACCESS = "raw_access"
    SWITCH_OFF = "switch_off"
    READ_PARKED = "read_parked"
    REPLAY_PARKED = "replay_parked"
    REVIEW_ANOMALIES = "review_anomalies"
    READ_RIGHTS = "read_rights"
    HANDLE_RIGHTS = "handle_rights"
    HANDLE_INCIDENTS = "handle_incidents"
    READ_COMPLIANCE = "read_compliance"


class Operator(NamedTuple):
    """A person who signed in."""

    operator_id: str
    roles: frozenset[Role]


_OPERATIONS = frozenset({Role.ENGINEERING_OPS, Role.SUPER_ADMIN})
_EVERYBODY = frozenset(Role)
_GRIEVANCES = frozenset({Role.LEGAL_COMPLIANCE, Role.CREDIT_RISK_ANALYST, Role.SUPER_ADMIN})
_ASSURANCE = frozenset({Role.LEGAL_COMPLIANCE, Role.SECURITY_AUDIT, Role.SUPER_ADMIN})
HOLDERS: dict[Permission, frozenset[Role]] = {
    Permission.ONBOARD: _OPERATIONS,
    Permission.LENDER_ACCESS: _OPERATIONS,
    Permission.BACKFILL: _OPERATIONS,
    Permission.MAX_AMOUNT: _OPERATIONS,
    Permission.CONNECTOR_ACCESS: _OPERATIONS,
    Permission.REPROCESS: _OPERATIONS,
    Permission.INVITE: _OPERATIONS,
    Permission.CONFIRM_PHONE: _OPERATIONS,
    Permission.PROMOTE: frozenset({Role.ML_ENGINEER, Role.SUPER_ADMIN}),
    Permission.READ_AUDIT: _EVERYBODY,
    Permission.DELETE_AUDIT: frozenset({Role.SUPER_ADMIN}),
    Permission.READ_CONSENT: frozenset({Role.LEGAL_COMPLIANCE, Role.SECURITY_AUDIT, Role.SUPER_ADMIN}),
    Permission.READ_ANOMALIES: frozenset({Role.ML_ENGINEER, Role.CREDIT_RISK_ANALYST, Role.SUPER_ADMIN}),
    Permission.READ_OVERVIEW: _EVERYBODY,
    Permission.LIST_GRIEVANCES: _GRIEVANCES | _OPERATIONS,
    Permission.HANDLE_GRIEVANCES: _GRIEVANCES,
    Permission.READ_OPERATORS: frozenset({Role.SUPER_ADMIN}),
    Permission.MANAGE_OPERATORS: frozenset({Role.SUPER_ADMIN}),
    Permission.READ_APPROVALS: _EVERYBODY,
    Permission.RAW_ACCESS: frozenset({Role.SUPER_ADMIN}),
    Permission.SWITCH_OFF: frozenset({Role.SECURITY_AUDIT, Role.SUPER_ADMIN}),
    Permission.READ_PARKED: _OPERATIONS,
    Permission.REPLAY_PARKED: _OPERATIONS,
    Permission.REVIEW_ANOMALIES: frozenset({Role.CREDIT_RISK_ANALYST, Role.SUPER_ADMIN}),
    Permission.READ_RIGHTS: frozenset({Role.LEGAL_COMPLIANCE, Role.SECURITY_AUDIT, Role.SUPER_ADMIN}),
    Permission.HANDLE_RIGHTS: frozenset({Role.LEGAL_COMPLIANCE, Role.SUPER_ADMIN}),
    Permission.HANDLE_INCIDENTS: _ASSURANCE,
    Permission.READ_COMPLIANCE: _ASSURANCE,
}


def may(roles: Iterable[Role], permission: Permission) -> bool:
    """Whether one of the roles holds the permission."""
    return not HOLDERS[permission].isdisjoint(roles)


def token_of(authorization: str | None) -> str | None:
    """The token in an Authorization header; None when there is none of a known form."""
    match = _BEARER.fullmatch(authorization or "")
    return None if match is None else match.group(1)


def is_locked(earlier_failures: int, *, has_credential: bool) -> bool:
    """Whether a failed sign-in meets a locked address; a request without any credential guesses nothing."""
    return has_credential and earlier_failures >= MAX_FAILURES
