"""Charts as SVG: stacked bars, lines beside a limit, bars. Places are computed here; a template writes and escapes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from altscore_admin.compliance.templating import environment

WIDTH, HEIGHT = 720, 270
TOP, BOTTOM, LEFT = 12, 214, 72  # of the area between the axes; below and left of it stand names and figures
ROW, BAR = 20, 13  # of horizontal bars
LETTER, CAPITAL = 6.2, 8.0  # of a text of 11 pixels, rather too wide than too narrow
MOST_TICKS = 12
COLOURS = ("#1f4e79", "#b3541e", "#4b7f52", "#7a4b94", "#8a8d1c", "#5b5b5b")
# So that a print without colour is read as well: lines and dots over a tile of 8 by 8.
HATCHES = ("", "M0 8L8 0", "M2 2h1v1h-1zM6 6h1v1h-1z", "M0 0L8 8M0 8L8 0", "M0 0L8 8", "M0 4H8")
MARKS = ("circle", "square")


class Series(NamedTuple):
    """What one colour shows; a value is None where there is nothing to show."""

    name: str
    values: Sequence[float | None]


class _Scale(NamedTuple):
    """Places of values along an axis, `first` at `begin` and `last` at `end`."""

    first: float
    last: float
    begin: float
    end: float

    def place(self, value: float) -> float:
        return round(self.begin + (value - self.first) / (self.last - self.first) * (self.end - self.begin), 2)


def stacked(periods: Sequence[str], series: Sequence[Series], *, label: str) -> str:
    """Bars of several parts, one bar a period, with a legend."""
    names = [item.name for item in series]
    right = _right_of_area(names)
    columns = [[item.values[index] or 0.0 for item in series] for index in range(len(periods))]
    marks = steps_of(0.0, max(*map(sum, columns), 1.0), is_whole=True)
    scale, step = _Scale(first=0.0, last=marks[-1], begin=BOTTOM, end=TOP), (right - LEFT) / len(periods)
    bars = []
    for index, column in enumerate(columns):
        low = 0.0
        for part, value in enumerate(column):
            top, bottom = scale.place(low + value), scale.place(low)
            bars.append({"x": round(LEFT + (index + 0.1) * step, 2), "y": top, "height": bottom - top, "part": part})
            low += value
    return _write(
        "stacked",
        _frame(periods, right, label=label, rows=[(scale.place(mark), f"{mark:,.0f}") for mark in marks]),
        bars=[bar for bar in bars if bar["height"] > 0],
        width=round(0.8 * step, 2),
        names=names,
    )


def lines(periods: Sequence[str], series: Sequence[Series], *, limit: float, limit_name: str, label: str) -> str:
    """A line with marks for each series, and a dashed one at the limit, with a legend."""
    names = [*(item.name for item in series), limit_name]
    right = _right_of_area(names)
    known = [value for item in series for value in item.values if value is not None]
    marks = steps_of(min(limit, *known), max(limit, *known))
    digits = max(2, -math.floor(math.log10(marks[1] - marks[0])))
    scale, step = _Scale(first=marks[0], last=marks[-1], begin=BOTTOM, end=TOP), (right - LEFT) / len(periods)
    drawn = [
        [
            (round(LEFT + (index + 0.5) * step, 2), scale.place(value))
            for index, value in enumerate(item.values)
            if value is not None
        ]
        for item in series
    ]
    return _write(
        "lines",
        _frame(periods, right, label=label, rows=[(scale.place(mark), f"{mark:.{digits}f}") for mark in marks]),
        lines=drawn,
        limit=scale.place(limit),
        names=names,
    )


def bars(values: Mapping[str, float]) -> str:
    """One horizontal bar a name, with its figure at its end."""
    left = round(max(map(width_of, values)) + 14, 2)
    bottom = TOP + ROW * len(values)
    marks = steps_of(0.0, max(*values.values(), 1.0), is_whole=True)
    widest = max(width_of(f"{value:,.0f}") for value in values.values()) + 14
    scale = _Scale(first=0.0, last=marks[-1], begin=left, end=WIDTH - widest)
    rows = [
        {"name": name, "y": TOP + ROW * index, "end": scale.place(value), "figure": f"{value:,.0f}"}
        for index, (name, value) in enumerate(values.items())
    ]
    area = {"left": left, "bottom": bottom, "height": bottom + 24}
    return _write("bars", area, rows=rows, marks=[(scale.place(mark), f"{mark:,.0f}") for mark in marks])


def steps_of(low: float, high: float, *, is_whole: bool = False) -> list[float]:
    """Four to seven round figures that enclose a range; whole ones where parts of one mean nothing."""
    least = max(high - low, 0.01) / 5
    power = 10.0 ** math.floor(math.log10(least))
    size = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * 0.999)
    size = max(size, 1.0) if is_whole else size
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    return [round(size * index, 9) for index in range(first, max(last, first + 1) + 1)]


def width_of(text: str) -> float:
    """Width of a text, near enough."""
    return sum(CAPITAL if letter.isupper() else LETTER for letter in text)


def _right_of_area(names: Sequence[str]) -> float:
    return round(WIDTH - 34 - max(map(width_of, names)), 2)


def _frame(periods: Sequence[str], right: float, *, label: str, rows: Sequence[tuple[float, str]]) -> dict[str, Any]:
    step, every = (right - LEFT) / len(periods), max(1, math.ceil(len(periods) / MOST_TICKS))
    columns = [
        (round(LEFT + (index + 0.5) * step, 2), period) for index, period in enumerate(periods) if index % every == 0
    ]
    return {
        "left": LEFT, "right": right, "top": TOP, "bottom": BOTTOM, "height": HEIGHT,
        "label": label, "rows": rows, "columns": columns,
    }  # fmt: skip


def _write(kind: str, area: Mapping[str, Any], **data: Any) -> str:
    look = {"width": WIDTH, "bar": BAR, "colours": COLOURS, "hatches": HATCHES, "marks": MARKS}
    return environment().get_template("chart.svg.j2").render(kind=kind, area=area, look=look, **data)
