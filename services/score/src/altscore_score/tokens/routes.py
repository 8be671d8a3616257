"""POST /v1/auth/token and the key set."""

from altscore_libs.errors import InvalidRequest, RateLimited, Unauthorized, Unavailable
from altscore_libs.openapi import error_responses
from altscore_libs.web import public, request_id, router, services_of
from fastapi import Request, Response
from starlette.responses import JSONResponse

from altscore_score.dependencies import Services
from altscore_score.openapi.parameters import REQUEST_ID
from altscore_score.tokens.schemas import JwksResponse, TokenRequest, TokenResponse

routes = router(tags=["Authentication"])


@routes.post(
    "/v1/auth/token",
    responses=error_responses(InvalidRequest, Unauthorized, RateLimited, Unavailable),
    operation_id="issueToken",
    openapi_extra={"parameters": [REQUEST_ID]},
    summary="Exchange client credentials, or a refresh token, for a pair of tokens",
    description="Ten calls a minute. Five failures in ten minutes lock the client for that address.",
)
@public
async def post_token(body: TokenRequest, request: Request, response: Response) -> TokenResponse:
    source = request.client.host if request.client is not None else "unknown"
    issued = await services_of(request, Services).tokens.issue(body, source=source, request_id=request_id(request))
    response.headers.update(issued.headers)
    return TokenResponse(
        access_token=issued.token,
        token_type="Bearer",  # noqa: S106  # a word of RFC 6750
        expires_in=issued.expires_in_s,
        refresh_token=issued.refresh_token,
    )


@routes.get(
    "/.well-known/jwks.json",
    response_model=JwksResponse,
    operation_id="getSigningKeys",
    summary="Retrieve the public keys of the tokens",
    description="RFC 7517. Two keys stand here while one follows the other.",
)
@public
async def get_jwks(request: Request) -> JSONResponse:
    return JSONResponse(services_of(request, Services).keys.jwks(), headers={"Cache-Control": "public, max-age=300"})
