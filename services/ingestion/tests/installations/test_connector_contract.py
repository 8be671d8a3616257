"""The connector reads what the service answers about installations and totals: the two sides of one contract."""

import json
from datetime import timedelta
from decimal import Decimal

from altscore_connector.compression import packed
from altscore_connector.ledger_totals import lines_of, months_of
from altscore_connector.other_installation import SendingInstallation, day_and_time, refusal

from ..connector import batch_of, invoice
from ..world import World
from .test_installations import FIRST, PATH, SECOND, SEQUENCE, get, post, send


async def test_the_refusal_tells_the_connector_which_installation_sends_and_when_it_last_did(world: World) -> None:
    connector = await world.onboard()
    await send(world, connector, 1, FIRST)
    since = world.clock.now()
    world.clock.advance(seconds=90)
    await send(world, connector, 2, FIRST)
    told = SendingInstallation.of((await get(world, connector, SEQUENCE, SECOND)).json())
    last = since + timedelta(seconds=90)
    assert told == SendingInstallation(FIRST, since=since, last_batch_at=last)
    error = refusal(told, SECOND)
    for sentence in (str(error), error.hindi):
        assert "11111111" in sentence
        assert day_and_time(last) in sentence
        assert "22222222" in sentence


async def test_after_a_takeover_that_sent_nothing_the_connector_says_since_when(world: World) -> None:
    connector = await world.onboard()
    await send(world, connector, 1, FIRST)
    await post(world, connector, PATH, {"instead_of": FIRST}, installation=SECOND)
    told = SendingInstallation.of((await get(world, connector, PATH, FIRST)).json())
    assert told is not None
    assert (told.installation_id, told.last_batch_at, told.refused_id) == (SECOND, None, None)
    assert "has taken over on" in str(refusal(told, FIRST))


async def test_the_connector_reads_the_comparison_of_totals(world: World) -> None:
    connector = await world.onboard()
    stated = [{"table": "invoices", "month": "2026-05", "count": 1, "amount_inr": 42000.5}]
    await world.send(connector, batch_of(sequence=1, invoices=[invoice()], erp_totals=stated))
    months = months_of(await world.totals(connector))
    [month] = [month for month in months if month.table == "invoices"]
    assert (month.erp, month.held, month.agrees) == ((1, Decimal("42000.50")), (1, Decimal("42000.00")), False)
    assert "AltScore holds 1, 42000.00" in "\n".join(lines_of(months))


async def test_a_batch_as_the_connector_packs_it_is_the_same_batch_as_the_plain_one(world: World) -> None:
    connector = await world.onboard()
    plain = json.dumps(batch_of(sequence=1, invoices=[invoice(f"INV-{number}") for number in range(50)])).encode()
    sent, encoding = packed(plain)
    assert encoding == {"Content-Encoding": "gzip"}
    assert (await world.send(connector, sent, headers=encoding)).json()["accepted"] == 50
    repeated = await world.send(connector, plain)
    assert (repeated.status_code, repeated.json()["code"]) == (409, "BATCH_ALREADY_PROCESSED")
