"""The outer form of replies: header, counters, collections; lines end in CRLF as on the wire."""

import re
from collections.abc import Iterable

UNKNOWN = "<RESPONSE>Unknown Request, cannot be processed</RESPONSE>"
RUNNING = "<RESPONSE>TallyPrime Server is Running</RESPONSE>"
_COUNTERS = (
    "COMPANY", "GROUP", "LEDGER", "COSTCATEGORY", "COSTCENTRE", "GODOWN", "STOCKGROUP", "STOCKCATEGORY",
    "STOCKITEM", "VOUCHERTYPE", "CURRENCY", "UNIT", "BUDGET", "CLIENTRULE", "SERVERRULE", "STATE", "TDSRATE",
    "TAXCLASSIFICATION", "STCATEGORY", "DEDUCTEETYPE", "ATTENDANCETYPE", "VOUCHERNUMBERSERIES", "VOUCHER",
)  # fmt: skip
_ZEROS = "".join(f"    <{name}>0</{name}>\r\n" for name in _COUNTERS)
_HEAD = "<ENVELOPE>\r\n <HEADER>\r\n  <VERSION>1</VERSION>\r\n  <STATUS>{status}</STATUS>\r\n </HEADER>\r\n <BODY>\r\n"
_ATTRIBUTES = {
    "voucher": ' ISCMPDEPTYPE="Yes" CMPLOCUS="4" CMPDEPTYPE="64"',
    "ledger": ' ISMSTDEPTYPE="Yes" MSTDEPTYPE="8"',
    "group": ' ISMSTDEPTYPE="Yes" MSTDEPTYPE="4"',
    "vouchertype": ' ISMSTDEPTYPE="Yes" MSTDEPTYPE="1024"', "company": "",
}  # fmt: skip


def escape(text: str) -> str:
    """Text as it stands inside an element or attribute."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def collection(object_type: str, objects: Iterable[str]) -> str:
    """A collection reply; STATUS is 1 whatever is inside."""
    inside = "".join(objects) or "   "
    opening = "\r\n" if inside.strip() else ""
    return (
        f"{_HEAD.format(status=1)}  <DESC>\r\n"
        f"   <CMPINFO>\r\n{_ZEROS}   </CMPINFO>\r\n  </DESC>\r\n  <DATA>\r\n"
        f"   <COLLECTION{_ATTRIBUTES.get(object_type, '')}>{opening}{inside}   </COLLECTION>\r\n"
        "  </DATA>\r\n </BODY>\r\n</ENVELOPE>\r\n"
    )


def line_error(company: str) -> str:
    """What a report says of a company that is not loaded."""
    return (
        f"{_HEAD.format(status=0)}  <DATA>\r\n"
        f"   <LINEERROR>Could not set &apos;SVCurrentCompany&apos; to &apos;{escape(company)}&apos;</LINEERROR>\r\n"
        "  </DATA>\r\n </BODY>\r\n</ENVELOPE>\r\n"
    )


def split_objects(text: str, tag: str) -> tuple[str, list[str], str]:
    """Cuts a captured reply into what stands before, each object with its own bytes, and what stands after."""
    pattern = re.compile(rf"[ \t]*<{tag} .*?</{tag}>\r?\n?", re.S)
    body = text.index("<COLLECTION")
    matches = list(pattern.finditer(text, body))
    if not matches:
        return text, [], ""
    return text[: matches[0].start()], [part.group(0) for part in matches], text[matches[-1].end() :]
