"""The simulator's side of the protocol: the oddities of the real server, one by one."""

import re
import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from simulators_tally.captured import FOLDER
from simulators_tally.formulas import BadFormulaError, compile_formula
from simulators_tally.server import Tally

COMPANY = "Test &amp; Sons Distributors"
AARAV = "Aarav Trading Company Demo"


def ask(tally: str, request: str, *, wide: bool = True) -> bytes:
    body = b"\xff\xfe" + request.encode("utf-16-le") if wide else request.encode()
    kind = "text/xml; charset=utf-16" if wide else "text/xml"
    return httpx.post(tally, content=body, headers={"Content-Type": kind}).content


def collection(kind: str, company: str | None, *, fetch: str = "GUID,Date,AlterID", formula: str = "") -> str:
    current = f"<SVCURRENTCOMPANY>{company}</SVCURRENTCOMPANY>" if company else ""
    system = f'<SYSTEM TYPE="Formulae" NAME="F">{formula}</SYSTEM>' if formula else ""
    filters = "<FILTERS>F</FILTERS>" if formula else ""
    return (
        "<ENVELOPE><HEADER><VERSION>1</VERSION><TALLYREQUEST>Export</TALLYREQUEST><TYPE>Collection</TYPE><ID>C</ID></HEADER>"
        f"<BODY><DESC><STATICVARIABLES>{current}</STATICVARIABLES><TDL><TDLMESSAGE>"
        f'<COLLECTION NAME="C"><TYPE>{kind}</TYPE><FETCH>{fetch}</FETCH>{filters}</COLLECTION>{system}'
        "</TDLMESSAGE></TDL></DESC></BODY></ENVELOPE>"
    )


def report(name: str, company: str) -> str:
    return (
        "<ENVELOPE><HEADER><VERSION>1</VERSION><TALLYREQUEST>Export</TALLYREQUEST><TYPE>Data</TYPE>"
        f"<ID>{name}</ID></HEADER><BODY><DESC><STATICVARIABLES><SVCURRENTCOMPANY>{company}</SVCURRENTCOMPANY>"
        "</STATICVARIABLES></DESC></BODY></ENVELOPE>"
    )


def test_liveness_is_a_get_on_status(tally: str) -> None:
    assert "Running" in httpx.get(f"{tally}/status").text


def test_the_reply_has_the_charset_of_the_request(tally: str) -> None:
    wide = ask(tally, collection("Ledger", "Bridge WR2 Lab"))
    narrow = ask(tally, collection("Ledger", "Bridge WR2 Lab"), wide=False)
    assert wide[:4] == b"<\x00E\x00"
    assert "नमस्ते ट्रेडर्स" in wide.decode("utf-16-le")
    assert b"??????" in narrow
    assert narrow.isascii()


@pytest.mark.parametrize(
    ("kind", "company", "name"),
    [
        ("Ledger", AARAV, "ledgers_native_aarav.utf16le.xml"),
        ("Group", AARAV, "group_snapshot_aarav_with_identity.utf16le.xml"),
        ("Ledger", "Bridge WR2 Lab", "ledgers_native_wr2_core_window.utf16le.xml"),
    ],
)
def test_a_capture_is_served_byte_for_byte(tally: str, kind: str, company: str, name: str) -> None:
    assert ask(tally, collection(kind, company)) == (FOLDER / name).read_bytes()


def test_a_captured_report_is_served_byte_for_byte(tally: str) -> None:
    reply = ask(tally, report("Bills Receivable", "Bridge Validation Lab"))
    assert reply == (FOLDER / "bills-utf16.bin").read_bytes()


def test_filters_choose_among_captured_vouchers(tally: str) -> None:
    text = ask(tally, collection("Voucher", AARAV, formula="$$IsSales:$VoucherTypeName")).decode("utf-16-le")
    assert text.count("<VOUCHER ") == 12
    formula = '$$IsSales:$VoucherTypeName AND $Date &gt;= $$Date:"20260101"'
    text = ask(tally, collection("Voucher", AARAV, formula=formula)).decode("utf-16-le")
    assert text.count("<VOUCHER ") == 3


def test_alter_id_ranges_part_the_generated_ledger(tally: str) -> None:
    whole = ask(tally, collection("Voucher", COMPANY)).decode("utf-16-le")
    ids = [int(number) for number in re.findall(r"<ALTERID[^>]*>\s*(\d+)", whole)]
    middle = sorted(ids)[len(ids) // 2]
    low = ask(tally, collection("Voucher", COMPANY, formula=f"$AlterID &lt;= {middle}")).decode("utf-16-le")
    high = ask(tally, collection("Voucher", COMPANY, formula=f"$AlterID &gt; {middle}")).decode("utf-16-le")
    assert len(ids) > 1000
    assert low.count("<VOUCHER ") + high.count("<VOUCHER ") == len(ids)


def test_a_wrong_company_has_zero_rows_and_status_1(tally: str) -> None:
    text = ask(tally, collection("Voucher", "Nobody Ltd")).decode("utf-16-le")
    assert "<STATUS>1</STATUS>" in text
    assert "<VOUCHER " not in text
    assert "<VOUCHER>0</VOUCHER>" in text


def test_a_report_of_an_unloaded_company_is_an_error_line(tally: str) -> None:
    text = ask(tally, report("Bills Receivable", "Nobody Ltd")).decode("utf-16-le")
    assert "<STATUS>0</STATUS>" in text
    assert "<LINEERROR>" in text


@pytest.mark.parametrize(
    "request_text",
    [
        "<ENVELOPE>",
        "<ENVELOPE><HEADER/></ENVELOPE>",
        report("No Such Report", AARAV),
        '<!DOCTYPE x><ENVELOPE></ENVELOPE>',
        collection("Voucher", AARAV, formula="$$NoSuchFunction:$Date"),
    ],
)  # fmt: skip
def test_what_tally_does_not_understand_gets_a_bare_response(tally: str, request_text: str) -> None:
    assert ask(tally, request_text, wide=False) == b"<RESPONSE>Unknown Request, cannot be processed</RESPONSE>"


def test_the_generated_company_has_the_marks_that_xml_forbids(tally: str) -> None:
    text = ask(tally, collection("Group", COMPANY)).decode("utf-16-le")
    assert "&#4; Primary" in text
    assert "\x03" in text
    assert "\r\n" in text


def test_unknown_fetch_names_are_ignored_and_named_sub_fields_lose_money_on_account(tally: str) -> None:
    formula = "$$IsReceipt:$VoucherTypeName"
    whole = ask(tally, collection("Voucher", COMPANY, fetch="AllLedgerEntries.*,Nonsense", formula=formula))
    named = ask(tally, collection("Voucher", COMPANY, fetch="AllLedgerEntries.BillAllocations.Name", formula=formula))
    assert "On Account" in whole.decode("utf-16-le")
    assert "On Account" not in named.decode("utf-16-le")
    assert "Agst Ref" in named.decode("utf-16-le")


def test_a_field_that_was_not_fetched_is_left_out(tally: str) -> None:
    assert "ISOPTIONAL" not in ask(tally, collection("Voucher", COMPANY)).decode("utf-16-le")


def test_it_goes_on_serving_after_a_client_left(tally: str) -> None:
    address = urlsplit(tally)
    body = collection("Voucher", COMPANY, fetch="*").encode()
    with socket.create_connection((address.hostname or "", address.port or 0)) as leaving:
        leaving.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    assert httpx.get(f"{tally}/status", timeout=30).status_code == 200


def test_without_a_company_the_open_one_answers(tally: str) -> None:
    assert ask(tally, collection("Ledger", None)) == ask(tally, collection("Ledger", COMPANY))


def test_the_company_list_holds_the_captured_lines_and_ours(tally: str) -> None:
    text = ask(tally, collection("Company", None)).decode("utf-16-le")
    assert '<ALTVCHID TYPE="Number"> 101603</ALTVCHID>' in text
    assert text.count("<COMPANY NAME=") == 6


def test_a_company_that_appears_later_is_loaded(tmp_path: Path) -> None:
    tally = Tally(tmp_path)
    assert "Latecomer" not in tally.reply(collection("Company", None)).text
    (tmp_path / "company.json").write_text(
        '{"name":"Latecomer","guid":"g","books_from":"20260401","as_of":"20260801","groups":[],"voucher_types":[],'
        '"ledgers":[{"name":"Cash","parent":"","guid":"g-1","alter_id":1}],"vouchers":[]}'
    )
    assert "Latecomer" in tally.reply(collection("Company", None)).text


@pytest.mark.parametrize(
    ("formula", "passes"),
    [
        ('$Date >= $$Date:"20260801"', True),
        ('$Date < $$Date:"20260801"', False),
        ("$AlterID > 74 AND $AlterID <= 75", True),
        ("NOT ($AlterID = 75 OR $AlterID = 76)", False),
        ("$$IsSales:$VoucherTypeName", True),
        ("$$IsReceipt:$VoucherTypeName", False),
        ("NOT $IsCancelled", True),
        ("$Missing > 0", False),
    ],
)
def test_formulas_are_evaluated(formula: str, passes: bool) -> None:
    fields = {"DATE": "20260801", "ALTERID": " 75", "CLASS": "Sales", "ISCANCELLED": "No"}
    assert bool(compile_formula(formula)(fields)) is passes


@pytest.mark.parametrize("formula", ["", "$Date >", "$$Date:x = 1", "(1 = 1", "1 = 1 )", "§"])
def test_an_unreadable_formula_is_refused(formula: str) -> None:
    with pytest.raises(BadFormulaError):
        compile_formula(formula)


def test_captures_keep_their_licence() -> None:
    assert {"LICENSE.bridge-Apache-2.0.txt", "NOTICE.bridge.txt", ".gitattributes"} <= {
        path.name for path in Path(FOLDER).iterdir()
    }
