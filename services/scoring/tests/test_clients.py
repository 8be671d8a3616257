"""The consent client: only a complete, well-formed answer counts; anything else means that nobody is scored."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from altscore_libs.errors import NotFound, Unavailable
from altscore_libs.http_client import ServiceClient
from altscore_libs.settings import S3Settings
from altscore_libs.testing_postgres import free_port
from altscore_scoring.clients import BULK_MAX, Consent, ConsentClient, S3Reader, join
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import SecretStr

Answer = Callable[[list[str]], Any]


def granted(retailer_ids: list[str]) -> Any:
    """Everybody has a consent of version 7."""
    return {"results": [{"retailer_id": item, "consented": True, "version": 7} for item in retailer_ids]}


class ConsentApplication:
    """The consent service's endpoint with an answer of the test's choice."""

    def __init__(self, answer: Answer, *, status: int = 200) -> None:
        self.sizes: list[int] = []
        self.app = FastAPI()

        @self.app.post("/internal/consents/check-bulk")
        async def check(request: Request) -> JSONResponse:
            retailer_ids = (await request.json())["retailer_ids"]
            self.sizes.append(len(retailer_ids))
            return JSONResponse(answer(retailer_ids), status_code=status)

    async def ask(self, retailer_ids: list[str]) -> Any:
        """What the client makes of the answer."""
        transport = httpx.ASGITransport(app=self.app)
        async with ServiceClient("https://consent.test", tls=None, attempts=1, transport=transport) as client:
            return await ConsentClient(client).check(retailer_ids)


async def test_every_retailer_gets_an_answer_with_its_version() -> None:
    consents = await ConsentApplication(granted).ask(["ret_1", "ret_2"])
    assert consents == {"ret_1": Consent(True, 7), "ret_2": Consent(True, 7)}


async def test_the_consent_that_was_checked_is_named_where_the_service_names_it() -> None:
    def named(retailer_ids: list[str]) -> Any:
        return {"results": [{**item, "consent_id": "cns_1"} for item in granted(retailer_ids)["results"]]}

    assert await ConsentApplication(named).ask(["ret_1"]) == {"ret_1": Consent(True, 7, "cns_1")}


async def test_nobody_is_asked_about_nobody() -> None:
    application = ConsentApplication(granted)
    assert await application.ask([]) == {}
    assert application.sizes == []


async def test_a_call_names_five_thousand_retailers_at_most() -> None:
    application = ConsentApplication(granted)
    retailer_ids = [f"ret_{i}" for i in range(2 * BULK_MAX + 1)]
    assert set(await application.ask(retailer_ids)) == set(retailer_ids)
    assert application.sizes == [5_000, 5_000, 1]


@pytest.mark.parametrize("consented", [False, None, "true", 1, "yes"])
async def test_only_true_is_a_consent(consented: Any) -> None:
    application = ConsentApplication(
        lambda ids: {"results": [{"retailer_id": item, "consented": consented, "version": None} for item in ids]}
    )
    assert await application.ask(["ret_1"]) == {"ret_1": Consent(False, None)}


@pytest.mark.parametrize(
    "answer",
    [
        lambda ids: {},
        lambda ids: {"results": None},
        lambda ids: {"results": ["ret_1"]},
        lambda ids: {"results": [{"retailer_id": "ret_1", "version": 7}]},
        lambda ids: {"results": [{"retailer_id": "ret_1", "consented": True}]},
        lambda ids: {"results": []},
        lambda ids: granted(ids[:1]),
        lambda ids: granted(["ret_9", "ret_8"]),
    ],
)
async def test_an_incomplete_answer_is_none(answer: Answer) -> None:
    with pytest.raises(Unavailable):
        await ConsentApplication(answer).ask(["ret_1", "ret_2"])


@pytest.mark.parametrize("status", [400, 403, 409, 500, 503])
async def test_a_refusal_is_no_answer(status: int) -> None:
    with pytest.raises(Unavailable):
        await ConsentApplication(lambda ids: {"code": "X"}, status=status).ask(["ret_1"])


def test_an_address_inside_a_folder_has_one_slash() -> None:
    assert join("s3://bucket/a/", "b") == join("s3://bucket/a", "b") == "s3://bucket/a/b"


@pytest.fixture
def reader() -> S3Reader:
    """A reader of a store that nobody runs."""
    settings = S3Settings(
        s3_endpoint=f"http://127.0.0.1:{free_port()}", s3_access_key="a", s3_secret_key=SecretStr("b")
    )
    return S3Reader(settings)


@pytest.mark.parametrize("uri", ["/etc/passwd", "file:///etc/passwd", "http://bucket/key", ""])
def test_only_s3_addresses_are_objects(reader: S3Reader, uri: str) -> None:
    with pytest.raises(NotFound):
        reader.read(uri)


def test_a_store_that_does_not_answer_is_unavailable(reader: S3Reader) -> None:
    with pytest.raises(Unavailable):
        reader.read("s3://bucket/key")
