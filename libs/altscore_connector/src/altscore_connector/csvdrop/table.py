"""A dropped file as header and rows: its encoding, its delimiter, the lines above the header."""

import csv
import io
from dataclasses import dataclass

from altscore_connector.csvdrop.columns import ColumnNames, Columns, match_header
from altscore_connector.records import Finding

_DELIMITERS = ",;\t|"
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_HEADER_WITHIN_LINES = 30


class FileRefused(Exception):
    """A file cannot be read as a whole.

    Attributes:
        rule: what is wrong with it.
        row: where, the first line of the file being row 1; None where it is the whole file.
        field: the columns in question.
    """

    def __init__(self, rule: str, *, row: int | None = None, field: str = "") -> None:
        super().__init__(rule)
        self.rule, self.row, self.field = rule, row, field

    def finding(self, file: str) -> Finding:
        """It as a finding about that file."""
        return Finding(kind="refused", rule=self.rule, file=file, row=self.row, field=self.field)


@dataclass(frozen=True)
class Row:
    """One row below the header; `number` is that of a spreadsheet, the first line of the file being row 1."""

    number: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class CsvTable:
    """Header and rows of a file; cells stay text, a formula is never worked out.

    Attributes:
        columns: which cell holds what.
        rows: the rows that are not blank.
        title_lines: number of lines above the header.
    """

    columns: Columns
    rows: tuple[Row, ...]
    title_lines: int


def read_table(data: bytes, names: ColumnNames) -> CsvTable:
    """Finds the header and splits the rows.

    Lines above the first one that names all needed columns are titles and skipped; `sep=;` there names the
    delimiter. A later line that repeats the header is skipped too.

    Raises:
        FileRefused: undecodable, no header, a column twice, or not a table.
    """
    lines = decode(data).splitlines(keepends=True)
    if not any(line.strip() for line in lines):
        raise FileRefused("file_empty")
    header_at, delimiter, columns = _find_header(lines, names)
    body = "".join(lines[header_at:])
    try:
        records = list(csv.reader(io.StringIO(body, newline=""), delimiter=delimiter, strict=True))
    except csv.Error:
        raise FileRefused("quotes_unbalanced") from None
    header = tuple(cell.strip() for cell in records[0])
    rows = tuple(
        Row(number, tuple(cells))
        for number, cells in enumerate(records[1:], start=header_at + 2)
        if any(cell.strip() for cell in cells) and tuple(cell.strip() for cell in cells) != header
    )
    titles = sum(1 for line in lines[:header_at] if line.strip())
    return CsvTable(columns=columns, rows=rows, title_lines=titles)


def decode(data: bytes) -> str:
    """BOM first, then strict UTF-8, then Windows-1252; never two of them in one file.

    Raises:
        FileRefused: none of them fits, or lines of different encodings stand in one file.
    """
    encoding = next((name for bom, name in _BOMS if data.startswith(bom)), None)
    try:
        text = data.decode(encoding or "utf-8")
    except UnicodeDecodeError:
        if encoding is not None:
            raise FileRefused("encoding_unreadable") from None
        text = _decode_single_bytes(data)
    if "\x00" in text:
        raise FileRefused("encoding_unreadable")
    return text


def _decode_single_bytes(data: bytes) -> str:
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.isascii() and _is_utf8(line):
            raise FileRefused("mixed_encodings", row=number)
    try:
        return data.decode("cp1252")
    except UnicodeDecodeError:
        raise FileRefused("encoding_unreadable") from None


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _find_header(lines: list[str], names: ColumnNames) -> tuple[int, str, Columns]:
    """Place of the header, its delimiter and its columns."""
    delimiters, nearest = _DELIMITERS, ("no_header", 1, "")
    fewest = len(names) + 1
    for index, line in enumerate(lines[:_HEADER_WITHIN_LINES]):
        if line.strip().lower().startswith("sep=") and len(line.strip()) <= len("sep=") + 1:
            delimiters = line.rstrip("\r\n")[-1]
            continue
        for delimiter in delimiters:
            if delimiter not in line:
                continue
            result = match_header(_split(line, delimiter), names)
            if result.fault:
                raise FileRefused(result.fault, row=index + 1, field=", ".join(result.fields))
            if result.columns is not None:
                return index, delimiter, result.columns
            if result.fields and len(result.fields) < fewest:
                fewest, nearest = len(result.fields), ("column_missing", index + 1, ", ".join(result.fields))
    rule, row, field = nearest
    raise FileRefused(rule, row=row, field=field)


def _split(line: str, delimiter: str) -> tuple[str, ...]:
    try:
        return tuple(next(csv.reader([line.rstrip("\r\n")], delimiter=delimiter, strict=True), ()))
    except csv.Error:
        return ()
