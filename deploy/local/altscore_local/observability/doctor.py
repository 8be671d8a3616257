"""`make doctor`: what is wrong with a running stack, in plain words, and which runbook to open. It only looks."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from altscore_local import audit_witness
from altscore_local.layout import Layout
from altscore_local.observability.scrape import Page, Sample, read_page
from altscore_local.observability.server import ALERTMANAGER, GRAFANA, PROMETHEUS
from altscore_local.services import TABLE
from altscore_local.status import DOWN, NOT_READY, OFF, Row

ALERTS = "docs/runbooks/alerts"
_TIMEOUT_S = 5.0
_DAY_S = 86_400
_GOLD_S = 4 * 3600


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Args:
        what: in a sentence.
        runbook: page and heading.
    """

    what: str
    runbook: str


@dataclass(frozen=True)
class Threshold:
    """A threshold of one metric, the same as that of the alert behind `runbook`.

    Args:
        metric: its name.
        is_wrong: of the value and the present, Unix time.
        what: the sentence; {process}, {value} and the metric's labels stand for themselves.
        runbook: page and heading below docs/runbooks/alerts.
    """

    metric: str
    is_wrong: Callable[[float, float], bool]
    what: str
    runbook: str


CHECKS = (
    Threshold(
        metric="altscore_state_measured_timestamp_seconds",
        is_wrong=lambda value, now: now - value > 120,
        what="{process} has not read its database for more than two minutes: its figures below may be old",
        runbook="processes.md#statenotmeasured",
    ),
    Threshold(
        metric="altscore_certificate_expires_timestamp_seconds",
        is_wrong=lambda value, now: value - now < 14 * _DAY_S,
        what="the certificate {file} that {process} uses ends within 14 days",
        runbook="processes.md#certificateends",
    ),
    Threshold(
        metric="altscore_outbox_oldest_age_seconds",
        is_wrong=lambda value, _: value > 60,
        what="an event of {process} has waited {value:.0f} seconds for the broker",
        runbook="events.md#outboxwaits",
    ),
    Threshold(
        metric="altscore_parked_events",
        is_wrong=lambda value, _: value > 0,
        what="{value:.0f} events of {topic} are set aside in {process}",
        runbook="events.md#eventsparked",
    ),
    Threshold(
        metric="altscore_refused_events",
        is_wrong=lambda value, _: value > 0,
        what="{value:.0f} messages on {topic} were refused by {process} as {reason}",
        runbook="events.md#eventsrefused",
    ),
    Threshold(
        metric="altscore_webhook_oldest_waiting_age_seconds",
        is_wrong=lambda value, _: value > 30,
        what="a retailer's message has waited {value:.0f} seconds for a decision; it may be a withdrawal",
        runbook="consent.md#answerswait",
    ),
    Threshold(
        metric="altscore_webhook_parked",
        is_wrong=lambda value, _: value > 0,
        what="{value:.0f} messages of retailers wait for a person",
        runbook="consent.md#answersparked",
    ),
    Threshold(
        metric="altscore_consent_tampered_total",
        is_wrong=lambda value, _: value > 0,
        what="{process} read stored consents that are not what was signed",
        runbook="consent.md#consenttampered",
    ),
    Threshold(
        metric="altscore_consent_overdue_expiries",
        is_wrong=lambda value, _: value > 0,
        what="{value:.0f} consents have ended and are not marked as expired",
        runbook="consent.md#expiriesoverdue",
    ),
    Threshold(
        metric="altscore_ingest_incomplete_batches",
        is_wrong=lambda value, _: value > 0,
        what="{value:.0f} batches were accepted and are not complete",
        runbook="pipeline.md#batchesincomplete",
    ),
    Threshold(
        metric="altscore_ingest_pending_manifests",
        is_wrong=lambda value, _: value > 0,
        what="{value:.0f} batches count and the lake does not see them",
        runbook="pipeline.md#manifestsowed",
    ),
    Threshold(
        metric="altscore_ingest_connector_certificates_ending",
        is_wrong=lambda value, _: value > 0,
        what="the certificates of {value:.0f} distributors end within 14 days",
        runbook="pipeline.md#connectorcertificatesend",
    ),
    Threshold(
        metric="altscore_scoring_oldest_job_age_seconds",
        is_wrong=lambda value, _: value > 1800,
        what="a Gold run has waited {value:.0f} seconds to be scored",
        runbook="scoring.md#scoringwaits",
    ),
    Threshold(
        metric="altscore_scoring_newest_job_blocked",
        is_wrong=lambda value, _: value > 0,
        what="the newest run was blocked as a whole: lenders get older scores",
        runbook="scoring.md#runblocked",
    ),
    Threshold(
        metric="altscore_scoring_psi",
        is_wrong=lambda value, _: value > 0.2,
        what="the population has shifted: PSI {value:.2f}",
        runbook="scoring.md#populationdrift",
    ),
    Threshold(
        metric="altscore_scoring_frozen",
        is_wrong=lambda value, _: value > 0,
        what="scoring is frozen: runs are kept and nothing is scored",
        runbook="scoring.md#scoringfrozen",
    ),
    Threshold(
        metric="altscore_notification_halted",
        is_wrong=lambda value, _: value > 0,
        what="{channel} refuses every message",
        runbook="messages.md#providerrefuses",
    ),
    Threshold(
        metric="altscore_notification_oldest_waiting_age_seconds",
        is_wrong=lambda value, _: value > 1800,
        what="a message to a retailer has waited {value:.0f} seconds",
        runbook="messages.md#messageswait",
    ),
    Threshold(
        metric="altscore_audit_chain_broken_seq",
        is_wrong=lambda value, _: value > 0,
        what="entry {value:.0f} of the audit chain {chain} does not follow",
        runbook="audit.md#auditchainbroken",
    ),
    Threshold(
        metric="altscore_audit_missing",
        is_wrong=lambda value, _: value > 0,
        what="{value:.0f} events of {producer} have not arrived at audit (normal for a moment)",
        runbook="audit.md#auditmissing",
    ),
    Threshold(
        metric="altscore_audit_verifier_problems",
        is_wrong=lambda value, _: value > 0,
        what="the witness names {value:.0f} contradictions in the audit chain {chain}",
        runbook="audit.md#audittampered",
    ),
    Threshold(
        metric="altscore_audit_unsigned_age_seconds",
        is_wrong=lambda value, _: value > 300,
        what="entries of the audit chain {chain} have been unsigned for {value:.0f} seconds",
        runbook="audit.md#auditunsigned",
    ),
    Threshold(
        metric="altscore_redis_up",
        is_wrong=lambda value, _: value == 0,
        what="Redis does not answer: limits are counted per process",
        runbook="redis.md#redisdown",
    ),
    Threshold(
        metric="altscore_redis_evicted_keys",
        is_wrong=lambda value, _: value > 0,
        what="Redis dropped {value:.0f} keys: quotas and disclosures may be lost",
        runbook="redis.md#redisevicts",
    ),
    Threshold(
        metric="altscore_admin_grievances_overdue",
        is_wrong=lambda value, _: value > 0,
        what="{value:.0f} grievances are overdue",
        runbook="access.md#grievancesoverdue",
    ),
    Threshold(
        metric="altscore_admin_rights_overdue",
        is_wrong=lambda value, _: value > 0,
        what="{value:.0f} rights requests are overdue",
        runbook="access.md#rightsoverdue",
    ),
)


def findings(rows: Sequence[Row], pages: Sequence[Page], *, now_s: float) -> list[Finding]:
    """Everything that is wrong.

    Args:
        rows: what `status` says of each process.
        pages: what the processes of ours say that should run.
        now_s: the present, Unix time.
    """
    return [*_of_rows(rows), *_of_pages(rows, pages), *_of_samples(pages, now_s), *_of_gold(pages, now_s)]


def _of_rows(rows: Sequence[Row]) -> Iterator[Finding]:
    for row in rows:
        if row.health == DOWN:
            command = "make observe" if row.name in (PROMETHEUS, ALERTMANAGER, GRAFANA) else "make up"
            yield Finding(f"{row.name} should run and does not: `{command}`", f"{ALERTS}/processes.md#processdown")
        elif row.health == NOT_READY:
            what = f"{row.name} runs (pid {row.pid}) and is not ready: it hangs, or something it needs is away"
            yield Finding(what, f"{ALERTS}/processes.md#processdown")


def _of_pages(rows: Sequence[Row], pages: Sequence[Page]) -> Iterator[Finding]:
    down = {row.name for row in rows if row.health == DOWN}
    for page in pages:
        if not page.is_up and page.process not in down:
            what = f"{page.process} does not answer on its internal port: its figures are not known"
            yield Finding(what, f"{ALERTS}/processes.md#processdown")
        for dependency in page.failed:
            what = f"{page.process} cannot use its {dependency}"
            yield Finding(what, f"{ALERTS}/processes.md#dependencydown")


def _of_samples(pages: Sequence[Page], now_s: float) -> Iterator[Finding]:
    checks = {check.metric: check for check in CHECKS}
    for page in pages:
        for sample in page.samples:
            check = checks.get(sample.name)
            if check is not None and check.is_wrong(sample.value, now_s):
                what = check.what.format(process=page.process, value=sample.value, **sample.labels)
                yield Finding(what, f"{ALERTS}/{check.runbook}")


def _of_gold(pages: Sequence[Page], now_s: float) -> Iterator[Finding]:
    """Without a history only the newest batch is known: it waits, when it is four hours old and Gold is older."""
    batch = _newest(pages, "altscore_ingest_newest_batch_timestamp_seconds")
    gold = _newest(pages, "altscore_scoring_gold_timestamp_seconds")
    if batch is not None and now_s - batch > _GOLD_S and (gold is None or gold < batch):
        what = f"a batch has waited {(now_s - batch) / 3600:.1f} hours for a Gold run"
        yield Finding(what, f"{ALERTS}/pipeline.md#goldlate")


def _newest(pages: Sequence[Page], metric: str) -> float | None:
    return max((sample.value for sample in _all_samples(pages) if sample.name == metric), default=None)


def _all_samples(pages: Sequence[Page]) -> Iterator[Sample]:
    for page in pages:
        yield from page.samples


def firing_alerts(layout: Layout) -> list[Finding] | None:
    """The alerts that Prometheus has; None where it does not run."""
    url = f"http://127.0.0.1:{layout.port(PROMETHEUS)}/api/v1/alerts"
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as response:  # loopback, our own URL
            alerts = json.load(response)["data"]["alerts"]
    except (OSError, ValueError):
        return None
    return [
        Finding(
            f"{alert['labels']['alertname']}: {alert['annotations']['summary']}", alert["annotations"]["runbook_url"]
        )
        for alert in alerts
        if alert["state"] == "firing"
    ]


def examine(layout: Layout, rows: Sequence[Row], report: Callable[[str], None]) -> int:
    """Reports what is wrong; the exit status: 0 nothing is, 1 something is or nothing runs."""
    if not rows:
        report("nothing runs: `make up` starts the stack")
        return 1
    running = {row.name for row in rows if row.pid is not None}
    asked = [service for service in TABLE if service.name in running]
    ports = {service.name: layout.shifted(service.internal_port) for service in asked}
    if audit_witness.NAME in running:
        ports[audit_witness.NAME] = layout.port(audit_witness.NAME)
    with ThreadPoolExecutor(max_workers=8) as pool:
        pages = list(pool.map(lambda name: read_page(name, ports[name]), ports))
    wrong_now = findings(rows, pages, now_s=time.time())
    alerts = firing_alerts(layout)
    wrong = list(dict.fromkeys([*wrong_now, *(alerts or ())]))
    for finding in wrong:
        report(f"* {finding.what}\n    {finding.runbook}")
    looked = f"{sum(row.health != OFF for row in rows)} processes, {len(pages)} pages of metrics"
    report(f"looked at {looked}; {'Prometheus is not running: no alerts' if alerts is None else 'and the alerts'}")
    report(f"{len(wrong)} findings" if wrong else "nothing is wrong")
    return 1 if wrong else 0
