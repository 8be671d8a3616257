"""SAP Business One: what the receiver holds is the ledger to the paisa after every sync, or the difference is named."""

import copy
from pathlib import Path

import pytest
from ledger_histories.sap_b1 import History, play, play_memories
from simulators_sap_b1.changes import apply_change

from .chunks import chunks, play_chunk


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", chunks(quarters=3))
def test_any_history_ends_as_the_ledger_or_names_the_difference(tmp_path: Path, first: int) -> None:
    play_chunk(play, first, tmp_path)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", chunks(quarters=1))
def test_so_does_any_in_which_the_connectors_memory_is_put_back_or_lost(tmp_path: Path, first: int) -> None:
    play_chunk(play_memories, first, tmp_path)


@pytest.mark.parametrize("change", [{"amount": "99.00"}, {"on": "2026-07-09"}, {"partner": "C00004"}], ids=str)
def test_after_a_restored_backup_the_company_counts_although_its_update_dates_went_back(
    change: dict[str, str],
) -> None:
    history = History(1)
    history.compare(history.sync())
    backup = copy.deepcopy(history.service.company)
    apply_change(history.service.company, {"op": "change", "kind": "invoice", "entry": 1001, **change})
    history.compare(history.sync())
    history.service.company = backup
    history.compare(history.sync())
    assert history.sync().submitted == 0
