"""The reference is made from the document that the API is held to, and every error that a lender meets has a page."""

import re
from pathlib import Path
from typing import Any

import pytest
from altscore_libs import errors as shared
from altscore_libs.errors import AltScoreError
from altscore_score import errors as own
from altscore_score.app import create_lenders_app
from altscore_score.reference.domain import groups_of, type_name
from altscore_score.reference.pages import ReferencePages, error_catalogue, prose

ROOT = Path(__file__).parents[4]
DOCUMENT: dict[str, Any] = {
    "info": {"title": "API <of> lenders", "description": "What & how"},
    "servers": [{"url": "https://api.example"}],
    "components": {"schemas": {"Item": {"type": "object", "title": "Item", "properties": {"a": {"type": "string"}}}}},
    "paths": {
        "/v1/item": {
            "post": {
                "operationId": "createItem",
                "tags": ["Items"],
                "summary": "Create <an> item",
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Item"}, "example": {"a": "समय"}}
                    }
                },
                "responses": {"200": {"description": "ok"}},
            }
        }
    },
}


def codes_of(module: Any) -> set[str]:
    """Codes of the error classes that a module defines."""
    return {
        kind.code
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, AltScoreError) and kind.__module__ == module.__name__
    }


def test_every_operation_of_the_document_is_on_the_page() -> None:
    page = ReferencePages(DOCUMENT).reference
    assert 'id="createItem"' in page
    assert "https://api.example" in page
    assert "<code>a</code>" in page


def test_what_stands_in_the_document_is_escaped_and_hindi_stays_readable() -> None:
    page = ReferencePages(DOCUMENT).reference
    assert "Create &lt;an&gt; item" in page
    assert "<of>" not in page
    assert "समय" in page


def test_every_error_that_a_lender_may_meet_has_a_page() -> None:
    pages = ReferencePages(DOCUMENT)
    catalogue = error_catalogue()
    missing = (codes_of(own) | codes_of(shared)) - set(catalogue)
    assert missing <= {"FORBIDDEN", "CONFLICT"}  # of internal APIs alone
    assert all(pages.error(code) for code in catalogue)
    assert pages.error("NO_SUCH_CODE") is None


def test_the_guide_for_lenders_lists_the_same_errors_with_the_same_status() -> None:
    text = (ROOT / "docs/lenders/errors.md").read_text(encoding="utf-8")
    rows = {code: int(status) for status, code in re.findall(r"^\| (\d{3}) \| `([A-Z_]+)` \|", text, re.MULTILINE)}
    assert rows == {code: entry.status for code, entry in error_catalogue().items()}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "integer"}, "integer"),
        ({"type": "string", "format": "date-time"}, "string, date-time"),
        ({"anyOf": [{"type": "number"}, {"type": "null"}]}, "number"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Item"}}, "list of Item"),
        ({"enum": ["A", "B"], "type": "string"}, "A or B"),
    ],
)
def test_a_type_is_told_in_plain_words(schema: dict[str, Any], expected: str) -> None:
    assert type_name(DOCUMENT, schema) == expected


def test_the_fields_of_a_listed_object_stand_below_it() -> None:
    document = create_lenders_app(None).openapi()
    page = ReferencePages(document).reference
    assert page.index("<code>reason_codes</code>") < page.index("<code>reason_codes[].label_hi</code>")
    assert "<code>sla_clock.due_at</code>" in page
    assert page.count('<section id="') == 11


def test_backticks_become_code_and_nothing_else_becomes_markup() -> None:
    assert prose("`a<b>` & <i>") == "<code>a&lt;b&gt;</code> &amp; &lt;i&gt;"


def test_groups_keep_the_order_of_the_document() -> None:
    assert [group.name for group in groups_of(DOCUMENT)] == ["Items"]
