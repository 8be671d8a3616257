"""Bodies of POST /v1/auth/token and of the key set."""

from typing import Annotated, Literal

from altscore_libs.types import StrictModel
from pydantic import BaseModel, Field, StringConstraints, model_validator

ClientId = Annotated[str, StringConstraints(pattern=r"^(test_)?lender_[a-z0-9_]{1,48}$")]


class TokenRequest(StrictModel):
    """Client credentials, and a refresh token where `grant_type` says so."""

    client_id: Annotated[ClientId, Field(description="Your client id, live or (`test_` in front) of the sandbox.")]
    client_secret: Annotated[
        str,
        StringConstraints(min_length=1, max_length=128),
        Field(description="Your client secret, 1 to 128 characters."),
    ]
    grant_type: Annotated[
        Literal["client_credentials", "refresh_token"],
        Field(description="`refresh_token` where a refresh token is exchanged."),
    ] = "client_credentials"
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

    access_token: Annotated[str, Field(description="JWT (RS256) for `Authorization: Bearer`.")]
    token_type: Annotated[Literal["Bearer"], Field(description="Always `Bearer`.")]
    expires_in: Annotated[int, Field(description="Seconds that the token lives.")]
    refresh_token: Annotated[str, Field(description="Rotates: each use gives the next one and spends this one.")]


class JwkItem(BaseModel):
    """A public key, RFC 7517."""

    kty: Annotated[Literal["RSA"], Field(description="Key type.")]
    use: Annotated[Literal["sig"], Field(description="Signatures alone.")]
    alg: Annotated[Literal["RS256"], Field(description="Algorithm of the tokens.")]
    key_ops: Annotated[list[str], Field(description="Verifying alone.")]
    kid: Annotated[str, Field(description="Id of the key, as in a token's header.")]
    n: Annotated[str, Field(description="Modulus, base64url.")]
    e: Annotated[str, Field(description="Exponent, base64url.")]


class JwksResponse(BaseModel):
    """The keys that verify tokens; two during an overlap."""

    keys: Annotated[list[JwkItem], Field(min_length=1, description="One key, or two while one follows the other.")]
