"""Sign-in on every request, and the permission that each route demands; what is refused is audited."""

import base64
import binascii
import re
from collections.abc import Awaitable, Callable
from typing import Annotated

from altscore_libs.db import transaction
from altscore_libs.errors import Forbidden, Unauthorized, Unavailable
from fastapi import Depends, Request

from altscore_admin import store
from altscore_admin.desk import Desk
from altscore_admin.domain import FAILURE_WINDOW, MAX_FAILURES
from altscore_admin.errors import SignInLocked
from altscore_admin.operators import Operator
from altscore_admin.roles import Permission, may

REFUSALS = (Unauthorized, Forbidden, SignInLocked, Unavailable)
_BEARER = re.compile(r"[Bb]earer ([A-Za-z0-9._~+/=-]{16,512})")
_BASIC = re.compile(r"[Bb]asic ([A-Za-z0-9+/=]{16,1024})")


def desk_of(request: Request) -> Desk:
    """The parts that main() wired."""
    desk: Desk = request.app.state.desk
    return desk


TheDesk = Annotated[Desk, Depends(desk_of)]


def require(permission: Permission, *, by_browser: bool = False) -> Callable[[Request], Awaitable[Operator]]:
    """Dependency: an operator with this permission.

    Args:
        permission: that one of his roles must hold.
        by_browser: also takes the token as the password of HTTP Basic, which browsers ask for.

    Raises:
        Unauthorized: nobody we know.
        SignInLocked: too many unknown tokens from that address; a good token still passes.
        Forbidden: his roles do not hold it.
    """

    async def check(request: Request) -> Operator:
        desk = desk_of(request)
        token = _token(request.headers.get("authorization", ""), by_browser=by_browser)
        operator = desk.operators.of_token(token) if token else None
        if operator is None:
            raise await _unknown(desk, request, by_browser=by_browser)
        if not may(operator.roles, permission):
            await _forbidden(desk, request, operator, permission)
            raise Forbidden(f"your roles do not hold the permission {permission.value}")
        return operator

    check.altscore_permission = permission  # type: ignore[attr-defined]
    return check


def _token(header: str, *, by_browser: bool) -> str | None:
    if found := _BEARER.fullmatch(header):
        return found.group(1)
    if by_browser and (found := _BASIC.fullmatch(header)):
        try:
            return base64.b64decode(found.group(1), validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return None
    return None


def _source(request: Request) -> str:
    return request.client.host if request.client else "unknown"


async def _unknown(desk: Desk, request: Request, *, by_browser: bool) -> Unauthorized | SignInLocked:
    source, now = _source(request), desk.clock.now()
    is_missing = "authorization" not in request.headers
    async with transaction(desk.pool) as connection:
        await store.forget_failures(connection, now - FAILURE_WINDOW)
        failures = await store.failures_since(connection, source, now - FAILURE_WINDOW)
        if not is_missing:
            await store.add_failure(connection, source, now)
        is_locked = failures >= MAX_FAILURES and not is_missing
        await desk.outbox.audit(
            connection,
            "failed_auth",
            actor="unknown",
            subject=request.url.path[:200],
            outcome="locked" if is_locked else "refused",
            reason="no credential" if is_missing else "unknown credential",
            details={"source": source},
        )
    if is_locked:
        return SignInLocked("too many failed sign-ins", headers={"Retry-After": "600"})
    scheme = 'Basic realm="AltScore operations"' if by_browser else "Bearer"
    return Unauthorized("sign in with an operator's token", headers={"WWW-Authenticate": scheme})


async def _forbidden(desk: Desk, request: Request, operator: Operator, permission: Permission) -> None:
    async with transaction(desk.pool) as connection:
        await desk.outbox.audit(
            connection,
            "admin_action",
            actor=operator.operator_id,
            subject=request.url.path[:200],
            outcome="refused",
            reason="FORBIDDEN",
            details={"permission": permission.value, "source": _source(request)},
        )
