"""A client that openapi-python-client makes from the document works: typed, and against the server on a port."""

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest
from altscore_score.app import create_lenders_app

from ..lenders_server import sandbox_credentials, serving
from ..world import World

BIN = Path(sys.executable).parent
MAIN_CALL = '''
"""The main calls of a lender, by the generated client."""

import os
from uuid import uuid4

from lender_client import AuthenticatedClient, Client
from lender_client.api.authentication import issue_token
from lender_client.api.score import get_score, get_score_history, get_scores_in_batch, lookup_retailer
from lender_client.models.batch_request import BatchRequest
from lender_client.models.batch_response import BatchResponse
from lender_client.models.history_response import HistoryResponse
from lender_client.models.lookup_request import LookupRequest
from lender_client.models.lookup_response import LookupResponse
from lender_client.models.problem import Problem
from lender_client.models.score_request import ScoreRequest
from lender_client.models.score_response import ScoreResponse
from lender_client.models.token_request import TokenRequest
from lender_client.models.token_response import TokenResponse

base, me, purpose = os.environ["BASE"], os.environ["CLIENT_ID"], "working_capital_loan"
refused = "ret_7e5700000000000f"
credentials = TokenRequest(client_id=me, client_secret=os.environ["CLIENT_SECRET"])
token = issue_token.sync(client=Client(base_url=base), body=credentials)
assert isinstance(token, TokenResponse)
client = AuthenticatedClient(base_url=base, token=token.access_token)

lookup = lookup_retailer.sync(client=client, x_client_id=me, body=LookupRequest(gst="99TSTPT0002A1Z8"))
assert isinstance(lookup, LookupResponse)
body = ScoreRequest(retailer_id=lookup.retailer_id, purpose=purpose, requested_limit_inr=664961.72)
key = str(uuid4())
score = get_score.sync(client=client, x_client_id=me, x_request_id=key, body=body)
assert isinstance(score, ScoreResponse)
assert score.altscore == 724
assert score.request_id == key
assert score.expires_at > score.scored_at

history = get_score_history.sync(score.retailer_id, client=client, x_client_id=me, x_request_id=str(uuid4()), months=12)
assert isinstance(history, HistoryResponse)
assert len(history.history) == 12

request = BatchRequest(retailer_ids=[score.retailer_id, refused], purpose=purpose)
batch = get_scores_in_batch.sync(client=client, x_client_id=me, x_request_id=str(uuid4()), body=request)
assert isinstance(batch, BatchResponse)
assert [item.status for item in batch.results] == [200, 403]

problem = get_score.sync(client=client, x_client_id=me, body=ScoreRequest(retailer_id=refused, purpose=purpose))
assert isinstance(problem, Problem)
assert problem.status == 403
assert problem.code == "CONSENT_NOT_GRANTED"
assert problem.type_ == "https://api.altscore.in/errors/CONSENT_NOT_GRANTED"
'''


async def run(*command: str, cwd: Path, **more: str) -> str:
    """The output of a command that succeeds."""
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=cwd,
        env={**os.environ, **more},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await asyncio.wait_for(process.communicate(), timeout=120)
    assert process.returncode == 0, out.decode()
    return out.decode()


@pytest.fixture
async def package(tmp_path: Path) -> Path:
    """The folder of the generated package and of the script that uses it."""
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(create_lenders_app(None).openapi()), encoding="utf-8")
    (tmp_path / "config.yml").write_text("post_hooks: []\n", encoding="utf-8")
    written = ("--output-path", "lender_client", "--meta", "none", "--config", "config.yml", "--fail-on-warning")
    await run(str(BIN / "openapi-python-client"), "generate", "--path", str(document), *written, cwd=tmp_path)
    (tmp_path / "main_call.py").write_text(MAIN_CALL, encoding="utf-8")
    return tmp_path


async def test_the_main_calls_are_typed_and_work(world: World, package: Path) -> None:
    credentials = await sandbox_credentials(world)
    async with serving(world.services, package) as (base, certificate):
        await run(
            sys.executable,
            "main_call.py",
            cwd=package,
            BASE=base,
            SSL_CERT_FILE=str(certificate),
            CLIENT_ID=credentials["client_id"],
            CLIENT_SECRET=credentials["client_secret"],
        )


async def test_the_package_and_its_use_pass_strict_types(package: Path) -> None:
    command = (
        "-m",
        "mypy",
        "--strict",
        "--no-incremental",
        "--config-file",
        os.devnull,
        "lender_client",
        "main_call.py",
    )
    await run(sys.executable, *command, cwd=package)
