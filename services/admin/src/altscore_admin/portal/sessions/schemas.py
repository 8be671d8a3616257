"""Bodies of sessions."""

from altscore_libs.types import IsoInstant
from pydantic import BaseModel

from altscore_admin.portal.sessions.domain import Session


class SessionOut(BaseModel):
    """Who is signed in; unsafe methods carry `csrf_token` in X-CSRF-Token."""

    person_id: str
    kind: str
    organisation_id: str
    organisation_name: str
    language: str
    sign_in: str
    started_at: IsoInstant
    expires_at: IsoInstant
    idle_expires_at: IsoInstant
    csrf_token: str

    @classmethod
    def of(cls, session: Session, csrf_token: str) -> "SessionOut":
        """As it is answered."""
        return cls(
            **session.person._asdict(),
            organisation_name=session.organisation_name,
            language=session.language,
            sign_in=session.sign_in,
            started_at=session.started_at,
            expires_at=session.expires_at,
            idle_expires_at=session.idle_expires_at,
            csrf_token=csrf_token,
        )


class SignedOutOut(BaseModel):
    """How many sessions ended."""

    sessions_ended: int


class SignedInOut(BaseModel):
    """A new session."""

    expires_at: IsoInstant
    csrf_token: str
