"""The shell examples of the guide for lenders run as they stand, in one shell, in the order of the page."""

import asyncio
from pathlib import Path

import pytest

from .lenders_server import environment, json_documents, sandbox_credentials, serving, shell_examples
from .world import World


@pytest.mark.parametrize("page", ["README.md", "sandbox.md"])
async def test_every_shell_example_of_the_guide_succeeds(world: World, tmp_path: Path, page: str) -> None:
    credentials = await sandbox_credentials(world)
    async with serving(world.services, tmp_path) as (base, certificate):
        process = await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            shell_examples(page),
            cwd=tmp_path,
            env=environment(base, certificate, credentials),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, error = await asyncio.wait_for(process.communicate(), timeout=60)
    assert process.returncode == 0, (out + error).decode()
    lookup, score, *rest = json_documents(out.decode())
    assert (lookup["retailer_id"], score["altscore"]) == ("ret_7e57000000000002", 724)
    results = next(document["results"] for document in rest if "results" in document)
    history = next(document["history"] for document in rest if "history" in document)
    assert results[0]["status"] == 200
    assert len(history) >= 6
