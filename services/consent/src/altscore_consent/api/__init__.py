"""The application: internal callers only, each route with its list of certificates."""

from altscore_libs.clock import Clock
from altscore_libs.web import create_app
from fastapi import FastAPI

from altscore_consent.api import changes, copies, invites, questions
from altscore_consent.authority import Authority
from altscore_consent.checks import Checks
from altscore_consent.disclosure import Disclosure

BULK_BODY_BYTES = 262_144  # 5,000 ids


def build_app(
    authority: Authority | None = None,
    checks: Checks | None = None,
    disclosure: Disclosure | None = None,
    clock: Clock | None = None,
) -> FastAPI:
    """The application; without its parts it only describes itself."""
    app = create_app("consent", max_body_bytes=BULK_BODY_BYTES, field_codes={"retailer_id": "INVALID_RETAILER_ID"})
    app.state.authority = authority
    app.state.checks = checks
    app.state.disclosure = disclosure
    app.state.clock = clock
    for one in (changes.router, questions.router, copies.router, invites.router):
        app.include_router(one)
    return app
