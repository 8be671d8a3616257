"""A ledger drawn from a seed whose documents can be taken out one by one, and the project's SQL over it."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from altscore_pipelines.bronze import read_bronze
from altscore_pipelines.explain.records import Key
from altscore_pipelines.explain.service import Explainer
from altscore_pipelines.hooks.dbt import PROJECT, Dbt
from altscore_pipelines.jobs.bronze_to_silver import Engine, Lakes
from altscore_pipelines.plan import Identity, RunPlan, write_plan
from altscore_pipelines.storage import FolderStorage
from lake_sql import RUN_ID, LakeSql
from ledgers import AS_OF, Batch, retailer_id, token

NAMES = ("asha", "bina", "chand", "dev")
DISTRIBUTORS = ("dist_one", "dist_two", "dist_zed")
LATE_DAYS = 60  # of the last distributor: no feature sees its accounts
_DAYS = 430
_METHODS = ("upi", "neft", "cash", "cheque", None)


@dataclass(frozen=True)
class Entry:
    """One document as `Batch` takes it."""

    key: Key
    retailer: str
    on: str
    values: dict[str, Any]

    def add_to(self, batch: Batch) -> None:
        """Writes it into its distributor's batch."""
        add = {"invoice": batch.invoice, "payment": batch.payment, "return": batch.returned}[self.key.table]
        add(self.retailer, self.key.document_id, self.on, **self.values)


def drawn_entries(seed: int, *, invoices: int = 14) -> list[Entry]:
    """Invoices, payments (named, by bill number, on account, bounced), returns (some write-offs) of every account."""
    random, entries = Random(seed), list[Entry]()
    for distributor in DISTRIBUTORS:
        for name in NAMES:
            prefix = f"{distributor[5:8]}-{name}"
            for place in range(random.randint(invoices // 2, invoices)):
                on = AS_OF - timedelta(days=random.randint(1, _DAYS))
                entries += _trade(random, Key("invoice", distributor, f"{prefix}-I{place}"), name, on=on)
    return entries


def _trade(random: Random, invoice: Key, name: str, *, on: date) -> list[Entry]:
    """An invoice with what was paid and taken back."""
    amount = random.choice((120, 300, 450, 800, 9_000)) + random.randint(0, 99)
    due = on + timedelta(days=random.choice((7, 15, 30)))
    stated = random.choice((due.isoformat(), f"~{due.isoformat()}", None))
    values: dict[str, Any] = {"amount": f"{amount}.00", "due": stated, "bill_ref": f"B/{invoice.document_id}"}
    values |= {"line_count": random.choice((None, 1, 4, 9)), "sku_category": random.choice((None, "oil", "rice"))}
    trade = [Entry(invoice, name, on=on.isoformat(), values=values)]
    if random.random() < 0.8:
        paid_on = min(due + timedelta(days=random.randint(-10, 60)), AS_OF - timedelta(days=1))
        key = invoice._replace(table="payment", document_id=invoice.document_id.replace("-I", "-P"))
        naming = random.choice(({"invoice_id": invoice.document_id}, {"bill_ref": values["bill_ref"]}, {}, {}))
        paid = {"amount": f"{random.choice((amount, amount // 2, amount + 50))}.00", **naming}
        paid |= {"payment_method": random.choice(_METHODS), "is_bounced": random.random() < 0.15}
        trade.append(Entry(key, name, on=max(paid_on, on).isoformat(), values=paid))
    if random.random() < 0.25:
        back_on = min(due + timedelta(days=random.choice((-5, 10, 60))), AS_OF - timedelta(days=1))
        key = invoice._replace(table="return", document_id=invoice.document_id.replace("-I", "-R"))
        named = {"invoice_id": invoice.document_id} if random.random() < 0.7 else {}
        back = {"amount": f"{max(1, amount // random.choice((1, 3, 8)))}.00", **named}
        trade.append(Entry(key, name, on=max(back_on, on).isoformat(), values=back))
    return trade


def batches_of(entries: Sequence[Entry]) -> list[Batch]:
    """One batch per distributor, with a master record of everyone."""
    batches = []
    for number, distributor in enumerate(DISTRIBUTORS, 1):
        late = LATE_DAYS if distributor == DISTRIBUTORS[-1] else 0
        batch = Batch(distributor, number, sync_to=AS_OF - timedelta(days=1 + late))
        for name in NAMES:
            batch.master(name, district=f"{name}pur")
        for entry in entries:
            if entry.key.distributor_id == distributor:
                entry.add_to(batch)
        batches.append(batch)
    return batches


class ExplainedLake:
    """The project's SQL over drawn entries, and an explainer of its run."""

    def __init__(self, root: Path, entries: Sequence[Entry]) -> None:
        self._sql = LakeSql(root, batches_of(entries), NAMES)
        self.gold_of(entries)
        bronze, lake = FolderStorage(root / "bronze-bucket"), FolderStorage(root / "lake-bucket")
        content = read_bronze(bronze)
        assert content.set_aside == []
        plan = RunPlan(
            run_id=RUN_ID,
            run_key="0" * 64,
            as_of_on=AS_OF,
            consent_version=1,
            code_version="duckdb-0",
            bronze=tuple((batch.batch_id, batch.manifest_sha256) for batch in content.batches),
            set_aside=(),
        )
        identities = [
            Identity(token(distributor, name), retailer_id(name), True)
            for distributor in DISTRIBUTORS
            for name in NAMES
        ]
        write_plan(lake, plan, batches=content.batches, identities=identities)
        lake.write(f"gold/run={RUN_ID}/manifest.json", b"{}")

        def make_dbt(name: str) -> Dbt:
            return Dbt(PROJECT, root / "explain" / name, target="duckdb", environment=dict(os.environ))

        engine = Engine("duckdb", PROJECT, make_dbt)
        self.explainer = Explainer(Lakes(bronze, lake), engine, run_id=RUN_ID, work=root / "rows")

    def gold_of(self, entries: Sequence[Entry]) -> dict[str, dict[str, Any]]:
        """Gold of these entries by retailer; the tests of the project hold."""
        assert self._sql.run(batches_of(entries)) == []
        return {row["retailer_id"]: row for row in self._sql.table("gold", "retailer_features")}
