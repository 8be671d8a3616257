"""The walk of POST /v1/ingest/batch in docs/architecture.md is the walk of the code."""

from pathlib import Path

import altscore_ingestion
from altscore_libs.testing import documented_files, entered_files

from .connector import batch_of, invoice, payment, retailer
from .world import World

SOURCE = Path(altscore_ingestion.__file__).parent


async def test_a_batch_enters_exactly_the_documented_files(world: World) -> None:
    connector = await world.onboard()
    batch = batch_of(retailers=[retailer()], invoices=[invoice(), invoice("INV-2", amount_inr=0)], payments=[payment()])
    with entered_files(SOURCE) as entered:
        answer = await world.send(connector, batch, with_v2=True)
    assert answer.status_code == 202, answer.text
    assert entered == documented_files("POST /v1/ingest/batch", SOURCE)
