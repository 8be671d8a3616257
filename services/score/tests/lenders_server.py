"""The lenders' API on a real port, and the shell examples of the guide for lenders."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from altscore_libs.service import Listener, server_of
from altscore_libs.testing import self_signed
from altscore_libs.testing_postgres import free_port
from altscore_libs.tls import ServerTls
from altscore_score.app import create_served_lenders_app
from altscore_score.dependencies import Services
from altscore_score.errors import PROBLEM_TYPES

from .world import World, until

GUIDE = Path(__file__).parents[3] / "docs/lenders"


@asynccontextmanager
async def running(listener: Listener) -> AsyncIterator[None]:
    """Serves a listener on its port while the block runs."""
    server = server_of(listener)
    task = asyncio.create_task(server.serve())
    await until(lambda: server.started or task.done())  # uvicorn tells in no other way
    try:
        yield
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def serving(services: Services, folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """Serves the lenders' API while the block runs; yields its address and the certificate to trust."""
    certificate, key = self_signed(folder)
    port = free_port()
    listener = Listener(
        create_served_lenders_app(services),
        port,
        ServerTls(certificate, key),
        require_client_certificate=False,
        problem_types=PROBLEM_TYPES,
    )
    async with running(listener):
        yield f"https://127.0.0.1:{port}", certificate


def shell_examples(page: str) -> str:
    """The shell blocks of a page of the guide, one after another; the first failure ends them."""
    text = (GUIDE / page).read_text(encoding="utf-8")
    return "\n".join(["set -euo pipefail", *re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)])


def environment(base: str, certificate: Path, credentials: Mapping[str, str]) -> dict[str, str]:
    """The variables that the guide asks its reader to set, and where programs are."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "BASE": base,
        "CA": str(certificate),
        "CLIENT_ID": credentials["client_id"],
        "CLIENT_SECRET": credentials["client_secret"],
    }


def json_documents(text: str) -> list[Any]:
    """The JSON documents that stand one after another in a text."""
    decoder, documents, at = json.JSONDecoder(), [], 0
    while at < len(text.rstrip()):
        document, at = decoder.raw_decode(text, at)
        documents.append(document)
        at += len(text[at:]) - len(text[at:].lstrip())
    return documents


async def sandbox_credentials(world: World, lender_id: str = "lender_guide") -> dict[str, str]:
    """Onboards a lender and returns its credentials of the sandbox."""
    onboarding = await world.admin.put(f"/internal/admin/lenders/{lender_id}", json={"name": "A lender"})
    assert onboarding.status_code == 201, onboarding.text
    issued = onboarding.json()
    return {"client_id": issued["test_client_id"], "client_secret": issued["test_client_secret"]}
