"""Sums whose deviation and slope are known: small, too large for 38 digits, and such that doubles round below zero."""

from collections.abc import Sequence
from fractions import Fraction
from math import sqrt

ROUNDED = 999_999_999_953  # ten million of them: n * sum of squares - square of the sum is -1.9e22 in doubles
EQUAL = 984_107_995_871  # twelve of them: the same in doubles is 1.7e10
# Groups of (x, y, how often), by name.
Group = tuple[int, int, int]
CASES: dict[str, Sequence[Group]] = {
    "one": [(7, 3, 1)],
    "two neighbours that doubles cannot tell apart": [(10**15, 1, 1), (10**15 + 1, 3, 1)],
    "three": [(0, 5, 1), (1, 4, 1), (5, 0, 1)],
    "both products too large": [(10**12, 5 * 10**12, 10**7), (9 * 10**11, 3 * 10**12, 10**7)],
    "only the first too large": [(10**12, 10**12, 10**7), (-(10**12), -(10**12), 10**7)],
    "only the second too large": [(10**12, 0, 5 * 10**7), (0, 10**12, 5 * 10**7)],
    "doubles round below zero": [(ROUNDED, 1, 10**7)],
}
MONTHS = {
    "small": [0, 0, 5, 0, 100, 0, 0, 0, 1, 1, 7, 3],
    "equal": [EQUAL] * 12,
    "too large for exact squares": [0] * 9 + [1, 10**18, 2 * 10**19],
}


def probe_sql() -> str:
    """A model of dbt over the macros of `numbers.sql`."""
    rows = []
    for name, groups in CASES.items():
        sums = [
            sum(times for _, _, times in groups),
            sum(x * times for x, _, times in groups),
            sum(y * times for _, y, times in groups),
            sum(x * y * times for x, y, times in groups),
            sum(x * x * times for x, _, times in groups),
        ]
        rows.append(f"('{name}', " + ", ".join(f"cast('{value}' as decimal(38, 0))" for value in sums) + ")")
    return f"""{{{{ config(**output('gold', 'number_probe')) }}}}
select
    name,
    {{{{ std_of('n', 'sx', 'sxx') }}}} as std,
    {{{{ slope_of('n', 'sx', 'sy', 'sxy', 'sxx') }}}} as slope
from (values {", ".join(rows)}) as sums (name, n, sx, sy, sxy, sxx)
"""


def months_sql() -> str:
    """Rows as int_month has them."""
    columns = ", ".join(f"m{place}" for place in range(12))
    rows = ", ".join(
        f"('{name}', " + ", ".join(f"cast('{paise}' as decimal(28, 0))" for paise in months) + ")"
        for name, months in MONTHS.items()
    )
    return f"""(
        select *, cast(0 as decimal(28, 0)) as festive, cast(2 as bigint) as months_bought_6m,
            cast(m6 + m7 + m8 + m9 + m10 + m11 as decimal(28, 0)) as gmv_6m, cast(12 as bigint) as observed
        from (values {rows}) as rows_of_months (retailer_id, {columns})
    )"""


def expected_numbers(name: str) -> tuple[float | None, float | None]:
    """Sample deviation of x, and slope of y on x."""
    groups = CASES[name]
    count = sum(times for _, _, times in groups)
    mean_x = Fraction(sum(x * times for x, _, times in groups), count)
    mean_y = Fraction(sum(y * times for _, y, times in groups), count)
    scatter = sum((x - mean_x) ** 2 * times for x, _, times in groups)
    together = sum((x - mean_x) * (y - mean_y) * times for x, y, times in groups)
    deviation = None if count < 2 else sqrt(scatter / (count - 1))
    return deviation, None if not scatter else float(together / scatter)


def expected_variation(name: str) -> float:
    """Population deviation of the months to their mean."""
    months = MONTHS[name]
    mean = Fraction(sum(months), 12)
    return sqrt(sum((paise - mean) ** 2 for paise in months) / 12 / mean**2)
