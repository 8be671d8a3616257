"""Objects in the words of the wire: padded numbers, empty amounts, blank lists, marks that XML forbids."""

from datetime import date
from typing import Any

from simulators_tally.envelopes import escape

_MODES = {"upi": ("e-Fund Transfer", "UPI"), "neft": ("e-Fund Transfer", "NEFT"), "cheque": ("Cheque", "")}
_NO_FETCH: frozenset[str] = frozenset()


def amount(paise: int) -> str:
    """Rupees with two decimals; negative is debit."""
    sign = "-" if paise < 0 else ""
    return f"{sign}{abs(paise) // 100}.{abs(paise) % 100:02d}"


def _yes(value: object) -> str:
    return "Yes" if value else "No"


def render_voucher(voucher: dict[str, Any], guid: str, voucher_class: str, fetch: frozenset[str]) -> str:
    """One voucher; the fields that were not fetched are left out, unknown names are ignored."""
    number, day = escape(voucher["number"]), voucher["date"]
    everything = "*" in fetch
    optional_fields = {
        "isoptional": f'     <ISOPTIONAL TYPE="Logical">{_yes(voucher.get("optional"))}</ISOPTIONAL>\r\n',
        "iscancelled": f'     <ISCANCELLED TYPE="Logical">{_yes(voucher.get("cancelled"))}</ISCANCELLED>\r\n',
        "ispostdated": f'     <ISPOSTDATED TYPE="Logical">{_yes(voucher.get("post_dated"))}</ISPOSTDATED>\r\n',
        "narration": f'     <NARRATION TYPE="String">{escape(voucher.get("narration", ""))}</NARRATION>\r\n',
        "partyledgername": f'     <PARTYLEDGERNAME TYPE="String">{escape(_party(voucher))}</PARTYLEDGERNAME>\r\n',
        "amount": f'     <AMOUNT TYPE="Amount">{_total(voucher)}</AMOUNT>\r\n',
    }
    chosen = "".join(
        text for name, text in optional_fields.items() if name in fetch or (everything and name != "isoptional")
    )
    return (
        f'    <VOUCHER REMOTEID="{voucher["guid"]}" VCHKEY="{guid}-0000b49a:{voucher["master_id"] * 8:08x}" '
        f'VCHTYPE="{escape(voucher["type"])}" OBJVIEW="Accounting Voucher View">\r\n'
        f'     <DATE TYPE="Date">{day}</DATE>\r\n     <GUID>{voucher["guid"]}</GUID>\r\n'
        "     <REQUESTORRULE/>\r\n"
        f"     <VOUCHERTYPENAME>{escape(voucher['type'])}</VOUCHERTYPENAME>\r\n"
        f"     <VOUCHERNUMBER>{number}</VOUCHERNUMBER>\r\n"
        '     <SERIALMASTER TYPE="String"></SERIALMASTER>\r\n     <NUMBERINGSTYLE>Auto Retain</NUMBERINGSTYLE>\r\n'
        f"     <ISDELETED>No</ISDELETED>\r\n{chosen}"
        f'     <ALTERID TYPE="Number"> {voucher["alter_id"]}</ALTERID>\r\n'
        f'     <MASTERID TYPE="Number"> {voucher["master_id"]}</MASTERID>\r\n'
        f"{_entries(voucher, fetch)}{_lines(voucher, fetch)}    </VOUCHER>\r\n"
    )


def _party(voucher: dict[str, Any]) -> str:
    return next((str(entry["ledger"]) for entry in voucher["entries"] if "bills" in entry), "")


def _total(voucher: dict[str, Any]) -> str:
    """The voucher's own amount; a cancelled voucher has none, one in foreign currency a composite."""
    if voucher.get("cancelled"):
        return ""
    if written := next((entry["amount_text"] for entry in voucher["entries"] if "amount_text" in entry), ""):
        return escape(written)
    return amount(max(abs(int(entry["paise"])) for entry in voucher["entries"]))


def _amount_of(part: dict[str, Any]) -> str:
    """An amount as it is written: `amount_text` where the company file gives one."""
    return escape(part["amount_text"]) if "amount_text" in part else amount(int(part["paise"]))


def _entries(voucher: dict[str, Any], fetch: frozenset[str]) -> str:
    """Ledger entries; named sub-fields instead of `ALLLEDGERENTRIES.*` lose what is on account."""
    whole = bool(fetch & {"*", "allledgerentries.*", "allledgerentries.list.*"})
    if not whole and not any(name.startswith("allledgerentries") for name in fetch):
        return ""
    if voucher.get("cancelled"):
        return "     <ALLLEDGERENTRIES.LIST>      </ALLLEDGERENTRIES.LIST>\r\n"
    return "".join(_entry(entry, whole=whole) for entry in voucher["entries"])


def _entry(entry: dict[str, Any], *, whole: bool) -> str:
    paise = int(entry["paise"])
    debit = _yes(paise < 0)
    bills = "".join(_bill(bill) for bill in entry.get("bills", ()) if whole or bill["type"] != "On Account")
    bills = bills or "      <BILLALLOCATIONS.LIST>      </BILLALLOCATIONS.LIST>\r\n"
    return (
        f'     <ALLLEDGERENTRIES.LIST>\r\n      <LEDGERNAME TYPE="String">{escape(entry["ledger"])}</LEDGERNAME>\r\n'
        f"      <GSTCLASS>&#4; Not Applicable</GSTCLASS>\r\n"
        f'      <ISDEEMEDPOSITIVE TYPE="Logical">{debit}</ISDEEMEDPOSITIVE>\r\n'
        f'      <ISLASTDEEMEDPOSITIVE TYPE="Logical">{debit}</ISLASTDEEMEDPOSITIVE>\r\n'
        f'      <AMOUNT TYPE="Amount">{_amount_of(entry)}</AMOUNT>\r\n'
        '      <VATASSESSABLEVALUE TYPE="Amount"></VATASSESSABLEVALUE>\r\n'
        f"{_bank(entry)}{bills}      <COSTTRACKALLOCATIONS.LIST>      </COSTTRACKALLOCATIONS.LIST>\r\n"
        "     </ALLLEDGERENTRIES.LIST>\r\n"
    )


def _bank(entry: dict[str, Any]) -> str:
    if "bank" not in entry:
        return "      <BANKALLOCATIONS.LIST>      </BANKALLOCATIONS.LIST>\r\n"
    kind, mode = _MODES[entry["bank"]["method"]]
    return (
        f"      <BANKALLOCATIONS.LIST>\r\n       <TRANSACTIONTYPE>{kind}</TRANSACTIONTYPE>\r\n"
        f"       <TRANSFERMODE>{mode}</TRANSFERMODE>\r\n"
        f"       <INSTRUMENTNUMBER>{entry['bank']['instrument']}</INSTRUMENTNUMBER>\r\n"
        f"       <AMOUNT>{amount(int(entry['paise']))}</AMOUNT>\r\n      </BANKALLOCATIONS.LIST>\r\n"
    )


def _bill(bill: dict[str, Any]) -> str:
    name = f"<NAME>{escape(bill['name'])}</NAME>" if bill["name"] else "<NAME/>"
    written = escape(_period(bill))
    # Tally writes the day of entry beside the period; the reader must live with either.
    period = (
        f'<BILLCREDITPERIOD JD="46000" P="{written}">{written}</BILLCREDITPERIOD>' if written else "<BILLCREDITPERIOD/>"
    )
    return (
        f"      <BILLALLOCATIONS.LIST>\r\n       <YEAREND/>\r\n       {name}\r\n       {period}\r\n"
        f'       <TDSDEDUCTEESECTIONNUMBER/>\r\n       <BILLTYPE TYPE="String">{bill["type"]}</BILLTYPE>\r\n'
        f"       <TDSDEDUCTEEISSPECIALRATE>No</TDSDEDUCTEEISSPECIALRATE>\r\n"
        f"       <AMOUNT>{_amount_of(bill)}</AMOUNT>\r\n"
        "       <INTERESTCOLLECTION.LIST>       </INTERESTCOLLECTION.LIST>\r\n      </BILLALLOCATIONS.LIST>\r\n"
    )


def _period(part: dict[str, Any]) -> str:
    """A credit period as it is written: `credit_period` in any unit, else `credit_days`."""
    days = part.get("credit_days")
    return str(part.get("credit_period") or (f"{days} Days" if days else ""))


def _lines(voucher: dict[str, Any], fetch: frozenset[str]) -> str:
    if not voucher.get("lines") or not fetch & {"*", "allinventoryentries.*", "allinventoryentries.stockitemname"}:
        return ""
    items = (f"<STOCKITEMNAME>Item {number:02d}</STOCKITEMNAME>" for number in range(1, int(voucher["lines"]) + 1))
    return "".join(f"     <ALLINVENTORYENTRIES.LIST>{item}</ALLINVENTORYENTRIES.LIST>\r\n" for item in items)


def _names(name: str) -> str:
    return (
        f'     <LANGUAGENAME.LIST>\r\n      <NAME.LIST TYPE="String">\r\n'
        f"       <NAME>{escape(name)}</NAME>\r\n      </NAME.LIST>\r\n"
        "      <LANGUAGEID> 1033</LANGUAGEID>\r\n     </LANGUAGENAME.LIST>\r\n"
    )


def _attribute(text: str) -> str:
    """A name as an attribute, in which a reader would take a plain line break for a blank."""
    return escape(text).replace("\r", "&#13;").replace("\n", "&#10;")


def render_ledger(ledger: dict[str, Any], _guid: str, _number: int, _fetch: frozenset[str] = _NO_FETCH) -> str:
    """One ledger; fields that are not set are left out."""
    text = (
        f'    <LEDGER NAME="{_attribute(ledger["name"])}" RESERVEDNAME="">\r\n'
        f'     <GUID TYPE="String">{ledger["guid"]}</GUID>\r\n'
        f'     <PARENT TYPE="String">{escape(ledger["parent"])}</PARENT>\r\n'
    )
    if gstin := ledger.get("gstin"):
        text += f'     <PARTYGSTIN TYPE="String">{gstin}</PARTYGSTIN>\r\n'
    if mobile := ledger.get("mobile"):
        text += f'     <LEDGERMOBILE TYPE="String">{mobile}</LEDGERMOBILE>\r\n'
    if phone := ledger.get("phone"):
        text += f'     <LEDGERPHONE TYPE="String">{phone}</LEDGERPHONE>\r\n'
    if period := _period(ledger):
        text += f'     <BILLCREDITPERIOD TYPE="Due Date">{escape(period)}</BILLCREDITPERIOD>\r\n'
    text += "".join(_opening_bill(bill) for bill in ledger.get("opening_bills", ()))
    if gstin := ledger.get("reg_gstin"):
        text += (
            "     <LEDGSTREGDETAILS.LIST>\r\n      <APPLICABLEFROM>20170701</APPLICABLEFROM>\r\n"
            f"      <GSTIN>{gstin}</GSTIN>\r\n     </LEDGSTREGDETAILS.LIST>\r\n"
        )
    return (
        f'{text}     <ALTERID TYPE="Number"> {ledger["alter_id"]}</ALTERID>\r\n'
        f'     <MASTERID TYPE="Number"> {ledger["alter_id"]}</MASTERID>\r\n'
        f'     <OPENINGBALANCE TYPE="Amount">0.00</OPENINGBALANCE>\r\n{_names(ledger["name"])}    </LEDGER>\r\n'
    )


def _opening_bill(bill: dict[str, Any]) -> str:
    """A bill from before the ledger; negative is owed by the debtor."""
    return (
        f"     <BILLALLOCATIONS.LIST>\r\n      <BILLDATE>{bill['date']}</BILLDATE>\r\n"
        f"      <NAME>{escape(bill['name'])}</NAME>\r\n"
        f"      <BILLCREDITPERIOD>{escape(_period(bill))}</BILLCREDITPERIOD>\r\n      <ISADVANCE>No</ISADVANCE>\r\n"
        f"      <OPENINGBALANCE>{_amount_of(bill)}</OPENINGBALANCE>\r\n     </BILLALLOCATIONS.LIST>\r\n"
    )


def render_group(group: dict[str, Any], guid: str, number: int, _fetch: frozenset[str] = _NO_FETCH) -> str:
    """One group; PARENTSTRUCTURE holds raw U+0003, the top's parent begins with U+0004."""
    name, parent = escape(group["name"]), escape(group["parent"])
    reserved = (
        f'     <RESERVEDNAME TYPE="String">{escape(group["reserved"])}</RESERVEDNAME>\r\n' if group["reserved"] else ""
    )
    return (
        f'    <GROUP NAME="{name}" RESERVEDNAME="{escape(group["reserved"])}">\r\n'
        f'     <GUID TYPE="String">{guid}-{number + 1:08x}</GUID>\r\n'
        f'     <PARENT TYPE="String">{parent or "&#4; Primary"}</PARENT>\r\n{reserved}'
        f'     <ALTERID TYPE="Number"> {number + 1}</ALTERID>\r\n'
        f'     <MASTERID TYPE="Number"> {number + 1}</MASTERID>\r\n'
        f'     <PARENTSTRUCTURE TYPE="String">\x03{name}\x03\x03{parent}\x03</PARENTSTRUCTURE>\r\n'
        f"{_names(group['name'])}    </GROUP>\r\n"
    )


def render_voucher_type(kind: dict[str, Any], guid: str, number: int, _fetch: frozenset[str] = _NO_FETCH) -> str:
    """One voucher type; PARENT is its class."""
    name, parent = escape(kind["name"]), escape(kind["parent"])
    return (
        f'    <VOUCHERTYPE NAME="{name}" RESERVEDNAME="{name if name == parent else ""}">\r\n'
        f'     <GUID TYPE="String">{guid}-{number + 64:08x}</GUID>\r\n     <PARENT TYPE="String">{parent}</PARENT>\r\n'
        f"{_names(kind['name'])}    </VOUCHERTYPE>\r\n"
    )


def render_bill(party: str, name: str, day: date, *, paise: int, due_on: date, as_of: date) -> str:
    """One run of siblings of Bills Receivable."""
    overdue = str((as_of - due_on).days) if due_on <= as_of else ""
    return (
        f" <BILLFIXED>\r\n  <BILLDATE>{_short(day)}</BILLDATE>\r\n  <BILLREF>{escape(name)}</BILLREF>\r\n"
        f"  <BILLPARTY>{escape(party)}</BILLPARTY>\r\n</BILLFIXED>\r\n <BILLCL>{amount(paise)}</BILLCL>\r\n"
        f" <BILLDUE>{_short(due_on)}</BILLDUE>\r\n <BILLOVERDUE>{overdue}</BILLOVERDUE>\r\n"
    )


def _short(day: date) -> str:
    return f"{day.day}-{day:%b-%y}"
