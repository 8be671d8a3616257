"""The threat report of a week: what it counts, in whose days, and that no entry becomes a part of the page."""

import argparse
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from itertools import count
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from altscore_audit.chain import store as chains
from altscore_audit.chain.domain import Entry, Link
from altscore_audit.detections.domain import Detection
from altscore_audit.main import COMMANDS, threat_report
from altscore_audit.settings import ReportSettings
from altscore_audit.threat_reports.domain import Figures, Week, WeekReader, week_of
from altscore_audit.threat_reports.rendering import MOST_DETECTIONS, report_html
from altscore_audit.threat_reports.service import make_report
from altscore_libs.clock import FixedClock
from altscore_libs.db import transaction
from altscore_libs.testing import Database
from pydantic import SecretStr

WEEK = week_of("2026-W21")
MONDAY = datetime(2026, 5, 17, 18, 30, tzinfo=UTC)  # midnight in India
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
_numbers = count(1)


def entry(action: str, at: datetime, *, actor: str = "lender_a", **details: str) -> Link:
    seq = next(_numbers)
    chain = "failed_auth" if action == "failed_auth" else "general"
    payload = json.dumps({"actor": actor, "details": details})
    return Link(
        chain=chain,
        seq=seq,
        event_id=UUID(int=seq),
        occurred_at=at,
        recorded_at=at,
        action=action,
        payload=payload,
        prev_hash=bytes(32),
        entry_hash=bytes(32),
    )


def figures_of(*links: Link, now: datetime = MONDAY + 8 * DAY) -> Figures:
    reader = WeekReader(WEEK)
    for link in links:
        reader.read(link)
    return reader.end(now)


def test_a_week_is_that_of_iso_8601() -> None:
    assert week_of("2026-W01") == Week("2026-W01", date(2025, 12, 29))
    for name in ("2026-21", "2026-W54", "W21", "2026-W2"):
        with pytest.raises(ValueError, match="week"):
            week_of(name)


def test_an_entry_belongs_to_the_day_in_india_on_which_it_happened() -> None:
    links = [entry("score_requested", MONDAY + hours * HOUR) for hours in (-0.01, 0, 23.99, 24, 7 * 24 - 0.01, 7 * 24)]
    assert figures_of(*links).served == {date(2026, 5, 18): 2, date(2026, 5, 19): 1, date(2026, 5, 24): 1}


def test_what_stands_for_many_failures_counts_as_many() -> None:
    links = [entry("failed_auth", MONDAY, request_ip="10.0.0.1"), entry("failed_auth", MONDAY, number="30")]
    assert figures_of(*links).failures == {date(2026, 5, 18): 31}


def test_entries_before_the_week_count_for_the_rules_alone() -> None:
    before = [entry("failed_auth", MONDAY - timedelta(minutes=m), request_ip="10.0.0.1") for m in (4, 3, 2, 1)]
    last = entry("failed_auth", MONDAY, request_ip="10.0.0.1")
    figures = figures_of(*before, last)
    assert figures.detections == [Detection(rule="failed_auth", chain="failed_auth", seq=last.seq, at=MONDAY)]
    assert sum(figures.failures.values()) == 1


def test_a_grievance_that_became_due_in_the_week_is_found_though_no_entry_says_so() -> None:
    filed = entry("grievance_filed", MONDAY - 3 * DAY, grievance_id="grv_1")
    (detection,) = figures_of(filed).detections
    assert (detection.rule, detection.at) == ("grievance_overdue", MONDAY + 4 * DAY)
    assert figures_of(filed, now=MONDAY + 3 * DAY).detections == []


def test_operators_hours_are_those_of_india_and_severe_entries_are_counted_by_action() -> None:
    figures = figures_of(
        entry("admin_action", MONDAY + 9.5 * HOUR), entry("identity_tampered", MONDAY), entry("score_refused", MONDAY)
    )
    assert figures.operators == {(0, 9): 1}
    assert figures.suspicious == {"identity_tampered": 1}


class Page(HTMLParser):
    """Remembers elements, what they fetch, and texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.fetched: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.fetched += [name for name, _ in attrs if name in ("src", "href", "srcset", "data", "action")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())


def test_the_page_has_its_pictures_in_it_and_fetches_nothing() -> None:
    page = Page(report_html(figures_of(entry("score_requested", MONDAY)), MONDAY + 8 * DAY))
    assert page.elements.count("svg") == 5
    assert page.fetched == []
    assert not {"script", "link", "img", "iframe"} & set(page.elements)


def test_a_text_of_an_entry_is_never_a_part_of_the_page() -> None:
    figures = figures_of()
    figures.suspicious["<script>"] = 1
    page = Page(report_html(figures, MONDAY + 8 * DAY))
    assert "script" not in page.elements
    assert "<script>" in page.texts


@pytest.mark.parametrize(("made_at", "is_partial"), [(MONDAY + 6 * DAY, True), (MONDAY + 7 * DAY, False)])
def test_a_week_that_is_not_over_says_so(made_at: datetime, *, is_partial: bool) -> None:
    assert ("The week is not over" in report_html(figures_of(), made_at)) is is_partial


def test_what_is_not_listed_is_counted() -> None:
    reads = [entry("admin_data_access", MONDAY + 12 * HOUR, actor="op_1") for _ in range(MOST_DETECTIONS + 2)]
    assert "2 earlier ones are not listed." in report_html(figures_of(*reads), MONDAY + 8 * DAY)


def entries_of_a_week(begins_at: datetime) -> Iterator[Entry]:
    """What a report of the week is made from, each with a number for its id."""
    for number in range(1, 2_501):
        payload = json.dumps({"actor": "lender_a", "details": {"request_ip": "10.1.1.7"}})
        at = begins_at + timedelta(minutes=4 * number)
        yield Entry(
            chain="general",
            event_id=UUID(int=number),
            occurred_at=at,
            action="score_requested" if number % 5 else "score_refused",
            payload=payload,
        )


async def test_the_report_reads_every_page_and_names_the_hash_of_the_last_entry(pool: asyncpg.Pool) -> None:
    recorded_at: datetime = await pool.fetchval("SELECT now()")
    year, number, _ = recorded_at.isocalendar()
    week = week_of(f"{year}-W{number:02d}")
    async with transaction(pool) as connection:
        await chains.append(connection, "general", list(entries_of_a_week(week.begins_at)))
        (last,) = await chains.links(connection, "general", after=2_499, limit=1)
    page = Page(await make_report(pool, FixedClock(recorded_at), week))
    assert {"2500", "1 to 2500", last.entry_hash.hex()} <= set(page.texts)
    assert page.texts.count("288") == 6  # 360 calls a day, every fifth is refused; Monday has one less, a refused one
    assert {"71", "72", "272", "69"} <= set(page.texts)


async def test_the_command_writes_the_file(pool: asyncpg.Pool, database: Database, tmp_path: Path) -> None:
    arguments = argparse.Namespace(week=WEEK, out=tmp_path / "report.html")
    await threat_report(ReportSettings(database_url=SecretStr(database.app_dsn)), arguments)
    assert "Threat report 2026-W21" in arguments.out.read_text(encoding="utf-8")
    assert COMMANDS["threat-report"].settings is ReportSettings
