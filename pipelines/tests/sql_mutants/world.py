"""The ledgers whose tables tests compare with values from elsewhere, as one lake that must equal the oracle first."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from altscore_pipelines.bronze import read_bronze
from altscore_pipelines.plan import write_tables
from altscore_pipelines.storage import FolderStorage
from ledgers import Batch, golden_ledger, retailer_id, token
from number_probe import months_sql
from oracle.comparison import Row, Rows, by_column, differences
from oracle.delivery import deliver
from oracle.features import gold_row, states_at
from oracle.generator import generated_ledger
from oracle.history import SNAPSHOTS
from oracle.labels import labels_at
from oracle.reading import ledger_of
from oracle.records import Document, Ledger, Master
from oracle.tables import ALLOCATION_KEY, INVOICE_KEY, allocation_rows, invoice_rows
from snapshot_lake import identities_of
from test_labels import CASES, SHORT, SHORT_DAYS, short_ledgers
from test_labels import SNAPSHOT as LABELS_BY_HAND
from test_labels import ledger as ledger_of_labels

from sql_mutants.lake import MutantLake
from sql_mutants.places import Change
from sql_mutants.project import RUN_ID, compiled, marked_copy

DAYS = tuple(reversed(SNAPSHOTS))
LABEL_DAYS = (*SNAPSHOTS, date.fromisoformat(LABELS_BY_HAND))


@dataclass
class World:
    """A lake, every change of its SQL, and the ledger that it was made of."""

    ledger: Ledger
    lake: MutantLake
    changes: Sequence[Change]


def make_world(root: Path, *, retailers: int, seed: int) -> World:
    """Delivers the ledgers, compiles the marked SQL once and makes the tables."""
    ledger = generated_ledger(retailers, seed=seed)
    _add(ledger, [ledger_of_labels()], names=tuple(CASES))
    _add(ledger, short_ledgers(), names=tuple(SHORT))
    _add(ledger, golden_ledger(), names=("asha", "bina", "dev"))
    lake = FolderStorage(root / "lake-bucket")
    for batch in deliver(ledger, batches=3):
        batch.write(root / "bronze-bucket")
    content = read_bronze(FolderStorage(root / "bronze-bucket"))
    assert content.set_aside == []
    write_tables(lake, RUN_ID, batches=content.batches, identities=identities_of(ledger))
    marker, variables = marked_copy(root / "dbt")
    run = {"as_of": DAYS[0].isoformat(), "label_snapshots": [day.isoformat() for day in LABEL_DAYS]}
    models = compiled(root / "dbt", root / "work", lake, variables={**variables, **run})
    by_name = {model.name: model for model in models}
    label_days = variables["label_days"]
    models += [
        replace(by_name["labels"], name="labels_short", sql=by_name["labels"].sql.replace(label_days, str(SHORT_DAYS))),
        replace(
            by_name["feat_month"], name="feat_month_probe", sql=_on_probe(by_name["feat_month"].sql), reads=frozenset()
        ),
    ]
    return World(ledger, MutantLake(models, DAYS), marker.changes())


def _on_probe(sql: str) -> str:
    return sql.replace("@int_month@", months_sql())


def gaps(world: World) -> dict[str, object]:
    """Where the SQL as it is differs from the oracle: nothing, or no change can be judged."""
    differing: dict[str, object] = {}
    for day in DAYS:
        states = states_at(world.ledger, day)
        gold: dict[tuple[object, ...], Row] = {
            (retailer_id(name),): gold_row(world.ledger, name, own, as_of=day) for name, own in states.items()
        }
        expected: dict[str, tuple[tuple[str, ...], Rows]] = {
            "retailer_features": (("retailer_id",), gold),
            "silver_allocation": (ALLOCATION_KEY, allocation_rows(states, retailer_id)),
            "silver_invoice": (INVOICE_KEY, invoice_rows(states, retailer_id)),
        }
        for table, (key, rows) in expected.items():
            actual = _keyed(world.lake.rows(day, table), key)
            differing |= {f"{table} {day} {name}": gap for name, gap in by_column(differences(rows, actual)).items()}
    final = states_at(world.ledger, DAYS[0])
    labels = {
        (day, retailer_id(name)): {"label_invoices": count, "label_bad": is_bad}
        for day in LABEL_DAYS
        for name, (count, is_bad) in labels_at(day, final).items()
    }
    actual = _keyed(world.lake.rows(DAYS[0], "labels"), ("as_of_on", "retailer_id"))
    return differing | {f"labels {name}": gap for name, gap in by_column(differences(labels, actual)).items()}


def _keyed(rows: Sequence[Row], key: Sequence[str]) -> dict[object, Row]:
    keyed: dict[object, Row] = {tuple(row.pop(column) for column in key): row for row in rows}
    for row in keyed.values():
        row.pop("record_id", None)
    return keyed


def _add(ledger: Ledger, batches: Sequence[Batch], *, names: Sequence[str]) -> None:
    """A ledger written by hand beside the generated ones, under its own distributors."""
    distributors = {batch.distributor for batch in batches}
    own = ledger_of(batches, {token(place, name): name for place in distributors for name in names})
    for name, distributor in own.distributors.items():
        known = ledger.distributors.get(name)
        place = len(ledger.distributors) if known is None else known.place
        ledger.distributors[name] = replace(distributor, place=place)
    statements: list[Document | Master] = [*own.documents, *own.masters]
    for statement in statements:
        ledger.owners[_renamed(own, statement)] = own.owners[statement.ledger]
    ledger.documents += [replace(document, ledger=_renamed(own, document)) for document in own.documents]
    ledger.masters += [replace(master, ledger=_renamed(own, master)) for master in own.masters]
    ledger.consented |= own.consented


def _renamed(own: Ledger, statement: Document | Master) -> str:
    return f"{own.owners[statement.ledger]}/{statement.distributor}/1"
