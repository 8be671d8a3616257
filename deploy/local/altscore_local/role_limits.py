"""What a database role may take at most: one in wrong hands leaves the others their connections, locks and disk.

PostgreSQL itself holds `connections` and `temp_file_limit` against the role. The other settings are defaults that a
session may change; they end what hangs by mistake. `python -m altscore_local.role_limits` prints the statements for a
server whose roles are made elsewhere.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from psycopg import sql

from altscore_local.layout import OUR_DATABASES

MAX_CONNECTIONS = 300
FURTHER_ROLES = {"score": ("score_access",), "audit": ("audit_verifier",)}
"""Roles that enter a database beside its application: score_access carries out orders of admin (ADR 0051),
audit_verifier reads the chain (ADR 0050)."""


class RoleLimits(NamedTuple):
    """Limits of one role; durations and sizes as PostgreSQL writes them, statement_timeout "0" for none."""

    connections: int
    statement_timeout: str = "5min"  # the services' pools set their own of a few seconds
    idle_in_transaction_session_timeout: str = "2min"
    work_mem: str = "16MB"
    temp_file_limit: str = "2GB"


OWNER = RoleLimits(4, statement_timeout="0", idle_in_transaction_session_timeout="10min", temp_file_limit="20GB")
SERVICE = RoleLimits(40)
# For two replicas of each process, of one release. A fleet at full scale needs replicas × pool: score 216, ingestion
# 144, consent 126, webhook 80, vault 72, admin 56, notification 48; twice that while an old release runs beside the new
# one, and the server's max_connections with it.
LIMITS: Mapping[str, RoleLimits] = {
    "score": RoleLimits(140),
    "consent": RoleLimits(60),
    "ingestion": RoleLimits(60),
    "pipeline": RoleLimits(16),
    "airflow": RoleLimits(80, idle_in_transaction_session_timeout="10min"),
    "mlflow": RoleLimits(24, idle_in_transaction_session_timeout="10min"),
    "registry": RoleLimits(24, idle_in_transaction_session_timeout="10min"),
}


def relay_roles(database: str) -> tuple[str, ...]:
    """The role that a worker sends events as; audit sends none."""
    return () if database == "audit" else (f"{database}_relay",)


def limits_of(role: str) -> RoleLimits:
    """The limits of a role."""
    return OWNER if role.endswith("_owner") else LIMITS.get(role, SERVICE)


def statements_of(role: str) -> Sequence[sql.Composed]:
    """What a superuser executes to set the limits of a role."""
    name, limits = sql.Identifier(role), limits_of(role)
    settings = {key: value for key, value in limits._asdict().items() if key != "connections"}
    return [
        sql.SQL("ALTER ROLE {} CONNECTION LIMIT {}").format(name, sql.Literal(limits.connections)),
        *(
            sql.SQL("ALTER ROLE {} SET {} TO {}").format(name, sql.Identifier(setting), sql.Literal(value))
            for setting, value in settings.items()
        ),
    ]


# Databases of the server itself: whoever may connect there can make temporary tables and large objects.
OWN_DATABASES = ("postgres", "template1")


def database_statements() -> Sequence[sql.Composed]:
    """What a superuser executes so that nobody else connects to the databases of the server itself."""
    return [
        sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)) for database in OWN_DATABASES
    ]


def _print_statements() -> None:
    services = [role for name in OUR_DATABASES for role in (name, f"{name}_owner", *relay_roles(name))]
    services += [role for roles in FURTHER_ROLES.values() for role in roles]
    for role in sorted({*services, *LIMITS}):
        for statement in statements_of(role):
            print(f"{statement.as_string(None)};")
    for statement in database_statements():
        print(f"{statement.as_string(None)};")


if __name__ == "__main__":
    _print_statements()
