"""The pages in Chromium against the real API on a real PostgreSQL: `services/admin/web/tests`, in one run."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from altscore_admin.app import create_app
from altscore_admin.grievances import store as grievances
from altscore_admin.pages.routes import pages_router
from altscore_libs import web
from altscore_libs.db import transaction
from altscore_libs.service import Listener, server_of
from altscore_local.pages import absent_for_browser_tests
from fastapi import FastAPI

from ..conftest import NOW, Operations

WEB = Path(__file__).parents[2] / "web"
ABSENT = absent_for_browser_tests(WEB)
GRIEVANCES = 501  # more than one answer of the API may hold
LIMIT_S = 900  # of a machine that does other things; an idle one needs half a minute


def portal_pages() -> FastAPI:
    """Pages of the portal and the dashboard; their tests play the API in the browser."""
    app = web.create_app("pages")
    for entry in ("portal", "lender"):
        app.include_router(pages_router(WEB / "dist" / entry, f"/{entry}/"))
    return app


@asynccontextmanager
async def served(app: FastAPI) -> AsyncIterator[int]:
    """An application on a free port."""
    server = server_of(Listener(app=app, port=0, tls=None, require_client_certificate=False))
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(30):
            while not server.started:  # noqa: ASYNC110  # uvicorn tells it by an attribute alone
                await asyncio.sleep(0.01)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await serving


async def file_grievances(pool: asyncpg.Pool, how_many: int) -> None:
    """So many that wait, filed a minute after another; no key decrypts their descriptions."""
    async with transaction(pool) as connection:
        for number in range(how_many):
            filed_at = NOW + timedelta(minutes=number)
            grievance = {
                "grievance_id": f"grv_{number:032x}",
                "retailer_id": "ret_0123456789abcdef",
                "lender_id": "lender_shriram",
                "score_id": "scr_" + "9b2c" * 8,
                "grievance_type": "incorrect_score",
                "filed_at": filed_at,
                "ack_by": filed_at + timedelta(hours=24),
                "resolution_by": filed_at + timedelta(days=7),
            }
            await grievances.add(connection, grievance, b"of another key")


@pytest.mark.skipif(ABSENT != [], reason=f"not on this machine: {', '.join(ABSENT)}; `make setup` brings it")
@pytest.mark.timeout(LIMIT_S)
async def test_the_pages_pass_their_browser_tests(partners: Operations, pool: asyncpg.Pool, tmp_path: Path) -> None:
    await file_grievances(pool, GRIEVANCES)
    tokens = tmp_path / "tokens.json"
    tokens.write_text(json.dumps(partners.tokens), encoding="utf-8")
    admin = create_app(partners.services, pages_dir=WEB / "dist")
    async with served(admin) as port, served(portal_pages()) as portal_port:
        run = await asyncio.create_subprocess_exec(
            *("npx", "--no-install", "playwright", "test"),
            cwd=WEB,
            env={**os.environ, "PAGES_URL": f"http://localhost:{port}", "PAGES_TOKENS": str(tokens)}
            | {"PORTAL_URL": f"http://localhost:{portal_port}", "PAGES_GRIEVANCES": str(GRIEVANCES)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await run.communicate()
        finally:
            if run.returncode is None:
                run.kill()
    assert run.returncode == 0, output.decode(errors="replace")[-8000:]
