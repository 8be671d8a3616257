"""Bodies of sessions."""

from datetime import datetime
from typing import Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field

from altscore_admin.operators.domain import Permission, Role, may
from altscore_admin.sessions.domain import SignedIn


class SessionOut(BaseModel):
    """Who is signed in, by what, and until when."""

    operator_id: str
    roles: list[Role]
    permissions: list[Permission]
    sign_in: Literal["saml", "token", "development"] = Field(
        description="saml: no live admin token; token: with one; development: a token of a file."
    )
    session_expires_at: datetime | None
    token_expires_at: datetime | None
    csrf_token: str | None = Field(description="For X-CSRF-Token of every POST.")


class TokenOut(BaseModel):
    """When the new admin token ends; the token itself is in a cookie."""

    token_expires_at: datetime


class LogOutIn(StrictModel):
    """Which sessions end."""

    everywhere: bool = Field(default=False, description="Every session of this operator, on every device.")


def session_out(signed_in: SignedIn) -> SessionOut:
    """A session as its owner sees it."""
    operator = signed_in.operator
    return SessionOut(
        operator_id=operator.operator_id,
        roles=sorted(operator.roles),
        permissions=sorted(permission for permission in Permission if may(operator.roles, permission)),
        sign_in=signed_in.kind,
        session_expires_at=signed_in.session_expires_at,
        token_expires_at=signed_in.token_expires_at,
        csrf_token=signed_in.csrf_token,
    )
