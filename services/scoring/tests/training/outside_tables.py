"""Small credit tables in the form of the public ones: customers, numeric columns, a binary outcome, a month or none."""

import csv
import io
from pathlib import Path
from typing import Any

import numpy as np
import yaml

MAPPING: dict[str, Any] = {
    "about": "Generated credit cards",
    "label": {"column": "default next month", "bad": [1]},
    "features": {"LIMIT": -1, "PAY_0": 1, "AGE": 0, "NOISE": 0},
    "customer": "ID",
    "time": {"column": "MONTH", "format": "%Y-%m", "outcome_days": 60},
    "groups": ["SEX"],
}
WITHOUT_TIME = {name: value for name, value in MAPPING.items() if name != "time"}


def rows_of_cards(customers: int = 500, months: int = 12, *, seed: int = 3) -> list[dict[str, Any]]:
    """Customers whose late payments and limits say something of their outcomes; age below 40 is safer than above."""
    random = np.random.default_rng(seed)
    risk = random.normal(size=customers)
    rows = []
    for month in range(months):
        for customer in range(customers):
            late = round(float(np.clip(risk[customer] + random.normal(0, 0.7), -2, 4)), 3)
            age = int(20 + 40 * random.random())
            odds = np.exp(-2.2 + 2.0 * risk[customer] + 0.03 * (age - 40))
            rows.append(
                {
                    "ID": f"c{customer:04d}",
                    "MONTH": f"{2019 + month // 12}-{month % 12 + 1:02d}",
                    "LIMIT": round(float(np.exp(10 - 0.3 * risk[customer] + random.normal(0, 0.4))), 2),
                    "PAY_0": late if random.random() > 0.1 else "NA",
                    "AGE": age,
                    "NOISE": round(float(random.normal()), 3),
                    "SEX": customer % 2 + 1,
                    "default next month": int(random.random() < odds / (1 + odds)),
                }
            )
    return rows


def write_table(folder: Path, rows: list[dict[str, Any]], mapping: dict[str, Any]) -> tuple[Path, Path]:
    """`cards.csv` and `cards.yml`."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), delimiter=mapping.get("delimiter", ","))
    writer.writeheader()
    writer.writerows(rows)
    (folder / "cards.csv").write_text(buffer.getvalue(), encoding="utf-8")
    (folder / "cards.yml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    return folder / "cards.csv", folder / "cards.yml"
