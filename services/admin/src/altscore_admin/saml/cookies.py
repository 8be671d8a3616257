"""The half of a request that a browser keeps while its person is at the identity provider."""

from fastapi import Response

from altscore_admin.saml.domain import REQUEST_LIFETIME


def keep_state(response: Response, name: str, state: str) -> None:
    """Has the browser keep it as long as the request lives."""
    response.set_cookie(
        name,
        state,
        max_age=int(REQUEST_LIFETIME.total_seconds()),
        path="/",
        secure=True,
        httponly=True,
        samesite="none",  # the answer is a POST of the provider's page; this cookie proves nothing alone
    )


def forget_state(response: Response, name: str) -> None:
    """Has the browser forget it, once it was used."""
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="none")
