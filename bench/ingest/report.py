"""The figures for people."""

from typing import Any

from rich.console import Console
from rich.table import Table

from bench.ingest.servers import NAIVE, OURS


def show(figures: dict[str, Any]) -> None:
    """Tables on the terminal."""
    console = Console(width=140)
    console.print(figures["machine"])
    if "batch" in figures:
        console.print(_batch(figures["batch"]))
        console.print("naive / ours, CPU per batch:", figures["batch"]["ratio_cpu"])
    for name in ("ledger", "night", "abuse", "quarantined_batch", "quarantined_naive_batch"):
        if name in figures:
            console.print(name, figures[name])


def _batch(figures: dict[str, Any]) -> Table:
    names = ("cpu_ms", "p50_ms", "vault_cpu_ms", "postgres_cpu_ms", "s3_cpu_ms", "errors")
    table = Table("one batch of 1,000", "records", *names)
    for variant in (OURS, NAIVE):
        for kind, figure in figures[variant].items():
            table.add_row(variant, kind, *(str(figure[name]) for name in names))
    return table
