"""Bodies of POST /v1/auth/token and of the key set."""

from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field, StringConstraints, model_validator

ClientId = Annotated[str, StringConstraints(pattern=r"^(test_)?lender_[a-z0-9_]{1,48}$")]


class TokenRequest(StrictModel):
    """Client credentials, and a refresh token where `grant_type` says so."""

    client_id: ClientId
    client_secret: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    grant_type: Literal["client_credentials", "refresh_token"] = "client_credentials"
    refresh_token: Annotated[
        str | None,
        StringConstraints(pattern=r"^[0-9a-f]{64}$"),
        Field(description="With `grant_type=refresh_token` alone; can be used once, within 24 hours of the sign-in."),
    ] = None

    @model_validator(mode="after")
    def _names_its_grant(self) -> "TokenRequest":
        if (self.refresh_token is not None) != (self.grant_type == "refresh_token"):
            raise ValueError("refresh_token comes with grant_type refresh_token, and with no other")
        return self


class TokenResponse(BaseModel):
    """A bearer token for an hour, and a refresh token for the next one."""

    access_token: str
    token_type: Literal["Bearer"]
    expires_in: int
    refresh_token: Annotated[str, Field(description="Rotates: each use gives the next one and spends this one.")]


class JwkItem(BaseModel):
    """A public key, RFC 7517."""

    kty: Literal["RSA"]
    use: Literal["sig"]
    alg: Literal["RS256"]
    key_ops: list[str]
    kid: str
    n: str
    e: str


class JwksResponse(BaseModel):
    """The keys that verify tokens; two during an overlap."""

    keys: Annotated[list[JwkItem], Field(min_length=1)]
