"""Silver, Gold and labels of generated retailers are those of a walk in exact fractions that shares no SQL."""

import os
from dataclasses import dataclass
from fractions import Fraction

import pytest
from ledgers import AS_OF, golden_ledger, retailer_id, token
from oracle.comparison import Row, by_column, differences
from oracle.delivery import deliver, deliver_otherwise
from oracle.features import gold_row, states_at
from oracle.generator import generated_ledger
from oracle.history import SNAPSHOTS
from oracle.labels import Label, labels_at
from oracle.reading import ledger_of
from oracle.records import Ledger
from oracle.settlement import AccountState
from oracle.tables import ALLOCATION_KEY, INVOICE_KEY, allocation_rows, invoice_rows
from snapshot_lake import Snapshot, SnapshotLake, identities_of, run_dbt
from test_golden import ASHA, BINA, DEV

pytestmark = pytest.mark.timeout(1_800)
RETAILERS = int(os.environ.get("ORACLE_RETAILERS", "1000"))
SEED = int(os.environ.get("ORACLE_SEED", "13"))
RUNS = {day.isoformat(): day for day in SNAPSHOTS}
FINAL = SNAPSHOTS[-1].isoformat()
GOLD = ("path:models/silver", "retailer_features")


@dataclass
class Comparison:
    """A ledger, the lake of it, a lake of the same statements delivered otherwise, and the oracle's walk."""

    ledger: Ledger
    lake: SnapshotLake
    other_lake: SnapshotLake
    states: dict[str, dict[str, list[AccountState]]]
    gold: dict[str, dict[tuple[object, ...], Row]]

    def rows(self, layer: str, run: str, name: str, key: tuple[str, ...]) -> dict[tuple[object, ...], Row]:
        """Rows of a table by their key."""
        rows = self.lake.table(layer, run, name).to_pylist()
        by_key = {tuple(row.pop(column) for column in key): row for row in rows}
        assert len(by_key) == len(rows)
        return by_key

    def labels(self, run: str) -> dict[str, Label]:
        """The oracle's labels of a snapshot."""
        return labels_at(RUNS[run], self.states[FINAL])


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    root = tmp_path_factory.mktemp("oracle")
    ledger = generated_ledger(RETAILERS, seed=SEED)
    identities = identities_of(ledger)
    lake = SnapshotLake(root / "lake", deliver(ledger, batches=3), identities)
    other_lake = SnapshotLake(root / "other", deliver_otherwise(ledger, batches=5, seed=SEED), identities)
    snapshots = {run: Snapshot(day, GOLD) for run, day in RUNS.items()}
    snapshots[FINAL] = Snapshot(SNAPSHOTS[-1], [*GOLD, "labels"], label_days=SNAPSHOTS)
    otherwise = {FINAL: Snapshot(SNAPSHOTS[-1], GOLD)}
    run_dbt(root / "work", lake.invocations(snapshots) + other_lake.invocations(otherwise))
    states = {run: states_at(ledger, day) for run, day in RUNS.items()}
    gold: dict[str, dict[tuple[object, ...], Row]] = {
        run: {(retailer_id(name),): gold_row(ledger, name, own, as_of=RUNS[run]) for name, own in of_run.items()}
        for run, of_run in states.items()
    }
    return Comparison(ledger, lake, other_lake=other_lake, states=states, gold=gold)


def _as_stored(value: object) -> object:
    return float(value) if isinstance(value, Fraction) else value


@pytest.mark.parametrize(("name", "by_hand"), [("asha", ASHA), ("dev", DEV), ("bina", BINA)])
def test_the_oracle_gives_what_is_worked_out_by_hand(name: str, by_hand: dict[str, object]) -> None:
    owners = {token(distributor, own): own for distributor in ("dist_one", "dist_two") for own in (name, "asha")}
    ledger = ledger_of(golden_ledger(), owners)
    ledger.verified.add("asha")
    row = gold_row(ledger, name, states_at(ledger, AS_OF)[name], as_of=AS_OF)
    values = {column: _as_stored(row[column]) for column in by_hand}
    assert by_column(differences({(name,): by_hand}, {(name,): values})) == {}


def test_null_is_not_zero_and_a_billionth_is_no_difference() -> None:
    expected = {("r",): {"none": None, "zero": 0, "third": Fraction(1, 3), "day": AS_OF}}
    actual = {("r",): {"none": 0.0, "zero": None, "third": 1 / 3 + 1e-10, "day": AS_OF}}
    assert set(by_column(differences(expected, actual))) == {"none", "zero"}
    assert set(by_column(differences(expected, {("r",): expected["r",] | {"third": 0.3333}}))) == {"third"}
    assert set(by_column(differences(expected, {}))) == {"row"}


@pytest.mark.parametrize("run", RUNS)
def test_every_column_of_gold_is_the_oracles(world: Comparison, run: str) -> None:
    actual = world.rows("gold", run, "retailer_features", ("retailer_id",))
    assert len(actual) > RETAILERS / 2
    assert by_column(differences(world.gold[run], actual)) == {}


def test_the_ledger_moves_every_column(world: Comparison) -> None:
    """A column that is the same for all retailers, or never NULL where it may be, proves nothing."""
    rows = [row for run in RUNS for row in world.gold[run].values()]
    values = {column: {row[column] for row in rows} for column in rows[0]}
    assert [column for column, own in values.items() if len(own) < 3] == []
    always_there = {column for column, own in values.items() if None not in own}
    assert not always_there & {"delay_mean_days", "festive_share", "lines_slope_ratio", "return_rate", "district"}


@pytest.mark.parametrize("run", RUNS)
def test_every_credit_pays_what_the_oracle_lets_it_pay(world: Comparison, run: str) -> None:
    expected = allocation_rows(world.states[run], retailer_id)
    assert len(expected) > 5 * RETAILERS
    assert by_column(differences(expected, world.rows("silver", run, "allocation", ALLOCATION_KEY))) == {}


@pytest.mark.parametrize("run", RUNS)
def test_every_invoice_is_settled_to_the_paisa(world: Comparison, run: str) -> None:
    actual = world.rows("silver", run, "invoice", INVOICE_KEY)
    for row in actual.values():
        del row["record_id"]
    assert by_column(differences(invoice_rows(world.states[run], retailer_id), actual)) == {}


@pytest.mark.parametrize("run", RUNS)
def test_every_label_is_the_oracles(world: Comparison, run: str) -> None:
    labels = world.labels(run)
    expected = {
        (RUNS[run], retailer_id(name)): {"label_invoices": count, "label_bad": is_bad}
        for name, (count, is_bad) in labels.items()
    }
    rows = world.rows("gold", FINAL, "labels", ("as_of_on", "retailer_id"))
    actual = {key: row for key, row in rows.items() if key[0] == RUNS[run]}
    assert by_column(differences(expected, actual)) == {}


def test_labels_are_of_every_kind(world: Comparison) -> None:
    labels = [label for run in RUNS for _, label in world.labels(run).values()]
    assert min(labels.count(kind) for kind in (0, 1, None)) > RETAILERS / 50


def test_any_order_any_batches_and_records_sent_twice_give_the_same_bytes(world: Comparison) -> None:
    assert world.other_lake.gold_bytes(FINAL) == world.lake.gold_bytes(FINAL)
