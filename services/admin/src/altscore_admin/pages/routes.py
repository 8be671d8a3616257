"""Serves a built folder of pages: assets for ever, the document to whoever opens an address of the pages.

The files are read once, so that a request names a key of a table and never a path (ADR 0061).
"""

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

from altscore_libs.errors import NotFound
from altscore_libs.web import router as make_router
from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.convertors import Convertor, register_url_convertor

from altscore_admin.errors import PagesNotBuilt

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    "object-src 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
    "Vary": "Accept-Encoding",
}
IMMUTABLE = "public, max-age=31536000, immutable"
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".webp": "image/webp",
}
_HASHED = re.compile(r"[A-Za-z0-9_.-]+-[A-Za-z0-9_-]{8}\.[a-z0-9]+")


class _PageAddress(Convertor[str]):
    """An address that the pages' own router reads: of plain parts without a dot, and never one of the API's."""

    regex = r"(?!v1(?:/|$)|internal(?:/|$)|assets/)[A-Za-z0-9_/-]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("page", _PageAddress())


@dataclass(frozen=True)
class File:
    """A file of the pages, also as gzip where that is smaller."""

    content: bytes
    compressed: bytes | None
    content_type: str

    def response(self, request: Request, *, cache_control: str) -> Response:
        """The file in a form that the browser takes."""
        headers = {**HEADERS, "Cache-Control": cache_control}
        content = self.content
        if self.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            content = self.compressed
        return Response(content, media_type=self.content_type, headers=headers)


def read_file(path: Path) -> File:
    """A file with its content type; only kinds that a build emits are known."""
    content = path.read_bytes()
    compressed = gzip.compress(content, compresslevel=9, mtime=0)
    return File(
        content=content,
        compressed=compressed if len(compressed) < len(content) else None,
        content_type=CONTENT_TYPES[path.suffix],
    )


def is_navigation(request: Request) -> bool:
    """Whether a browser opens an address, as opposed to a program or a script of a page that calls one."""
    mode = request.headers.get("sec-fetch-mode")
    return mode == "navigate" if mode else accepts_page(request)


def accepts_page(request: Request) -> bool:
    """Whether what asks can show a page to a person."""
    return "text/html" in request.headers.get("accept", "").lower()


def pages_router(dist: Path, mount: str) -> APIRouter:
    """Routes of one entry's pages; to be included after every other router.

    Args:
        dist: the entry's built folder. Where it is absent, the pages answer 503 and all else works.
        mount: the address of the pages, with a slash at both ends.
    """
    if not (mount.startswith("/") and mount.endswith("/")):
        raise ValueError("a mount begins and ends with a slash")
    document = dist / "index.html"
    index = read_file(document) if document.is_file() else None
    folder = dist / "assets"
    assets = {
        path.name: read_file(path)
        for path in sorted(folder.glob("*"))
        if path.suffix in CONTENT_TYPES and _HASHED.fullmatch(path.name)
    }
    router = make_router()

    @router.api_route(mount + "assets/{name}", methods=["GET", "HEAD"], include_in_schema=False)
    async def get_asset(name: str, request: Request) -> Response:
        """A file whose name changes with its content."""
        if index is None:
            raise PagesNotBuilt
        if name not in assets:
            raise NotFound("there is no such file")
        return assets[name].response(request, cache_control=IMMUTABLE)

    @router.api_route(mount + "{address:page}", methods=["GET", "HEAD"], include_in_schema=False)
    async def get_page(address: str, request: Request) -> Response:
        """The document, for every address: which page it is the pages' own router decides."""
        if address and not is_navigation(request):
            raise NotFound("there is no such route")
        if index is None:
            raise PagesNotBuilt
        return index.response(request, cache_control="no-store")

    if mount != "/":

        @router.api_route(mount.rstrip("/"), methods=["GET", "HEAD"], include_in_schema=False)
        async def get_home(request: Request) -> Response:
            """The document: the pages' own router names its first page without the slash."""
            return await get_page("", request)

    return router
