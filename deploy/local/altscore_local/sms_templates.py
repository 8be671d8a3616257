"""Ids of the templates that the SMS gateway knows, by the names that our settings give them."""

from collections.abc import Mapping

SMS_TEMPLATE_IDS: Mapping[str, str] = {
    "consent_confirmation.hi": "665f1c0ad6fc0500000000a1",
    "consent_confirmation.en": "665f1c0ad6fc0500000000a2",
    "consent_withdrawn.hi": "665f1c0ad6fc0500000000b1",
    "consent_withdrawn.en": "665f1c0ad6fc0500000000b2",
}
SMS_CODE_TEMPLATE_IDS: Mapping[str, str] = {
    "portal_code.hi": "665f1c0ad6fc0500000000c1",
    "portal_code.en": "665f1c0ad6fc0500000000c2",
}
