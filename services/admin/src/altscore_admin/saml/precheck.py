"""What a SAML response must look like before any code for XML signatures sees it (decision 25). Pure.

The library that verifies the signature runs the transforms that the response names, an attacker's XSLT among them,
before it knows who signed. So the form is fixed here: plain UTF-8 without declarations, comments or CDATA, one
assertion, one signature inside it over exactly it, and of all algorithms and transforms only those named here.
"""

import base64
import binascii
import re
from typing import Any, NamedTuple

from lxml import etree

MAX_RESPONSE_BYTES = 65_536
MAX_ELEMENTS = 500
MAX_DEPTH = 16
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
EC = "http://www.w3.org/2001/10/xml-exc-c14n#"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
ENVELOPED = f"{DS}enveloped-signature"
TRANSFORMS = {ENVELOPED, EC}
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_ENC = "http://www.w3.org/2001/04/xmlenc#"
SIGNATURES = {f"{_MORE}{name}" for name in ("rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256", "ecdsa-sha384")}
DIGESTS = {f"{_ENC}sha256", f"{_MORE}sha384", f"{_ENC}sha512"}
# Every element that may stand inside a signature; an Object, a RetrievalMethod or a KeyValue may not.
SIGNATURE_ELEMENTS = {
    *("Signature", "SignedInfo", "CanonicalizationMethod", "SignatureMethod", "Reference", "Transforms", "Transform"),
    *("DigestMethod", "DigestValue", "SignatureValue", "KeyInfo", "KeyName", "X509Data", "X509Certificate"),
}
ID_NAMES = {"ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id"}
_DECLARATION = re.compile(rb"\A<\?xml version=\"1\.0\"( encoding=\"(UTF|utf)-8\")?( standalone=\"(yes|no)\")?\s?\?>\s*")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]+={0,2}")
_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{7,127}")


class Unacceptable(Exception):
    """The response is refused for its form; the message is a fixed reason and quotes nothing."""


class Shape(NamedTuple):
    """A response of the right form, about which nothing is proven yet.

    Attributes:
        document: the XML's bytes.
        assertion_id: that the signature names.
        request_id: that both the response and the assertion answer.
        destination: of the response.
        recipients: of the assertion's bearer confirmations.
        audiences: of the assertion.
        name_id: text of the subject's name.
        expires: NotOnOrAfter of the assertion's conditions and confirmation, as written.
    """

    document: bytes
    assertion_id: str
    request_id: str
    destination: str | None
    recipients: tuple[str | None, ...]
    audiences: tuple[str, ...]
    name_id: str
    expires: tuple[str | None, ...]


def shape_of(encoded: str) -> Shape:
    """The form of a response.

    Args:
        encoded: the form field SAMLResponse, base64.

    Raises:
        Unacceptable: any other form.
    """
    document = _decoded(encoded)
    root = _parsed(document)
    _check_elements(root)
    _refuse_unless(root.tag == f"{{{SAMLP}}}Response", "root")
    assertions = list(root.iter(f"{{{SAML}}}Assertion"))
    _refuse_unless(len(assertions) == 1, "assertions")
    (assertion,) = assertions
    _refuse_unless(assertion.getparent() is root, "assertion_place")
    assertion_id = _checked_signature(root, assertion)
    request_ids = {root.get("InResponseTo"), *_confirmations(assertion, "InResponseTo")}
    _refuse_unless(len(request_ids) == 1, "in_response_to")
    (request_id,) = request_ids
    _refuse_unless(request_id is not None and _ID.fullmatch(request_id) is not None, "in_response_to")
    conditions = assertion.findall(f"{{{SAML}}}Conditions")
    _refuse_unless(len(conditions) == 1, "conditions")
    names = assertion.findall(f"{{{SAML}}}Subject/{{{SAML}}}NameID")
    _refuse_unless(len(names) == 1, "name_id")
    return Shape(
        document=document,
        assertion_id=assertion_id,
        request_id=str(request_id),
        destination=root.get("Destination"),
        recipients=tuple(_confirmations(assertion, "Recipient")),
        audiences=tuple(
            str(item.text) for item in conditions[0].findall(f"{{{SAML}}}AudienceRestriction/{{{SAML}}}Audience")
        ),
        name_id=str(names[0].text or ""),
        expires=(conditions[0].get("NotOnOrAfter"), *_confirmations(assertion, "NotOnOrAfter")),
    )


def _refuse_unless(holds: bool, reason: str) -> None:
    if not holds:
        raise Unacceptable(reason)


def _decoded(encoded: str) -> bytes:
    compact = "".join(encoded.split()).encode(errors="replace")
    _refuse_unless(len(compact) <= MAX_RESPONSE_BYTES * 4 // 3 + 4, "size")
    _refuse_unless(_BASE64.fullmatch(compact) is not None, "base64")
    try:
        document = base64.b64decode(compact, validate=True)
        document.decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Unacceptable("encoding") from error
    _refuse_unless(b"\x00" not in document, "encoding")
    body = _DECLARATION.sub(b"", document, count=1)
    # No DTD, no entity, no comment (which cuts a text in two), no CDATA, no processing instruction (a stylesheet).
    _refuse_unless(b"<!" not in body and b"<?" not in body, "declaration")
    return document


def _parsed(document: bytes) -> Any:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False, recover=False
    )
    try:
        return etree.fromstring(document, parser)
    except etree.XMLSyntaxError as error:
        raise Unacceptable("xml") from error


def _check_elements(root: Any) -> None:
    """Known namespaces, few elements, not deep, no id twice, texts where people are named."""
    seen: set[str] = set()
    pending = [(root, 1)]
    count = 0
    while pending:
        element, depth = pending.pop()
        count += 1
        _refuse_unless(isinstance(element.tag, str) and count <= MAX_ELEMENTS and depth <= MAX_DEPTH, "size")
        name = etree.QName(element)
        _refuse_unless(name.namespace in (SAML, SAMLP, DS, EC), "namespace")
        if name.namespace == DS:
            _refuse_unless(name.localname in SIGNATURE_ELEMENTS, "signature_content")
        _refuse_unless(name.localname not in ("EncryptedAssertion", "EncryptedID", "Extensions", "Advice"), "element")
        if name.namespace == SAML and name.localname in ("NameID", "AttributeValue", "Audience", "Issuer"):
            _refuse_unless(len(element) == 0, "text")
        for identifier in (element.get(item) for item in ID_NAMES):
            if identifier is not None:
                _refuse_unless(identifier not in seen, "id_twice")
                seen.add(identifier)
        pending.extend((child, depth + 1) for child in element)


def _checked_signature(root: Any, assertion: Any) -> str:
    """The id that the only signature names: the assertion it stands in."""
    signatures = list(root.iter(f"{{{DS}}}Signature"))
    _refuse_unless(len(signatures) == 1 and signatures[0].getparent() is assertion, "signature_place")
    (signature,) = signatures
    references = list(signature.iter(f"{{{DS}}}Reference"))
    signed_info = signature.findall(f"{{{DS}}}SignedInfo")
    _refuse_unless(len(references) == 1 and len(signed_info) == 1, "references")
    _refuse_unless(references[0].getparent() is signed_info[0], "references")
    assertion_id = assertion.get("ID")
    _refuse_unless(assertion_id is not None and _ID.fullmatch(assertion_id) is not None, "assertion_id")
    _refuse_unless(references[0].get("URI") == f"#{assertion_id}", "reference_target")
    transforms = list(signature.iter(f"{{{DS}}}Transform"))
    algorithms = [item.get("Algorithm") for item in transforms]
    _refuse_unless(len(algorithms) == len(TRANSFORMS) and set(algorithms) == TRANSFORMS, "transforms")
    for item in transforms:
        _refuse_unless(all(child.tag == f"{{{EC}}}InclusiveNamespaces" for child in item), "transforms")
        _refuse_unless(item.getparent().getparent() is references[0], "transforms")
    _check_algorithm(signature, "CanonicalizationMethod", {EC})
    _check_algorithm(signature, "SignatureMethod", SIGNATURES)
    _check_algorithm(signature, "DigestMethod", DIGESTS)
    return str(assertion_id)


def _check_algorithm(signature: Any, name: str, allowed: set[str]) -> None:
    named = [item.get("Algorithm") for item in signature.iter(f"{{{DS}}}{name}")]
    _refuse_unless(len(named) == 1 and named[0] in allowed, "algorithm")


def _confirmations(assertion: Any, attribute: str) -> list[str | None]:
    """An attribute of every bearer confirmation; there is at least one, and none of another method."""
    confirmations = assertion.findall(f"{{{SAML}}}Subject/{{{SAML}}}SubjectConfirmation")
    _refuse_unless(bool(confirmations) and all(item.get("Method") == BEARER for item in confirmations), "confirmation")
    data = [item.findall(f"{{{SAML}}}SubjectConfirmationData") for item in confirmations]
    _refuse_unless(all(len(some) == 1 for some in data), "confirmation")
    return [some[0].get(attribute) for some in data]
