"""Two processes, one Redis, 50 lenders, 10,000 calls: none is over any limit, and a replay spends nothing."""

import json
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import redis
from altscore_libs.clock import SystemClock
from altscore_libs.testing_postgres import HANG_S
from altscore_score.access.domain import LenderRow
from altscore_score.access.row_macs import LenderMacs
from altscore_score.access.store import add_lender
from altscore_score.limits.domain import CALLS, DISCLOSURES
from altscore_score.settings import ApiSettings
from altscore_score.tokens.issuer import TokenIssuer

from .keys import key_ring
from .redis_server import RedisServer
from .rsa_keys import signer_of
from .world import FAR, LENDER, MAC_KEY, NOW, PURPOSE, World

LENDERS = [f"lender_replica_{number:02d}" for number in range(50)]
CALLS_OF_EACH = 200
REPLAYS_OF_EACH = 20
OPEN_RETAILERS = 4
PROCESSES = 2


def retailer(number: int) -> str:
    """An id; the first OPEN_RETAILERS have consented to every lender."""
    return f"ret_{number:016x}"


def calls_of(lender: str, replayed: str) -> list[tuple[str, str, str | None]]:
    """Calls beyond the limit of disclosures, one call repeated, and calls without a consent."""
    again = [(lender, retailer(0), replayed)] * REPLAYS_OF_EACH
    disclosures = [(lender, retailer(1 + number % (OPEN_RETAILERS - 1)), None) for number in range(30)]
    rest = CALLS_OF_EACH - len(again) - len(disclosures)
    return [*again, *disclosures, *((lender, retailer(1_000 + number), None) for number in range(rest))]


def settings_json(settings: ApiSettings) -> dict[str, Any]:
    """What the other process needs, secrets included; it goes by a private file."""
    plain = settings.model_dump(mode="json")
    for name in (
        "database_url",
        "access_database_url",
        "redis_url",
        "context_key",
        "mac_key",
        "outbox_key",
        "pkcs11_pin",
    ):
        plain[name] = getattr(settings, name).get_secret_value()
    return plain


async def prepare(world: World, settings: ApiSettings) -> dict[str, Any]:
    """The plan of the processes, for lenders with tokens and scored retailers that consented to all of them."""
    folder, clock = settings.public_keys_dir, SystemClock()
    issuer = TokenIssuer(key_ring(folder, clock=clock), signer_of(folder), clock, sign_s=HANG_S)
    for lender in LENDERS:
        row = LenderRow(lender, 1, "-", is_active=True, tokens_valid_from=None)
        async with world.access_pool.acquire() as connection:
            await add_lender(connection, row, name="x", mac=LenderMacs(MAC_KEY).mac(row), created_at=NOW)
    consents = []
    for number in range(OPEN_RETAILERS):
        await world.computed(retailer(number), scored_at="2026-11-01T00:00:00Z", expires_at="2099-01-01T00:00:00Z")
    for lender in LENDERS:  # each retailer in turn: versions rise over all, and no retailer's may leap
        for number in range(OPEN_RETAILERS):
            await world.grant(retailer(number), lender)
            answer = world.neighbours.answers[retailer(number), lender, PURPOSE]
            consents.append([lender, retailer(number), answer | {"expires_at": FAR.isoformat()}])
    return {
        "settings": settings_json(settings),
        "tokens": {lender: (await issuer.issue(lender)).token for lender in LENDERS},
        "purpose": PURPOSE,
        "consents": consents,
    }


def play(plan: dict[str, Any], shares: list[list[Any]], folder: Path) -> list[dict[str, Any]]:
    """The answers to all calls, one process for each share."""
    processes = []
    for number, share in enumerate(shares):
        file = folder / f"plan-{number}.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(plan | {"calls": share}), encoding="utf-8")
        command = [sys.executable, "-m", f"{__package__}.replica", str(file)]
        root = Path(__file__).parents[len(__package__.split("."))]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root))
    outputs = [process.communicate(timeout=240)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(shares)
    return [call for output in outputs for call in json.loads(output)]


def most_in_any_window(instants_us: list[int], length_us: int) -> int:
    """Calls in the fullest closed interval, from sorted instants."""
    most, first = 0, 0
    for last, instant in enumerate(instants_us):
        while instants_us[first] < instant - length_us:
            first += 1
        most = max(most, last - first + 1)
    return most


async def test_no_call_is_over_any_limit(
    world: World, api_settings: ApiSettings, redis_server: RedisServer, tmp_path: Path
) -> None:
    plan, keys = await prepare(world, api_settings), {lender: str(uuid4()) for lender in LENDERS}
    calls = [call for lender in LENDERS for call in calls_of(lender, keys[lender])]
    random.Random(20_260_520).shuffle(calls)
    assert len(calls) == 10_000
    answers = play(plan, [calls[number::PROCESSES] for number in range(PROCESSES)], tmp_path)
    assert len(answers) == 10_000
    client = redis.Redis(port=redis_server.port)
    minute, day = CALLS
    for lender in LENDERS:
        own_calls = [call for call in answers if call["lender"] == lender]
        scored: Any = client.zrange(f"score:{{{lender}}}:day", 0, -1, withscores=True)
        counted = [int(at_us) for _, at_us in scored]
        assert counted == sorted(counted)
        assert most_in_any_window(counted, minute.length_s * 1_000_000) <= minute.limit
        assert len(counted) <= day.limit
        replies = [call for call in own_calls if call["key"] is not None]
        paid = [call for call in own_calls if call["key"] is None and is_counted(call)]
        served = [call for call in replies if call["status"] == 200]
        # Every answered call was counted once; of one X-Request-ID, the first answer alone.
        assert len(paid) + (1 if served else 0) == len(counted)
        assert len({call["reply"] for call in served}) <= 1
    check_disclosures(client)
    await check_audit(world, answers)


def is_counted(call: dict[str, Any]) -> bool:
    """A 429 for the quota spends nothing; one for disclosures is a counted call, as a 403 is."""
    return call["status"] in (200, 403) or (call["status"] == 429 and call["limit"] == "disclosures")


def check_disclosures(client: redis.Redis) -> None:
    """Passes when no lender was shown a retailer more than three times."""
    names = client.keys("*:disclosed:*")
    assert names
    for name in names:
        assert client.zcard(name) <= DISCLOSURES.limit


async def check_audit(world: World, answers: list[dict[str, Any]]) -> None:
    """Passes when every answered call left one entry, whatever the answer was."""
    entries: Counter[str] = Counter()
    for action in ("score_requested", "score_refused"):
        entries.update(entry["actor"] for entry in await world.audit(action))
    assert entries == Counter(call["lender"] for call in answers)
    assert LENDER not in entries
    outcomes = [entry["outcome"] for entry in await world.audit("score_requested")]
    assert len(LENDERS) <= outcomes.count("served") <= len(LENDERS) * (1 + DISCLOSURES.limit * (OPEN_RETAILERS - 1))
