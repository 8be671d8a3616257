"""Who may do what: the seven internal roles and, for each permission, which of them hold it.

Source: specification, security, RBAC matrix. "Write" on model artifacts decides about promotions, "read" on audit logs
about the audit query. Onboarding and invites touch none of the matrix's data classes and belong to operations.
A lender's words in a grievance may hold personal data: those who answer it read them, operations see the clocks alone.
"""

from collections.abc import Iterable
from enum import StrEnum


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
    INVITE = "invite"
    CONFIRM_PHONE = "confirm_phone"
    PROMOTE = "promote"
    READ_AUDIT = "read_audit"
    READ_OVERVIEW = "read_overview"
    LIST_GRIEVANCES = "list_grievances"
    HANDLE_GRIEVANCES = "handle_grievances"


_OPERATIONS = frozenset({Role.ENGINEERING_OPS, Role.SUPER_ADMIN})
_EVERYBODY = frozenset(Role)
_GRIEVANCES = frozenset({Role.LEGAL_COMPLIANCE, Role.CREDIT_RISK_ANALYST, Role.SUPER_ADMIN})
HOLDERS: dict[Permission, frozenset[Role]] = {
    Permission.ONBOARD: _OPERATIONS,
    Permission.LENDER_ACCESS: _OPERATIONS,
    Permission.BACKFILL: _OPERATIONS,
    Permission.INVITE: _OPERATIONS,
    Permission.CONFIRM_PHONE: _OPERATIONS,
    Permission.PROMOTE: frozenset({Role.ML_ENGINEER, Role.SUPER_ADMIN}),
    Permission.READ_AUDIT: _EVERYBODY,
    Permission.READ_OVERVIEW: _EVERYBODY,
    Permission.LIST_GRIEVANCES: _GRIEVANCES | _OPERATIONS,
    Permission.HANDLE_GRIEVANCES: _GRIEVANCES,
}


def may(roles: Iterable[Role], permission: Permission) -> bool:
    """Whether one of the roles holds the permission."""
    return not HOLDERS[permission].isdisjoint(roles)
