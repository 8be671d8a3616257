"""The books of the events: for every consumer and every kind of event, produced = applied + parked."""

from dataclasses import dataclass

from demo.context import Demo

PRODUCERS = (
    *("admin", "consent", "ingestion", "notification", "pipeline"),
    *("portal", "score", "scoring", "vault", "webhook"),
)
UNSENT = "SELECT count(*) FROM outbox WHERE sent_at IS NULL"
_PRODUCED = "SELECT topic, count(*) FROM outbox WHERE NOT is_raw AND name = ANY(%s) GROUP BY topic"
_APPLIED = "SELECT topic, count(*) FROM inbox WHERE name = ANY(%s) GROUP BY topic"
# What the audit service writes about itself, as a refused caller of its own, comes out of no outbox.
_CHAINED = """
SELECT count(*) FROM audit_log WHERE action <> 'unreadable_event' AND payload::text::jsonb ->> 'producer' <> 'audit'
"""
_PARKED = "SELECT topic, count(*) FROM parked GROUP BY topic"
CONSUMED = {
    "admin": ["erp.anomaly.detected"],
    "notification": [
        "consent.invited",
        "consent.granted",
        "consent.declined",
        "consent.revoked",
        "consent.expired",
        "consent.clarification_requested",
    ],
    "score": ["score.computed", "score.blocked", "consent.granted", "consent.revoked", "consent.expired"],
    "scoring": ["pipeline.gold.ready", "model.promoted", "model.decided", "consent.revoked", "score.requested"],
}


@dataclass(frozen=True)
class Line:
    """One consumer's events of one topic."""

    consumer: str
    topic: str
    produced: int
    applied: int
    parked: int

    @property
    def is_balanced(self) -> bool:
        """Nothing lost, nothing doubled."""
        return self.produced == self.applied + self.parked

    def __str__(self) -> str:
        return f"{self.consumer:<13}{self.topic:<28}{self.produced:>7} = {self.applied} applied + {self.parked} parked"


def _by_topic(demo: Demo, database: str, query: str, *parameters: object) -> dict[str, int]:
    with demo.superuser(database) as connection:
        return {str(topic): int(count) for topic, count in connection.execute(query.encode(), parameters).fetchall()}


def lines(demo: Demo) -> list[Line]:
    """Every consumer's books, the auditor's included."""
    balances = []
    for consumer, names in CONSUMED.items():
        produced: dict[str, int] = {}
        for producer in PRODUCERS:
            for topic, count in _by_topic(demo, producer, _PRODUCED, names).items():
                produced[topic] = produced.get(topic, 0) + count
        applied, parked = _by_topic(demo, consumer, _APPLIED, names), _by_topic(demo, consumer, _PARKED)
        balances += [
            Line(
                consumer=consumer,
                topic=topic,
                produced=produced[topic],
                applied=applied.get(topic, 0),
                parked=parked.get(topic, 0),
            )
            for topic in produced
        ]
    audited = sum(demo.count(name, "SELECT count(*) FROM outbox WHERE name = 'audit_event'") for name in PRODUCERS)
    chained = demo.count("audit", _CHAINED)
    opaque = demo.count("audit", "SELECT count(*) FROM audit_log WHERE action = 'unreadable_event'")
    return [*balances, Line(consumer="audit", topic="altscore.audit", produced=audited, applied=chained, parked=opaque)]


def all_sent(demo: Demo) -> bool:
    """No outbox holds an event that the broker has not acknowledged."""
    return all(demo.count(name, UNSENT) == 0 for name in PRODUCERS)


def balanced(demo: Demo) -> bool:
    """Every outbox is empty and every book balances."""
    return all_sent(demo) and all(line.is_balanced for line in lines(demo))
