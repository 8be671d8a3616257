"""Tally: what the receiver holds is the ledger to the paisa after every sync, or the difference is named."""

from datetime import date
from pathlib import Path

import pytest
from ledger_histories.tally import History, play, play_backups, play_memories
from simulators_tally.edited import EditedCompany
from simulators_tally.server import served

from .chunks import chunks, play_chunk


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", chunks(quarters=2))
def test_any_history_ends_as_the_ledger_or_names_the_difference(tmp_path: Path, first: int) -> None:
    play_chunk(play, first, tmp_path)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", chunks(quarters=1))
def test_so_does_any_in_which_the_connectors_memory_is_put_back_or_lost(tmp_path: Path, first: int) -> None:
    play_chunk(play_memories, first, tmp_path)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", chunks(quarters=1))
def test_so_does_any_in_which_backups_are_put_back_and_nobody_waits(tmp_path: Path, first: int) -> None:
    play_chunk(play_backups, first, tmp_path)


def test_so_does_a_history_over_http() -> None:
    with served() as (url, tally):
        for number in range(20):
            assert History(number, tally, url=url).run().syncs > 0


def test_vouchers_after_a_restored_backup_without_any_are_all_read(tmp_path: Path) -> None:
    # A sync saw the company empty; then Tally counted from the start and passed the connector's mark.
    assert play(1940, tmp_path).syncs > 0


def test_a_deleted_voucher_that_a_restored_backup_brings_back_counts_again(tmp_path: Path) -> None:
    # An edit after the backup was never read, so that the counter went back to the connector's mark and not below it.
    assert play(5156, tmp_path).syncs > 0


def test_two_parties_never_have_one_name_after_a_restored_backup() -> None:
    ledger = EditedCompany(0, date(2026, 9, 10), works_on=True)
    ledger.back_up()
    while set(ledger.parties.values()) & {f"Shop {number}" for number in range(4)}:
        ledger.rename()
        ledger.restore()
    assert len(set(ledger.parties.values())) == len(ledger.parties)
