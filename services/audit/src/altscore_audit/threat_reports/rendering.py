"""The report as one HTML file with pictures in it (SVG): no script, no font and no picture from elsewhere."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from html import escape

from altscore_libs.instants import INDIA

from altscore_audit.detections.domain import RULES
from altscore_audit.threat_reports.domain import DAYS, Figures

MOST_DETECTIONS = 100
_WIDTH, _ROW, _LEFT = 720, 26, 190
_BLUE, _RED = "#1f4e79", "#b3541e"
_HOURS = 24
_DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_STYLE = """
body{font:15px/1.5 system-ui,sans-serif;max-width:760px;margin:2rem auto;padding:0 1rem;color:#1b1b1b}
h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #ccc}
table{border-collapse:collapse;width:100%}td,th{padding:.25rem .5rem;text-align:left;border-bottom:1px solid #e3e3e3}
td.n,th.n{text-align:right}code{font-size:.8rem;overflow-wrap:anywhere}svg{width:100%;height:auto}
figure{margin:.8rem 0}figcaption{font-weight:600}
svg text{font:12px system-ui,sans-serif;fill:#1b1b1b}
"""


def report_html(figures: Figures, made_at: datetime) -> str:
    """The report.

    Args:
        figures: of the week.
        made_at: when it was made.
    """
    week = figures.week
    number_of = Counter(each.rule for each in figures.detections)
    parts = [
        f"<h1>Threat report {escape(week.name)}</h1>",
        f"<p>{week.begins_at:%d %B %Y} to {week.days()[-1]:%d %B %Y}, days of India; made {_instant(made_at)}"
        " from entries of the audit chains alone.</p>",
        "" if made_at >= week.ends_at else "<p><strong>The week is not over; later entries are missing.</strong></p>",
        "<h2>What the rules of alerting found</h2>",
        _bars([(rule, number_of[rule]) for rule in RULES], "Detections by rule", _RED),
        _detections(figures),
        "<h2>Failed authentications</h2>",
        _bars(_by_day(figures, figures.failures), "Failed authentications by day", _RED),
        "<h2>Calls for scores</h2>",
        _bars(_by_day(figures, figures.served), "Answered calls by day", _BLUE),
        _bars(_by_day(figures, figures.refused), "Refused calls by day", _RED),
        "<h2>When operators work</h2>",
        _hours(figures.operators),
        "<h2>Entries with a higher severity</h2>",
        _table(("action", "entries"), [(action, str(n)) for action, n in figures.suspicious.most_common()]),
        "<h2>What was read</h2>",
        _spans(figures),
    ]
    title = f"Threat report {escape(week.name)}"
    head = f'<meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style>'
    return f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body>\n' + "\n".join(parts) + "\n</body></html>\n"


def _instant(at: datetime) -> str:
    return f"{at.astimezone(INDIA):%Y-%m-%d %H:%M:%S} IST"


def _by_day(figures: Figures, counts: Mapping[date, int]) -> list[tuple[str, int]]:
    return [(f"{_DAY_NAMES[day.weekday()]} {day:%d %b}", counts.get(day, 0)) for day in figures.week.days()]


def _bars(rows: Sequence[tuple[str, int]], title: str, colour: str) -> str:
    """One bar for each row, with its number."""
    most = max([number for _, number in rows] + [1])
    longest = _WIDTH - _LEFT - 70
    shapes = []
    for index, (name, number) in enumerate(rows):
        y, width = index * _ROW, round(longest * number / most, 1)
        shapes.append(
            f'<text x="{_LEFT - 8}" y="{y + 17}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{_LEFT}" y="{y + 4}" width="{width}" height="{_ROW - 8}" fill="{colour}"/>'
            f'<text x="{_LEFT + width + 6}" y="{y + 17}">{number}</text>'
        )
    return _picture(title, len(rows) * _ROW, shapes)


def _hours(counts: Mapping[tuple[int, int], int]) -> str:
    """A field for each hour of each day: the darker, the more acts."""
    most, side, left, top = max([*counts.values(), 1]), 27, 50, 20
    shapes = [f'<text x="{left + hour * side + 4}" y="14">{hour:02d}</text>' for hour in range(0, _HOURS, 2)]
    for day in range(DAYS):
        y = top + day * side
        shapes.append(f'<text x="{left - 8}" y="{y + 18}" text-anchor="end">{_DAY_NAMES[day]}</text>')
        for hour in range(_HOURS):
            acts = counts.get((day, hour), 0)
            opacity = 0.04 if acts == 0 else round(0.2 + 0.8 * acts / most, 2)
            shapes.append(
                f'<rect x="{left + hour * side}" y="{y}" width="{side - 2}" height="{side - 2}" fill="{_BLUE}"'
                f' fill-opacity="{opacity}"><title>{_DAY_NAMES[day]} {hour:02d}:00: {acts}</title></rect>'
            )
    return _picture("Acts of operators by day and hour of India", top + DAYS * side, shapes)


def _picture(title: str, height: int, shapes: Sequence[str]) -> str:
    body = "".join(shapes)
    text = escape(title)
    return (
        f"<figure><figcaption>{text}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{text}">{body}</svg></figure>'
    )


def _detections(figures: Figures) -> str:
    shown = figures.detections[-MOST_DETECTIONS:]
    rows = [(each.rule, _instant(each.at), each.chain, str(each.seq)) for each in shown]
    more = len(figures.detections) - len(shown)
    note = f"<p>{more} earlier ones are not listed.</p>" if more else ""
    return note + _table(("rule", "when", "chain", "entry"), rows)


def _spans(figures: Figures) -> str:
    rows = [
        (chain, str(span.entries), f"{span.first_seq} to {span.last_seq}", span.last_hash.hex())
        for chain, span in sorted(figures.spans.items())
    ]
    return _table(("chain", "entries", "numbers", "hash of the last"), rows)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return "<p>None.</p>"
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{_cell(text)}</td>" for text in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    return f"<code>{text}</code>" if len(text) == 64 else escape(text)
