"""The page of the drop folder is true: its sample is read as it says, and every finding has its sentence."""

import re
from decimal import Decimal
from pathlib import Path

import altscore_connector.csvdrop.reader as reader_module
from altscore_connector.config import load_config
from altscore_connector.csvdrop.columns import DEFAULT_NAMES, header_form
from altscore_connector.csvdrop.finding_texts import CSV_TEXTS
from altscore_connector.messages import text_of
from altscore_connector.records import Finding
from altscore_connector.sftp.finding_texts import SFTP_TEXTS

from .csv_site import put, read, records

PAGE = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
SOURCES = Path(reader_module.__file__).parent
RULE = re.compile(
    r"(?:RowRefused\(|FileRefused\(|fault=|rule=|return |else |fault = |nearest = \(|PhoneReading\(None,|fields\), \(|"
    r'add\(\s*"\w+",|_note_once\(row,)\s*"([a-z]+(?:_[a-z]+)+)"'
)


def rules_of_the_sources() -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.py")) if path.stem != "finding_texts"]
    return {rule for text in texts for rule in RULE.findall(text)}


def blocks(language: str) -> list[str]:
    section = PAGE[PAGE.index("## CSV drop folder") : PAGE.index("## SFTP server")]
    return re.findall(rf"```{language}\n(.*?)```", section, re.DOTALL)


def test_the_sample_is_read_completely(tmp_path: Path) -> None:
    invoices, receipts = blocks("csv")
    put(tmp_path, "invoices_complete_2026-07.csv", invoices)
    reading = read(tmp_path)
    assert reading.findings == []
    assert reading.notes["totals_agree"] == 1
    assert [record["amount_inr"] for record in records(reading, "invoices")] == [
        Decimal("118000.00"),
        Decimal("2500.00"),
    ]
    assert [record["amount_paid_inr"] for record in records(reading, "payments")] == [Decimal("50000.00")]
    put(tmp_path, "receipts_complete_2026-07.csv", receipts)
    reading = read(tmp_path, payments="receipts", ignored_columns=("Paid", "Paid Date"))
    assert reading.findings == []
    payments = [(str(record["amount_paid_inr"]), record.get("bounced_on")) for record in records(reading, "payments")]
    assert payments == [("50000.00", None), ("1500.00", None), ("500.00", None), ("10000.00", "2026-07-25")]


def test_the_settings_of_the_page_are_those_of_the_connector(tmp_path: Path) -> None:
    [settings] = blocks("toml")
    path = tmp_path / "connector.toml"
    path.write_text(
        'distributor_id = "dist_x"\nstate_file = "s"\n[ingestion]\nurl = "https://x"\nca_file = "a"\n'
        f'certificate_file = "b"\nkey_file = "c"\n[keystore]\nfile = "k"\n{settings}'
    )
    config = load_config(path).csv
    assert config is not None
    assert (config.rows, config.payments, config.decimal_mark) == ("documents", "paid_column", ".")
    assert config.columns == (("invoice_no", ("Vch No",)), ("party", ("Customer", "Ledger")))


def test_the_settings_of_sftp_on_the_page_are_those_of_the_connector(tmp_path: Path) -> None:
    section = PAGE[PAGE.index("## SFTP server") : PAGE.index("## Change it")]
    [settings] = re.findall(r"```toml\n(.*?)```", section, re.DOTALL)
    path = tmp_path / "connector.toml"
    path.write_text(
        'distributor_id = "dist_x"\nstate_file = "s"\n[ingestion]\nurl = "https://x"\nca_file = "a"\n'
        f'certificate_file = "b"\nkey_file = "c"\n[keystore]\nfile = "k"\n{settings}'.replace("AAAA…", "A" * 68),
        encoding="utf-8",
    )
    config = load_config(path)
    assert config.sftp is not None
    assert (config.sftp.port, config.sftp.timeout_s) == (22, 60.0)
    sources = (SOURCES.parent / "sftp").glob("*.py")
    text = "".join(path.read_text(encoding="utf-8") for path in sources if path.stem != "finding_texts")
    for rule, (english, hindi) in SFTP_TEXTS.items():
        assert f'"{rule}"' in text
        assert f"| `{rule}` | {english} |" in section
        assert re.search(r"[\u0900-\u097f]", hindi), rule


def test_every_column_of_the_connector_stands_on_the_page() -> None:
    forms = {header_form(name) for name in re.findall(r"[\w/ ]+", PAGE)}
    assert {header_form(name) for names in DEFAULT_NAMES.values() for name in names} - forms <= {"gstinuin"}
    assert all(f"`{field}`" in PAGE for field in DEFAULT_NAMES)


def test_every_finding_has_its_sentence_in_two_languages_and_stands_on_the_page() -> None:
    rules = rules_of_the_sources() - {"post_dated"}
    assert len(rules) > 40
    assert rules <= set(CSV_TEXTS)
    paths = [path for path in SOURCES.glob("*.py") if path.stem != "finding_texts"]
    text = "".join(path.read_text(encoding="utf-8") for path in [*paths, SOURCES.parent / "phones.py"])
    assert [rule for rule in CSV_TEXTS if f'"{rule}"' not in text] == []
    for rule in {*rules, "post_dated"}:
        english, hindi = text_of(Finding(kind="note", rule=rule))
        assert english
        assert re.search(r"[\u0900-\u097f]", hindi), rule
    for rule, (english, _) in CSV_TEXTS.items():
        assert f"| `{rule}` | {english} |" in PAGE
