"""Fair-use templates: the most that a purpose may ask for; data, shaped after Sahamati's template library."""

import json
from pathlib import Path
from typing import Any

from altscore_consent.invites.domain import Terms


class FairUse:
    """The templates of the data file; a notice names the set that it was written for.

    Raises:
        ValueError: a template counts in units other than days and months.
    """

    def __init__(self, data: dict[str, Any]) -> None:
        self._sets = {
            name: {purpose: _terms(template) for purpose, template in purposes.items()}
            for name, purposes in data.items()
        }

    @classmethod
    def load(cls) -> "FairUse":
        """Reads the package's data file."""
        return cls(json.loads(Path(__file__).with_name("fair_use.json").read_text(encoding="utf-8")))

    def terms(self, version: str, purpose: str) -> Terms:
        """What a set allows for a purpose."""
        return self._sets[version][purpose]


def _terms(template: dict[str, Any]) -> Terms:
    return Terms(
        template=template["template"],
        purpose_code=template["purpose_code"],
        history_months=_in(template["data_range"], "month"),
        life_days=_in(template["data_life"], "day"),
        uses=template["frequency"]["uses"],
        period_days=_in(template["frequency"], "day"),
        validity_months=_in(template["validity"], "month"),
    )


def _in(amount: dict[str, Any], unit: str) -> int:
    if amount["unit"] != unit:
        raise ValueError(f"a template counts this in {unit}s")
    return int(amount["value"])
