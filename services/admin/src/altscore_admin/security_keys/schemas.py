"""Bodies of keys and invitations; credentials are what browsers write with `toJSON()`."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from altscore_libs.types import StrictModel
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from altscore_admin.approvals.schemas import RequestedOut, requested_out
from altscore_admin.security_keys.domain import Assertion
from altscore_admin.security_keys.invitations import Requested

OPERATOR_PATTERN = r"^[a-z][a-z0-9._-]{0,63}$"
Base64Url = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,22000}={0,2}$")]
ChallengeId = Annotated[str, StringConstraints(pattern=r"^chl_[0-9a-f]{32}$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^key_[0-9a-f]{32}$")]
_BROWSERS = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, strict=True)


class AssertionPart(BaseModel):
    """AuthenticatorAssertionResponseJSON; what browsers add is passed over."""

    model_config = _BROWSERS

    clientDataJSON: Base64Url  # noqa: N815  # WebAuthn's name
    authenticatorData: Base64Url  # noqa: N815
    signature: Base64Url
    userHandle: Base64Url | None = None  # noqa: N815


class AttestationPart(BaseModel):
    """AuthenticatorAttestationResponseJSON."""

    model_config = _BROWSERS

    clientDataJSON: Base64Url  # noqa: N815
    attestationObject: Base64Url  # noqa: N815


class AuthenticationCredential(BaseModel):
    """AuthenticationResponseJSON of a browser."""

    model_config = _BROWSERS

    id: Base64Url
    rawId: Base64Url  # noqa: N815
    type: Literal["public-key"]
    response: AssertionPart


class RegistrationCredential(BaseModel):
    """RegistrationResponseJSON of a browser."""

    model_config = _BROWSERS

    id: Base64Url
    rawId: Base64Url  # noqa: N815
    type: Literal["public-key"]
    response: AttestationPart


class TouchIn(StrictModel):
    """A key's answer to a challenge."""

    challenge_id: ChallengeId
    credential: AuthenticationCredential

    def assertion(self) -> Assertion:
        """As the service takes it."""
        return Assertion(self.challenge_id, self.credential.model_dump(exclude_none=True))


class RegistrationIn(StrictModel):
    """A new key's answer to a challenge."""

    challenge_id: ChallengeId
    credential: RegistrationCredential

    def assertion(self) -> Assertion:
        """As the service takes it."""
        return Assertion(self.challenge_id, self.credential.model_dump(exclude_none=True))


class CodeIn(StrictModel):
    """The code that the first of the two inviting persons handed over."""

    code: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class AssertionChallengeOut(BaseModel):
    """A challenge and `PublicKeyCredentialRequestOptionsJSON`."""

    challenge_id: str
    options: dict[str, Any] = Field(description="For PublicKeyCredential.parseRequestOptionsFromJSON().")


class RegistrationChallengeOut(BaseModel):
    """A challenge and `PublicKeyCredentialCreationOptionsJSON`."""

    challenge_id: str
    options: dict[str, Any] = Field(description="For PublicKeyCredential.parseCreationOptionsFromJSON().")


class RegisteredOut(BaseModel):
    """A registered key."""

    key_id: str


class InvitedOut(RequestedOut):
    """An invitation that waits for the second person; the code is shown here and nowhere else."""

    code: str


class KeyOut(BaseModel):
    """A key, without what it signs with or was signed by."""

    key_id: str
    operator_id: str
    aaguid: UUID
    attestation_format: str
    status: Literal["active", "suspended", "revoked"]
    registered_at: datetime
    last_used_at: datetime | None
    status_at: datetime | None


class KeysOut(BaseModel):
    """A page of keys by operator; `next_cursor` is the following page's `cursor`, null at the end."""

    items: list[KeyOut]
    next_cursor: str | None


class SessionsEndedOut(BaseModel):
    """How many live sessions ended."""

    sessions: int


def invited_out(requested: Requested) -> InvitedOut:
    """What the first person sees."""
    return InvitedOut(**requested_out(requested.request).model_dump(), code=requested.code)


def keys_out(keys: list[KeyOut], limit: int) -> KeysOut:
    """A page of at most `limit` keys."""
    cursor = f"{keys[-1].operator_id}:{keys[-1].key_id}" if len(keys) == limit else None
    return KeysOut(items=keys, next_cursor=cursor)
