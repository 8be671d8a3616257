"""What two persons approve in admin is, letter for letter, what notification sends."""

import json
from pathlib import Path

from altscore_admin.incidents.notices import RETAILER_TEMPLATE, templates

SENT = Path(__file__).parents[2] / "services/notification/src/altscore_notification/whatsapp/templates.json"


def test_the_approved_text_is_the_text_that_is_sent() -> None:
    sent = json.loads(SENT.read_text(encoding="utf-8"))
    assert sent[RETAILER_TEMPLATE]["text"] == templates()[RETAILER_TEMPLATE]["text"]
    assert sent[RETAILER_TEMPLATE]["parameters"] == ["reference"]
