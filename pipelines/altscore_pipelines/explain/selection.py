"""Which of a retailer's documents a column of Gold is made of, asked of the project's own intermediate tables."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

import duckdb

from altscore_pipelines.explain.records import ROLES, Key, Role, SourceRecord
from altscore_pipelines.explain.sources import Sources, Table

_DOCUMENT = {"invoice": "invoice_id", "payment": "payment_id", "return": "return_id"}
_ON = {"invoice": "invoice_on", "payment": "paid_on", "return": "returned_on"}
_FIGURES = {
    "invoice": (
        *("due_on", "due_on_source", "amount_capped_inr", "returned_inr", "written_off_inr", "paid_inr", "open_inr"),
        *("settled_on", "delay_days", "age_days", "month_no", "line_count"),
    ),
    "payment": ("age_days", "payment_method", "is_bounced"),
    "return": ("age_days", "month_no"),
}
_ALLOCATED = """
select 'invoice' as table_name, distributor_id, invoice_id as document_id, 1 as line_no,
    source as other_table, source_id as other_id, line_no as other_line
from allocation
union all
select source, distributor_id, source_id, line_no, 'invoice', invoice_id, 1 from allocation
"""
_MINIMUM_FOR_CAP = 5  # outlier_cap_min_invoices of dbt_project.yml


class Selection:
    """The records of one column, from the tables of one retailer.

    Args:
        connection: with the views int_invoice, int_payment, int_return (ledgers that count) and the tables
            all_invoice, all_payment, all_return, allocation, ledger, master (everything of the retailer).
        sources: of the column.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, sources: Sources) -> None:
        self._connection = connection
        self._sources = sources
        self._chosen: dict[Key, SourceRecord] = {}

    def records(self) -> list[SourceRecord]:
        """In the order of their roles, tables, distributors and dates."""
        if self._sources.master:
            self._add_masters()
        else:
            self._add_values()
            if self._sources.settled:
                self._add_accounts(self._sources.settled)
            if self._sources.is_capped:
                self._add_capping()
            self._add_first()
        if not self._chosen:
            self._add_known("true", limit=1)
        weight = list(ROLES)
        return sorted(
            self._chosen.values(),
            key=lambda record: (
                weight.index(record.role),
                record.key.table,
                record.key.distributor_id,
                str(record.on),
                record.key,
            ),
        )

    def _add_values(self) -> None:
        conditions: tuple[tuple[Table, str], ...] = (
            ("invoice", self._sources.invoices),
            ("payment", self._sources.payments),
            ("return", self._sources.returns),
        )
        for table, condition in conditions:
            if condition:
                self._add(table, condition, "value")

    def _add_accounts(self, settled: Table) -> None:
        """Documents that lie in one order with the values; a bounced payment is no credit and lies in none."""
        named = {record.key.distributor_id for record in self._chosen.values() if record.key.table == settled}
        accounts = "true" if settled == "invoice" else f"distributor_id in ({_texts(named)})"
        values = set(self._chosen)
        linked = {
            Key(row["other_table"], row["distributor_id"], row["other_id"], line_no=row["other_line"])
            for row in rows_of(self._connection, _ALLOCATED)
            if Key(row["table_name"], row["distributor_id"], row["document_id"], line_no=row["line_no"]) in values
        }
        for table in _DOCUMENT:
            credit = " and not is_bounced" if table == "payment" else ""
            self._add(table, f"({accounts}){credit}", "queue", linked=linked)

    def _add_capping(self) -> None:
        ((count,),) = self._connection.execute("select count(*) from int_invoice").fetchall()
        if count >= _MINIMUM_FOR_CAP:
            self._add("invoice", "true", "cap")

    def _add_first(self) -> None:
        """The first invoice tells how many months were observed, and that there is anything to measure."""
        first = "record_id = (select record_id from int_invoice order by month_no, invoice_on, record_id limit 1)"
        self._add("invoice", first, "first")
        if not any(record.key.table == "invoice" for record in self._chosen.values()):
            earliest = "record_id = (select record_id from int_return order by returned_on, record_id limit 1)"
            self._add("return", earliest, "first")

    def _add_masters(self) -> None:
        if self._sources.master == "known":
            self._add_known("distributor_id in (select distributor_id from ledger where is_counted)", limit=None)
            return
        stated = "select * from master where district is not null"
        newest = f"{stated} order by district_stated_at desc, distributor_id limit 1"
        for row in rows_of(self._connection, newest):
            self._put_master(row, "value")

    def _add_known(self, condition: str, *, limit: int | None) -> None:
        """One record of each distributor that knows the retailer: its master record, else its first document."""
        known: dict[str, None] = {}
        for row in self._rows("master", condition, order="distributor_id"):
            if limit is None or len(known) < limit:
                known[row["distributor_id"]] = None
                self._put_master(row, "known")
        for table in _DOCUMENT:
            for row in self._rows(f"all_{table}", condition, order=f"distributor_id, {_ON[table]}, record_id"):
                if row["distributor_id"] not in known and (limit is None or len(known) < limit):
                    known[row["distributor_id"]] = None
                    self._put(table, row, "known")

    def _add(self, table: str, condition: str, role: Role, *, linked: frozenset[Key] | set[Key] = frozenset()) -> None:
        for row in self._rows(f"int_{table}", condition, order="record_id"):
            self._put(table, row, role, linked=linked)

    def _rows(self, table: str, condition: str, *, order: str) -> list[dict[str, Any]]:
        sql = f"select * from {table} where {condition} order by {order}"  # noqa: S608  # texts of this module alone
        return rows_of(self._connection, sql)

    def _put(
        self, table: str, row: Mapping[str, Any], role: Role, *, linked: frozenset[Key] | set[Key] = frozenset()
    ) -> None:
        line_no = int(row["line_no"]) if table == "payment" else 1
        key = Key(table, row["distributor_id"], row[_DOCUMENT[table]], line_no=line_no)
        if key in self._chosen:
            return
        figures = {name: row[name] for name in _FIGURES[table] if name in row}
        self._chosen[key] = SourceRecord(
            key=key,
            role="settles" if key in linked else role,
            on=row[_ON[table]],
            amount_inr=row["amount_inr"],
            figures=figures | {"record_id": row["record_id"]},
        )

    def _put_master(self, row: Mapping[str, Any], role: Role) -> None:
        key = Key("retailer", row["distributor_id"], "")
        stated_at = row["district_stated_at"]
        if stated_at is not None and stated_at.tzinfo is None:  # DuckDB's timestamps; the jobs set its zone to UTC
            stated_at = stated_at.replace(tzinfo=UTC)
        figures = {"district": row["district"], "ingested_at": stated_at}
        self._chosen[key] = SourceRecord(key=key, role=role, on=None, amount_inr=None, figures=figures)


def rows_of(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    """The rows of a query, each by column name."""
    rows: list[dict[str, Any]] = connection.sql(sql).to_arrow_table().to_pylist()
    return rows


def _texts(values: set[str]) -> str:
    """A list of SQL texts; of nothing, a list that nothing is in."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in sorted(values)) or "null"
