"""The built pages as files."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from altscore_admin.app import create_app
from altscore_admin.pages.routes import CONTENT_SECURITY_POLICY, pages_router
from altscore_libs import web
from altscore_libs.testing import api_client

BROWSER = {"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Mode": "navigate"}
SCRIPT = b"export const greeting = 'hello';\n" * 50


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A built folder, and a file beside it that nobody may read."""
    (tmp_path / "secret.html").write_text("not yours", encoding="utf-8")
    (tmp_path / "admin/assets").mkdir(parents=True)
    (tmp_path / "admin/index.html").write_text("<!doctype html><title>pages</title>", encoding="utf-8")
    (tmp_path / "admin/assets/index-g3587GnX.js").write_bytes(SCRIPT)
    (tmp_path / "admin/assets/index-BNir0Q4u.css").write_text("p{}", encoding="utf-8")
    (tmp_path / "admin/assets/notes.js").write_text("a name without a digest", encoding="utf-8")
    return tmp_path / "admin"


@pytest.fixture
async def client(dist: Path) -> AsyncIterator[httpx.AsyncClient]:
    """The admin application with these pages."""
    async with api_client(create_app(None, pages_dir=dist.parent)) as admin:
        yield admin


@pytest.mark.parametrize("address", ["/", "/distributors", "/distributors/dist_north", "/incidents/inc_1/timeline"])
async def test_a_browser_gets_the_document_at_every_address_of_the_pages(
    client: httpx.AsyncClient, address: str
) -> None:
    answer = await client.get(address, headers=BROWSER)
    assert (answer.status_code, answer.text) == (200, "<!doctype html><title>pages</title>")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"


async def test_pages_below_another_address_have_their_home_with_and_without_the_slash(dist: Path) -> None:
    app = web.create_app("pages", services=None)
    app.include_router(pages_router(dist, "/portal/"))
    async with api_client(app) as browser:
        for address in ("/portal", "/portal/", "/portal/sync"):
            assert (await browser.get(address, headers=BROWSER)).status_code == 200
        assert (await browser.get("/portals", headers=BROWSER)).status_code == 404


async def test_the_document_forbids_all_code_but_its_own_files(client: httpx.AsyncClient) -> None:
    headers = (await client.get("/", headers=BROWSER)).headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("index-g3587GnX.js", "text/javascript; charset=utf-8"),
        ("index-BNir0Q4u.css", "text/css; charset=utf-8"),
    ],
)
async def test_a_file_named_by_its_content_is_kept_by_browsers(
    client: httpx.AsyncClient, name: str, content_type: str
) -> None:
    answer = await client.get(f"/assets/{name}")
    assert answer.headers["content-type"] == content_type
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_a_browser_that_takes_gzip_gets_it_and_another_does_not(client: httpx.AsyncClient) -> None:
    async with client.stream("GET", "/assets/index-g3587GnX.js", headers={"Accept-Encoding": "gzip"}) as answer:
        raw = b"".join([chunk async for chunk in answer.aiter_raw()])
    assert (answer.headers["content-encoding"], gzip.decompress(raw)) == ("gzip", SCRIPT)
    plain = await client.get("/assets/index-g3587GnX.js", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == SCRIPT


@pytest.mark.parametrize(
    "address",
    [
        "/assets/../secret.html",
        "/assets/..%2Fsecret.html",
        "/assets/..%2F..%2Fsecret.html",
        "/assets/%2e%2e/secret.html",
        "/assets/notes.js",
        "/assets/",
        "/..%2Fsecret.html",
        "/secret.html",
        "/favicon.ico",
        "/a%00b",
    ],
)
async def test_nothing_but_the_builds_own_files_can_be_named(client: httpx.AsyncClient, address: str) -> None:
    answer = await client.get(address, headers=BROWSER)
    assert answer.status_code == 404
    assert "not yours" not in answer.text


@pytest.mark.parametrize("address", ["/v1/admin/nothing", "/v1", "/internal/nothing"])
async def test_an_unknown_route_of_the_api_stays_a_problem_even_to_a_browser(
    client: httpx.AsyncClient, address: str
) -> None:
    answer = await client.get(address, headers=BROWSER)
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")


async def test_a_script_that_asks_for_a_page_gets_no_document(client: httpx.AsyncClient) -> None:
    answer = await client.get("/distributors", headers={"Accept": "*/*", "Sec-Fetch-Mode": "cors"})
    assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")
    assert (await client.get("/distributors", headers={"Accept": "application/json"})).status_code == 404


@pytest.mark.parametrize("address", ["/", "/distributors", "/assets/index-g3587GnX.js"])
async def test_without_a_build_the_pages_say_so_and_the_api_works(tmp_path: Path, address: str) -> None:
    async with api_client(create_app(None, pages_dir=tmp_path / "absent")) as client:
        answer = await client.get(address, headers=BROWSER)
        assert (answer.status_code, answer.json()["code"]) == (503, "PAGES_NOT_BUILT")
        assert (await client.get("/v1/admin/nothing", headers=BROWSER)).status_code == 404


async def test_pages_may_be_mounted_beside_others(dist: Path) -> None:
    app = web.create_app("portal")
    app.include_router(pages_router(dist, "/portal/"))
    async with api_client(app) as client:
        assert (await client.get("/portal/batches/7", headers=BROWSER)).status_code == 200
        assert (await client.get("/portal/assets/index-BNir0Q4u.css")).status_code == 200
        assert (await client.get("/other", headers=BROWSER)).status_code == 404
    with pytest.raises(ValueError, match="slash"):
        pages_router(dist, "portal")
