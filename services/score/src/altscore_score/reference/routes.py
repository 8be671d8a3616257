"""GET /docs, /openapi.json, /errors/{code} and security.txt: for people, without credentials."""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from altscore_libs.errors import NotFound
from altscore_libs.web import public, router
from fastapi import APIRouter
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from altscore_score.reference.pages import SECURITY_TXT, ReferencePages

CACHED = {"Cache-Control": "public, max-age=3600"}
# Nothing of a page may run or be loaded from elsewhere; its one style element is inline.
PAGE_HEADERS = {
    **CACHED,
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
}


def reference_routes(document: Callable[[], Mapping[str, Any]]) -> APIRouter:
    """The reference of the lenders' API.

    Args:
        document: the application's OpenAPI document; asked for once, at the first page.
    """
    routes = router(include_in_schema=False)

    @lru_cache(maxsize=1)
    def pages() -> ReferencePages:
        return ReferencePages(document())

    @lru_cache(maxsize=1)
    def document_bytes() -> bytes:
        return json.dumps(document(), ensure_ascii=False).encode()

    @routes.get("/docs")
    @public
    async def get_reference() -> Response:
        return HTMLResponse(pages().reference, headers=PAGE_HEADERS)

    @routes.get("/openapi.json")
    @public
    async def get_document() -> Response:
        return Response(document_bytes(), media_type="application/json", headers=CACHED)

    @routes.get("/errors/{code}")
    @public
    async def get_error(code: str) -> Response:
        page = pages().error(code)
        if page is None:
            raise NotFound("no error has this code")
        return HTMLResponse(page, headers=PAGE_HEADERS)

    @routes.get("/.well-known/security.txt")
    @public
    async def get_security_contact() -> Response:
        return PlainTextResponse(SECURITY_TXT, headers=CACHED)

    return routes
