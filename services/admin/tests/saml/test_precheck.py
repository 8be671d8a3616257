"""A response of another form is refused before any code for XML signatures sees it (decision 25)."""

from pathlib import Path

import onelogin
import pytest
import xmlsec
from altscore_admin.saml.precheck import Unacceptable, shape_of
from altscore_libs.testing import entered_files

from ..people import ACS, AUDIENCE, encoded, response_xml, signed
from .wrapping import VARIANTS, wrapped

REQUEST = "_" + "1" * 64
RIGHT = signed(response_xml(REQUEST, "asha"))
XSLT = (
    '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet'
    ' xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"><xsl:template match="/"/></xsl:stylesheet>'
    "</ds:Transform>"
)
ENTITIES = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol"}">' for n in range(9))


def reason_of(xml: str | bytes) -> str:
    """Why a response is refused."""
    with pytest.raises(Unacceptable) as refused:
        shape_of(encoded(xml))
    return str(refused.value)


def test_the_right_form_is_read() -> None:
    shape = shape_of(encoded(RIGHT))
    assert (shape.request_id, shape.destination, shape.name_id) == (REQUEST, ACS, "asha")
    assert (shape.recipients, shape.audiences) == ((ACS,), (AUDIENCE,))
    assert shape_of(encoded(f'<?xml version="1.0" encoding="UTF-8"?>\n{RIGHT}')).name_id == "asha"


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_wrapped_signature_is_refused_by_its_form(variant: str) -> None:
    assert reason_of(wrapped(variant, RIGHT)) in {
        *("assertions", "assertion_place", "signature_place", "signature_content", "element", "id_twice"),
        *("reference_target", "references"),
    }


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<ds:Transforms>", f"<ds:Transforms>{XSLT}", "namespace"),
        (
            '<ds:Transform Algorithm="http://www.w3.org/2000/09/xmldsig#enveloped-signature"/>',
            '<ds:Transform Algorithm="http://www.w3.org/TR/1999/REC-xpath-19991116"/>',
            "transforms",
        ),
        (
            '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/>',
            '<ds:Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#WithComments"/>',
            "transforms",
        ),
        ("xmldsig-more#rsa-sha256", "xmldsig-more#hmac-sha256", "algorithm"),
        ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1", "algorithm"),
        ("<ds:X509Data>", '<ds:RetrievalMethod URI="http://x.test/"/><ds:X509Data>', "signature_content"),
        (">asha<", ">asha<!-- -->.admin<", "declaration"),
        (">asha<", "><![CDATA[asha]]><", "declaration"),
        (">asha<", ">asha<?x y?><", "declaration"),
        (">asha<", ">asha<saml:Issuer>x</saml:Issuer><", "text"),
        ("<samlp:Response", f"<!DOCTYPE r [{ENTITIES}]><samlp:Response", "declaration"),
        ("<samlp:Response", '<!DOCTYPE r SYSTEM "http://x.test/d"><samlp:Response', "declaration"),
        ("<samlp:Response", '<?xml-stylesheet href="http://x.test/s"?><samlp:Response', "declaration"),
        ("<samlp:Status>", "<samlp:Extensions/><samlp:Status>", "element"),
        ("saml:Assertion", "saml:EncryptedAssertion", "element"),
        (f'InResponseTo="{REQUEST}"><saml:Issuer', "><saml:Issuer", "in_response_to"),
        (f'Data InResponseTo="{REQUEST}"', "Data", "in_response_to"),
        ("cm:bearer", "cm:sender-vouches", "confirmation"),
        ("<samlp:Response", '<samlp:Response Id="_a"', "xml_or_form"),
    ],
)
def test_another_form_is_refused(old: str, new: str, reason: str) -> None:
    assert old in RIGHT
    changed = RIGHT.replace(old, new)
    if reason == "xml_or_form":
        shape_of(encoded(changed))  # another id alone is no attack; a second one of the same value is:
        changed = RIGHT.replace("<samlp:Response", f'<samlp:Response Id="{RIGHT.split("Assertion ID=")[1][1:67]}"')
        reason = "id_twice"
    assert reason_of(changed) == reason


@pytest.mark.parametrize(
    "document",
    [
        RIGHT.encode("utf-16"),
        b"\xff\xfe" + RIGHT.encode("utf-16-le"),
        b"",
        b"<a/>",
        b"<a>" * 40,
        RIGHT.encode() + b"\x00",
        RIGHT.replace("<saml:AttributeStatement>", "<saml:AttributeStatement>" + "<saml:Attribute/>" * 600).encode(),
        RIGHT.replace(">asha<", f">{'a' * 70_000}<").encode(),
    ],
)
def test_bytes_that_are_no_response_are_refused(document: bytes) -> None:
    assert reason_of(document)


@pytest.mark.parametrize("text", ["", "%%%", "é", "A" * 200_000])
def test_a_field_that_is_no_base64_is_refused(text: str) -> None:
    with pytest.raises(Unacceptable):
        shape_of(text)


def test_what_the_form_refuses_is_never_verified() -> None:
    assert xmlsec.SignatureContext is not None
    package = Path(next(iter(onelogin.__path__)))
    bombs = (RIGHT.replace("<ds:Transforms>", f"<ds:Transforms>{XSLT}"), f"<!DOCTYPE r [{ENTITIES}]>{RIGHT}")
    with entered_files(package) as entered:
        for bomb in bombs:
            reason_of(bomb)
    assert entered == set()
