"""The rules: each record on its own, then the signed list of all of them."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from altscore_consent_verifier.keys import CannotVerify, Keys, signature_fault

EXPORT, RECEIPT = "altscore.consent-export.1", "altscore.consent-receipt.1"
GRANT, WITHDRAWAL = "grant", "withdrawal"


class Finding(NamedTuple):
    """One record, or the list (`what`), and what is wrong with it; None when it holds."""

    what: str
    fault: str | None


def parse(text: str) -> dict[str, Any]:
    """An exported file; a key that appears twice is an error, since readers disagree about such files.

    Raises:
        CannotVerify: not such a file.
    """
    try:
        body = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise CannotVerify("not JSON") from error
    if not isinstance(body, dict) or _form(body) not in (EXPORT, RECEIPT):
        raise CannotVerify("neither an export nor a receipt of consent records")
    return body


def verify(body: Mapping[str, Any], keys: Keys) -> list[Finding]:
    """A finding for every record, and one for the list where the file must have one."""
    is_export = _form(body) == EXPORT
    retailer_id = body.get("retailer_id" if is_export else "pii_principal_id")
    entries = body.get("records" if is_export else "signed_records")
    if not isinstance(entries, list):
        return [Finding("records", "missing")]
    findings = [_record(entry, keys, retailer_id) for entry in entries]
    names = Counter(finding.what for finding in findings)
    findings = [
        Finding(finding.what, finding.fault or ("there twice" if names[finding.what] > 1 else None))
        for finding in findings
    ]
    findings += _orphans(names)
    return _one_per_record([*findings, *(_list(body, entries, keys) if is_export else _receipt(body, entries))])


def _one_per_record(findings: list[Finding]) -> list[Finding]:
    """One finding a record: the first fault, if there is any."""
    faults: dict[str, str | None] = {}
    for finding in findings:
        faults[finding.what] = faults.get(finding.what) or finding.fault
    return [Finding(what, fault) for what, fault in faults.items()]


def _form(body: Mapping[str, Any]) -> Any:
    return body.get("schema", body.get("schema_version"))


def _name(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "?"
    return f"{entry.get('consent_id')} {entry.get('kind')}"


def _record(entry: Any, keys: Keys, retailer_id: Any) -> Finding:
    document = entry.get("record") if isinstance(entry, dict) else None
    try:
        content = json.loads(document, object_pairs_hook=_once) if isinstance(document, str) else None
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict) or not isinstance(document, str):
        return Finding(_name(entry), "no record")
    fault = signature_fault(keys, content.get("key_id"), document, entry.get("signature"))
    return Finding(_name(entry), fault or _content_fault(entry, document, content, retailer_id))


def _content_fault(entry: Mapping[str, Any], document: str, content: dict[str, Any], retailer_id: Any) -> str | None:
    if document != json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False):
        return "not written as it was signed"  # records hold texts, whole numbers, lists and objects with plain keys
    if (content.get("consent_id"), content.get("kind")) != (entry.get("consent_id"), entry.get("kind")):
        return "is listed under another name than it was signed for"
    if "key_id" in entry and entry["key_id"] != content.get("key_id"):
        return "is listed under another key than it was signed with"
    if content.get("retailer_id") != retailer_id:
        return "of another retailer"
    return _grant_fault(content) if content["kind"] == GRANT else _withdrawal_fault(content)


def _grant_fault(content: Mapping[str, Any]) -> str | None:
    try:
        given_at, expires_at = _instant(content["given_at"]), _instant(content["expires_at"])
        lenders, notice = content["lender_scope"], content["notice"]
        named = all(notice[name] for name in ("id", "version", "language", "sha256"))
    except (KeyError, TypeError, ValueError):
        return "a field of a grant is missing"
    if expires_at <= given_at:
        return "it expires before it was given"
    if not lenders or not content.get("purpose") or not named:
        return "it names no lender, no purpose or no notice"
    return None


def _withdrawal_fault(content: Mapping[str, Any]) -> str | None:
    try:
        _instant(content["withdrawn_at"])
    except (KeyError, TypeError, ValueError):
        return "a field of a withdrawal is missing"
    return None if content["kind"] == WITHDRAWAL else "of no known kind"


def _orphans(names: Mapping[str, int]) -> list[Finding]:
    withdrawn = [name.split(" ")[0] for name in names if name.endswith(f" {WITHDRAWAL}")]
    missing = [consent_id for consent_id in withdrawn if f"{consent_id} {GRANT}" not in names]
    return [
        Finding(f"{consent_id} {GRANT}", "the consent that a withdrawal ends is not here") for consent_id in missing
    ]


def _list(body: Mapping[str, Any], entries: list[Any], keys: Keys) -> list[Finding]:
    manifest = body.get("manifest")
    document = manifest.get("document") if isinstance(manifest, dict) else None
    try:
        content = json.loads(document, object_pairs_hook=_once) if isinstance(document, str) else None
        listed = (
            {f"{item['consent_id']} {item['kind']}": item["sha256"] for item in content["records"]} if content else {}
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        content = None
    if content is None or not isinstance(document, str) or not isinstance(manifest, dict):
        return [Finding("manifest", "missing")]
    fault = signature_fault(keys, content.get("key_id"), document, manifest.get("signature"))
    for field, fault_text in (("retailer_id", "of another retailer"), ("exported_at", "of another time")):
        if fault is None and content.get(field) != body.get(field):
            fault = fault_text
    if fault is None and content.get("uses") != body.get("uses"):
        fault = "it counts other uses"
    if fault is not None:
        return [Finding("manifest", fault)]
    return [Finding("manifest", None), *_differences(listed, entries)]


def _differences(listed: Mapping[str, str], entries: list[Any]) -> list[Finding]:
    here = {_name(entry): _digest(entry) for entry in entries}
    gone = [Finding(name, "missing, though the list names it") for name in listed if name not in here]
    unlisted = [Finding(name, "not in the list") for name in here if name not in listed]
    other = [
        Finding(name, "not the one that the list names")
        for name in here
        if name in listed and listed[name] != here[name]
    ]
    return [*gone, *unlisted, *other]


def _digest(entry: Any) -> str:
    try:
        return hashlib.sha256(entry["record"].encode() + bytes.fromhex(entry["signature"])).hexdigest()
    except (TypeError, KeyError, ValueError, AttributeError):
        return ""


def _receipt(body: Mapping[str, Any], entries: list[Any]) -> list[Finding]:
    """A receipt restates the records; what can be compared must agree with what was signed."""
    try:
        grant = next(json.loads(entry["record"]) for entry in entries if entry["kind"] == GRANT)
        record = body["consent_record"]
        purpose = record["pii_processing"]["purposes"][0]
        told = (record["record_id"], purpose["purpose"], sorted(purpose["recipient_third_parties"]))
        notice = record["pii_processing"]["privacy_notice"]["sha256"]
        signed = (grant["consent_id"], grant["purpose"], sorted(grant["lender_scope"]))
        agrees = told == signed and notice == grant["notice"]["sha256"]
    except (StopIteration, KeyError, TypeError, ValueError, IndexError, AttributeError):
        agrees = False
    return [Finding("receipt", None if agrees else "it tells something else than was signed")]


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("no zone")
    return instant


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key appears twice")
    return content
