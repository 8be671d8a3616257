"""The independent verifier tells a segment that two persons had deleted from any other deletion, online and offline."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from altscore_audit.segments.schemas import segment_out
from altscore_audit.segments.service import SegmentProofService
from altscore_audit_verifier.proof import run as prove
from altscore_audit_verifier.signatures import load_keys
from altscore_audit_verifier.verify import verify
from altscore_libs.testing import Database

from .test_service import World, links, world

__all__ = ["links", "world"]


TAMPERINGS = (
    ("audit_segment_deletion", "DELETE FROM audit_segment_deletion", ("general", "missing", 1)),
    (
        "audit_segment_deletion",
        "UPDATE audit_segment_deletion SET record = replace(record, 'ravi', 'maya')",
        ("general", "deletion", 1),
    ),
    (
        "audit_segment",
        "UPDATE audit_segment SET document = replace(document, '2018-05', '2017-05')",
        ("general", "segment", 512),
    ),
    ("audit_tree_node", "UPDATE audit_tree_node SET hash = sha256('x') WHERE index = 0", ("general", "deletion", 1)),
    ("audit_log", "UPDATE audit_log SET payload = '{}' WHERE seq = 513", ("general", "changed", 513)),
    ("audit_log", "DELETE FROM audit_log WHERE seq = 513", ("general", "missing", 513)),
    ("audit_log", "DELETE FROM audit_log WHERE seq = 902", ("general", "missing", 902)),
)


def problems_of(database: Database, folder: Path) -> list[tuple[str, str, int]]:
    """Everything that the verifier names in the general chain."""
    reports = verify(database.app_dsn, load_keys([folder]))
    return [(report.chain, problem.kind, problem.seq) for report in reports for problem in report.problems]


async def deleted(world: World) -> None:
    """May was deleted as two persons decided."""
    may, _ = await world.close_months()
    await world.hand_over(await world.decision(may))
    await world.run()


async def test_a_deletion_that_was_decided_is_no_contradiction_and_any_other_change_is(
    world: World, tmp_path: Path, *, database: Database, superuser: psycopg.Connection
) -> None:
    await deleted(world)
    [_, general] = verify(database.app_dsn, load_keys([tmp_path]))
    assert (general.problems, general.entries, general.deleted_seq) == ([], 902, 512)
    (tmp_path / "promotion.pem").rename(tmp_path / "promotion.away")
    assert ("general", "deletion", 1) in problems_of(database, tmp_path)  # whose key is not on the list
    (tmp_path / "promotion.away").rename(tmp_path / "promotion.pem")
    for table, tampering, expected in TAMPERINGS:
        superuser.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        superuser.execute(f"CREATE TEMP TABLE kept AS TABLE {table}")
        superuser.execute(tampering)
        assert expected in problems_of(database, tmp_path), tampering
        superuser.execute(f"DELETE FROM {table}")
        superuser.execute(f"INSERT INTO {table} TABLE kept")
        superuser.execute("DROP TABLE kept")
    assert problems_of(database, tmp_path) == []


async def test_the_decision_and_the_kept_root_are_proven_offline(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await deleted(world)
    service = SegmentProofService(world.pool, world.keys, world.clock)
    answer = {"segments": [segment_out(proven).model_dump(mode="json") for proven in await service.known("general")]}

    def proven(changed: dict[str, Any]) -> tuple[int, str]:
        (tmp_path / "bundle.json").write_text(json.dumps(changed))
        return prove([str(tmp_path / "bundle.json"), "--public-key", str(tmp_path)]), capsys.readouterr().out

    status, verdict = proven(answer)
    assert (status, verdict.splitlines()[0]) == (
        0,
        "proven: general/1 to 512 (2018-05) are in the signed tree of 901; asha and ravi decided to delete them",
    )
    may, june = answer["segments"]
    assert (may["is_gone"], june["is_gone"], june["decision"]) == (True, False, None)
    other_key = {**may["decision"], "key_id": may["decision"]["key_id"].replace("promotion", "erasure-report")}
    for member, value in (
        ("decision", None),
        ("decision", other_key),
        ("decision", {**may["decision"], "record": may["decision"]["record"].replace("ravi", "maya")}),
        ("segment", june["segment"]),
        (
            "segment",
            {**may["segment"], "document": may["segment"]["document"].replace('"first_seq":1', '"first_seq":9')},
        ),
        ("path", may["path"][1:]),
        ("path", june["path"]),
    ):
        assert proven({**may, member: value})[0] == 1, (member, value)
    assert proven(may)[0] == 0
