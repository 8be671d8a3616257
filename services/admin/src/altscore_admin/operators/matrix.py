"""The table of roles and routes, out of the routes themselves: what a person reviews, and what a test asks for real.

A cell is `yes`, `-`, or `yes*` where the action needs a confirmation of its own.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fastapi import FastAPI

from altscore_admin.operators.domain import HOLDERS, Permission, Role

HEADER = (
    "# Who may do what: roles by routes. Written by `python -m altscore_admin permissions`; a test asks every route."
)
_ROLES = tuple(Role)


class Rule(NamedTuple):
    """What a route demands."""

    method: str
    path: str
    permission: Permission
    is_sensitive: bool


def rules(app: FastAPI) -> list[Rule]:
    """What every route of an application demands, sorted by path and method.

    Raises:
        ValueError: a route demands no permission, or more than one.
    """
    return sorted((rule for route in _routes(app) for rule in _rules(route)), key=lambda rule: (rule.path, rule.method))


def _routes(app: FastAPI) -> Iterator[Any]:
    for included in app.routes:
        yield from getattr(getattr(included, "original_router", None), "routes", [included])


def _rules(route: Any) -> Iterator[Rule]:
    calls = [item.call for item in getattr(getattr(route, "dependant", None), "dependencies", [])]
    if hasattr(route.endpoint, "altscore_public") or any(hasattr(call, "altscore_own_session") for call in calls):
        return  # sign-in itself: everybody's, or about one's own session (tests/test_app.py lists them)
    marked = [call for call in calls if hasattr(call, "altscore_permission")]
    if len(marked) != 1:
        raise ValueError(f"{route.path} demands {len(marked)} permissions")
    for method in sorted(route.methods - {"HEAD"}):
        yield Rule(method, route.path, marked[0].altscore_permission, is_sensitive=marked[0].altscore_is_sensitive)


def table(app: FastAPI, approvers: Mapping[str, Permission]) -> str:
    """The table as text: a line for each route, and for each kind of request who may make and approve it."""
    lines = [(f"{rule.method} {rule.path}", rule.permission, rule.is_sensitive) for rule in rules(app)]
    lines += [(f"APPROVE {kind}", permission, True) for kind, permission in sorted(approvers.items())]
    rows = [("what", "permission", *(role.value for role in _ROLES))]
    rows += [(what, permission.value, *_cells(permission, is_sensitive)) for what, permission, is_sensitive in lines]
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    written = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
    return "\n".join([HEADER, *written]) + "\n"


def _cells(permission: Permission, is_sensitive: bool) -> list[str]:  # of one caller, above
    yes = "yes*" if is_sensitive else "yes"
    return [yes if role in HOLDERS[permission] else "-" for role in _ROLES]
