"""Two score processes, one Redis, 50 lenders, 10,000 calls: never one over any limit, and a replay spends nothing."""

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
from altscore_score.limits.domain import CALLS, DISCLOSURES
from altscore_score.settings import ApiSettings
from altscore_score.tokens.issuer import TokenIssuer
from altscore_score.tokens.verifier import KeyRing

from .world import FAR, LENDER, PURPOSE, RedisServer, World

LENDERS = [f"lender_replica_{number:02d}" for number in range(50)]
CALLS_OF_EACH = 200
REPLAYS_OF_EACH = 20
OPEN_RETAILERS = 4
PROCESSES = 2


def retailer(number: int) -> str:
    """The first OPEN_RETAILERS are consented to everybody."""
    return f"ret_{number:016x}"


def calls_of(lender: str, replayed: str) -> list[tuple[str, str, str | None]]:
    """Disclosures beyond their limit, one call again and again, and retailers that nobody consented."""
    again = [(lender, retailer(0), replayed)] * REPLAYS_OF_EACH
    open_ones = [(lender, retailer(1 + number % (OPEN_RETAILERS - 1)), None) for number in range(30)]
    rest = CALLS_OF_EACH - len(again) - len(open_ones)
    return [*again, *open_ones, *((lender, retailer(1_000 + number), None) for number in range(rest))]


def settings_json(settings: ApiSettings) -> dict[str, Any]:
    """What the other process needs, secrets included; it goes by a private file."""
    plain = settings.model_dump(mode="json")
    for name in ("database_url", "redis_url", "context_key", "kafka_password"):
        plain[name] = getattr(settings, name).get_secret_value()
    return plain


async def prepared(world: World, settings: ApiSettings) -> dict[str, Any]:
    """Lenders with tokens, four scored retailers with everybody's consent."""
    mint = TokenIssuer(KeyRing(settings.jwt_keys_dir, clock=SystemClock()), SystemClock())
    for lender in LENDERS:
        await world.pool.execute(
            "INSERT INTO lender (lender_id, name, secret_hash, created_at) VALUES ($1, 'x', '-', now())", lender
        )
    consents = []
    for number in range(OPEN_RETAILERS):
        await world.computed(retailer(number), scored_at="2026-11-01T00:00:00Z", expires_at="2099-01-01T00:00:00Z")
        for lender in LENDERS:
            await world.grant(retailer(number), lender)
            answer = world.neighbours.answers[retailer(number), lender, PURPOSE]
            consents.append([lender, retailer(number), answer | {"expires_at": FAR.isoformat()}])
    return {
        "settings": settings_json(settings),
        "tokens": {lender: mint.issue(lender).token for lender in LENDERS},
        "purpose": PURPOSE,
        "consents": consents,
    }


def played(plan: dict[str, Any], shares: list[list[Any]], folder: Path) -> list[dict[str, Any]]:
    """What every call was told, of all processes."""
    running = []
    for number, share in enumerate(shares):
        file = folder / f"plan-{number}.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(plan | {"calls": share}), encoding="utf-8")
        command = [sys.executable, "-m", f"{__package__}.replica", str(file)]
        root = Path(__file__).parents[len(__package__.split("."))]
        running.append(subprocess.Popen(command, stdout=subprocess.PIPE, cwd=root))
    outputs = [item.communicate(timeout=240)[0] for item in running]
    assert [item.returncode for item in running] == [0] * len(shares)
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
    plan, keys = await prepared(world, api_settings), {lender: str(uuid4()) for lender in LENDERS}
    calls = [call for lender in LENDERS for call in calls_of(lender, keys[lender])]
    random.Random(20_260_520).shuffle(calls)
    assert len(calls) == 10_000
    seen = played(plan, [calls[number::PROCESSES] for number in range(PROCESSES)], tmp_path)
    assert len(seen) == 10_000
    client = redis.Redis(port=redis_server.port)
    minute, day = CALLS
    for lender in LENDERS:
        mine = [call for call in seen if call["lender"] == lender]
        counted = [int(at) for _, at in client.zrange(f"score:{{{lender}}}:day", 0, -1, withscores=True)]
        assert counted == sorted(counted)
        assert most_in_any_window(counted, minute.length_s * 1_000_000) <= minute.limit
        assert len(counted) <= day.limit
        replies = [call for call in mine if call["key"] is not None]
        paid = [call for call in mine if call["key"] is None and is_counted(call)]
        served = [call for call in replies if call["status"] == 200]
        # Every answered call was counted once; of one X-Request-ID, the first answer alone.
        assert len(paid) + (1 if served else 0) == len(counted)
        assert len({call["reply"] for call in served}) <= 1
    check_disclosures(client)
    await check_audit(world, seen)


def is_counted(call: dict[str, Any]) -> bool:
    """A 429 for the quota spends nothing; one for disclosures is a counted call, as a 403 is."""
    return call["status"] in (200, 403) or (call["status"] == 429 and call["retry_after_s"] > CALLS[0].length_s + 1)


def check_disclosures(client: "redis.Redis") -> None:
    """At most three of each retailer and lender."""
    names = client.keys("*:disclosed:*")
    assert names
    for name in names:
        assert client.zcard(name) <= DISCLOSURES.limit


async def check_audit(world: World, seen: list[dict[str, Any]]) -> None:
    """One entry for each answered call, whatever the answer was."""
    entries: Counter[str] = Counter()
    for action in ("score_requested", "score_refused"):
        entries.update(item["actor"] for item in await world.audit(action))
    assert entries == Counter(call["lender"] for call in seen)
    assert LENDER not in entries
    outcomes = [item["outcome"] for item in await world.audit("score_requested")]
    assert outcomes.count("served") <= len(LENDERS) * (1 + DISCLOSURES.limit * (OPEN_RETAILERS - 1))
