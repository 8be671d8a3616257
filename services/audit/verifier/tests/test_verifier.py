"""Whatever is done to the chain by somebody who may do anything, verification names the place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from altscore_audit_verifier import rows
from altscore_audit_verifier.main import run
from altscore_libs.testing import Database

from .conftest import Forge, Notary

Report = dict[str, Any]
Verify = Callable[..., Report]


def general(report: Report) -> Report:
    return next(chain for chain in report["chains"] if chain["chain"] == "general")


def kinds(report: Report) -> set[str]:
    return {problem["kind"] for problem in general(report)["problems"]}


def test_a_whole_chain_verifies(verify: Verify, forge: Forge) -> None:
    report = verify()
    assert (report["ok"], report["status"]) == (True, 0)
    assert (general(report)["entries"], general(report)["sealed_seq"]) == (40, 20)


@pytest.mark.parametrize(
    "column",
    [
        "payload = '{\"n\":7000}'",
        "payload = payload || ' '",
        "action = 'token_issued'",
        "occurred_at = occurred_at + interval '1 microsecond'",
        "recorded_at = recorded_at - interval '1 day'",
        "event_id = gen_random_uuid()",
        "entry_hash = sha256('x')",
    ],
)
def test_a_changed_entry_is_named_exactly(verify: Verify, forge: Forge, column: str) -> None:
    forge.execute(f"UPDATE audit_log SET {column} WHERE chain = 'general' AND seq = 17")
    report = verify()
    assert (report["status"], general(report)["first_broken_seq"]) == (1, 17)


def test_an_entry_changed_together_with_its_own_hash_is_named_exactly(verify: Verify, forge: Forge) -> None:
    forge.execute("UPDATE audit_log SET payload = '{}' WHERE chain = 'general' AND seq = 17")
    forge.execute(
        "UPDATE audit_log SET entry_hash = audit_hash(chain, seq, prev_hash, event_id, occurred_at, recorded_at,"
        " action, payload) WHERE chain = 'general' AND seq = 17"
    )
    assert general(verify())["first_broken_seq"] == 17


@pytest.mark.parametrize("seq", [1, 17, 39])
def test_a_deleted_entry_is_named(verify: Verify, forge: Forge, seq: int) -> None:
    forge.execute("DELETE FROM audit_log WHERE chain = 'general' AND seq = %s", seq)
    report = verify()
    assert (general(report)["first_broken_seq"], "missing" in kinds(report)) == (seq, True)


def test_two_swapped_entries_are_named_by_the_first(verify: Verify, forge: Forge) -> None:
    forge.execute(
        "UPDATE audit_log SET seq = CASE seq WHEN 12 THEN 1030 ELSE 1012 END"
        " WHERE chain = 'general' AND seq IN (12, 30)"
    )
    forge.execute("UPDATE audit_log SET seq = seq - 1000 WHERE chain = 'general' AND seq > 1000")
    assert general(verify())["first_broken_seq"] == 12


def test_a_truncated_tail_is_named_by_the_head(verify: Verify, forge: Forge) -> None:
    forge.execute("DELETE FROM audit_log WHERE chain = 'general' AND seq > 33")
    assert general(verify())["first_broken_seq"] == 34


def test_a_tail_truncated_together_with_the_head_is_named_by_the_checkpoint(verify: Verify, forge: Forge) -> None:
    document, signature = forge.notary.checkpoint("general", 40, forge.hash_of(40))
    forge.execute("DELETE FROM audit_log WHERE chain = 'general' AND seq > 33")
    forge.execute("UPDATE audit_chain SET last_seq = 33, last_hash = %s WHERE chain = 'general'", forge.hash_of(33))
    assert verify()["status"] == 0  # nothing signed contradicts it
    forge.execute(
        "INSERT INTO audit_checkpoint VALUES ('general', 40, '', %s, %s, %s, 'x', now())",
        document,
        signature,
        forge.notary.key_id,
    )
    report = verify()
    assert (report["status"], general(report)["first_broken_seq"], kinds(report)) == (1, 34, {"truncated"})


def test_a_tail_truncated_together_with_the_head_is_named_by_the_last_look(
    verify: Verify, forge: Forge, state: Path
) -> None:
    assert verify("--state", str(state))["ok"] is True
    forge.execute("DELETE FROM audit_log WHERE chain = 'general' AND seq > 33")
    forge.execute("UPDATE audit_chain SET last_seq = 33, last_hash = %s WHERE chain = 'general'", forge.hash_of(33))
    assert general(verify("--state", str(state)))["first_broken_seq"] == 34


def test_a_chain_rewritten_with_fitting_hashes_contradicts_the_checkpoint(verify: Verify, forge: Forge) -> None:
    forge.rewrite_from(9)
    report = verify()
    assert (report["status"], general(report)["first_broken_seq"], kinds(report)) == (1, 20, {"rewritten"})


def test_a_chain_rewritten_behind_the_checkpoint_contradicts_the_last_look(
    verify: Verify, forge: Forge, state: Path
) -> None:
    verify("--state", str(state))
    forge.rewrite_from(25)
    assert verify()["ok"] is True
    report = verify("--state", str(state))
    assert (report["status"], general(report)["first_broken_seq"]) == (1, 40)
    assert json.loads(state.read_text())["chains"]["general"]["entry_hash"] != forge.hash_of(40).hex()


def test_an_entry_written_past_the_function_is_named(verify: Verify, forge: Forge) -> None:
    forge.execute(
        "INSERT INTO audit_log SELECT chain, 41, gen_random_uuid(), occurred_at, recorded_at, action, payload,"
        " prev_hash, entry_hash FROM audit_log WHERE chain = 'general' AND seq = 40"
    )
    assert general(verify())["first_broken_seq"] == 41


def test_a_checkpoint_by_an_unknown_key_is_not_accepted(verify: Verify, forge: Forge, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other_notary = type(forge.notary)(tmp_path / "other")
    document, signature = other_notary.checkpoint("general", 20, forge.hash_of(20))
    forge.execute("UPDATE audit_checkpoint SET document = %s, signature = %s", document, signature)
    assert kinds(verify()) == {"checkpoint"}


def test_a_checkpoint_moved_to_another_place_is_not_accepted(verify: Verify, forge: Forge) -> None:
    forge.execute("UPDATE audit_checkpoint SET seq = 21")
    assert general(verify())["first_broken_seq"] == 21


def in_ranges_of_ten(dsn: str, connection: psycopg.Connection[Any], *, workers: int) -> rows.Recomputed:
    return rows.check_chain(dsn, connection, "general", last_seq=40, workers=workers, min_range=10, tile=2)


def test_long_chains_are_recomputed_in_ranges_of_one_snapshot(database: Database, forge: Forge) -> None:
    forge.execute("UPDATE audit_log SET payload = '{}' WHERE chain = 'general' AND seq IN (21, 31)")
    with rows.snapshot(database.app_dsn) as connection:
        problem = in_ranges_of_ten(database.app_dsn, connection, workers=2).problem
    assert problem is not None
    assert problem.seq == 21


def test_an_entry_gone_at_the_border_of_two_ranges_is_named(database: Database, forge: Forge) -> None:
    forge.execute("DELETE FROM audit_log WHERE chain = 'general' AND seq = 20")
    with rows.snapshot(database.app_dsn) as connection:
        problem = in_ranges_of_ten(database.app_dsn, connection, workers=4).problem
    assert problem is not None
    assert problem.seq == 20


def test_an_unreadable_state_file_proves_nothing_and_says_so(verify: Verify, forge: Forge, state: Path) -> None:
    state.write_text("{", encoding="utf-8")
    report = verify("--state", str(state))
    assert (report["ok"], report["status"]) == (None, 2)


def test_without_a_key_nothing_is_proven(
    database: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--dsn", database.app_dsn, "--public-key", str(tmp_path), "--json"]) == 2


def test_without_a_database_nothing_is_proven_and_the_password_stays_hidden(
    notary: Notary, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--dsn", "postgresql://x:hush@127.0.0.1:1/none", "--public-key", str(notary.public_key)]) == 2
    assert "hush" not in capsys.readouterr().out


def test_people_get_a_line_per_chain(database: Database, forge: Forge, capsys: pytest.CaptureFixture[str]) -> None:
    forge.execute("UPDATE audit_log SET payload = '{}' WHERE chain = 'general' AND seq = 17")
    assert run(["--dsn", database.app_dsn, "--public-key", str(forge.notary.public_key)]) == 1
    assert "general: BROKEN at 17" in capsys.readouterr().out


def test_the_verifier_shares_no_code_with_what_it_verifies() -> None:
    sources = sorted((Path(rows.__file__).parent).glob("*.py"))
    assert len(sources) > 5
    packages = ("altscore_" + "audit ", "altscore_" + "audit.", "altscore_" + "libs")
    for source in sources:
        imports = [line for line in source.read_text().splitlines() if line.startswith(("import ", "from "))]
        assert not [line for line in imports if any(package in line + " " for package in packages)]


def test_reading_needs_no_more_than_a_reading_role(database: Database, forge: Forge) -> None:
    with rows.snapshot(database.app_dsn) as connection, pytest.raises(psycopg.Error):
        connection.execute("SELECT audit_append('general', '{}', '{}', '{}', '{}')")
