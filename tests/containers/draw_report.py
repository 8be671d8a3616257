"""Run inside the image `admin`: draws a report with a plot, and prints the fonts that the PDF carries."""

import re
import zlib
from datetime import UTC, date, datetime

from altscore_admin.compliance.domain import Range, Section, report_of
from altscore_admin.compliance.rendering import render_pdf

series = [{"period": f"2026-0{month}-01", "consent_granted": month, "consent_revoked": 1} for month in (1, 2, 3)]
report = report_of(
    "rep_" + "0" * 32,
    Range(date(2026, 1, 1), date(2026, 3, 31)),
    [Section("consents", "chain", figures={"consent_granted": 6}, series=series)],
    made_at=datetime(2026, 5, 20, tzinfo=UTC),
    today=date(2026, 5, 20),
)
content = render_pdf(report)
fonts: set[bytes] = set()
for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
    try:
        fonts |= set(re.findall(rb"[A-Z]{6}\+([A-Za-z-]+)", zlib.decompress(stream)))
    except zlib.error:  # a stream that is not compressed
        continue
print(content[:5].decode(), *sorted(font.decode() for font in fonts))
