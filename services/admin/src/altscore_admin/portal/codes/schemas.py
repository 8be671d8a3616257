"""Bodies of the sign-in with codes."""

from typing import Annotated

from altscore_libs.types import IsoInstant, StrictModel, public_id
from pydantic import BaseModel, StringConstraints

from altscore_admin.portal.people.schemas import EmailText

Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class StartIn(StrictModel):
    """Who wants to sign in."""

    email: EmailText


class StartOut(BaseModel):
    """What to answer with; the same whether the address is known or not."""

    challenge_id: str
    expires_at: IsoInstant


class VerifyIn(StrictModel):
    """Both codes of a challenge."""

    challenge_id: Annotated[str, public_id("otp")]
    email_code: Code
    phone_code: Code
