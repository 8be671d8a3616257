"""What a delivery tells of its users, without a database."""

from typing import Any

import pytest
from altscore_webhook.users.domain import IdentityChange, Sightings, sightings_of
from hypothesis import given
from hypothesis import strategies as st

from ..conftest import PHONE, SECOND_PHONE, enclose

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["contacts", "messages", "statuses", "system", "type", "from", "user_id", "wa_id", "previous_user_id"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["contacts", "messages", "statuses"]), JSON))
def test_no_shape_of_a_delivery_is_an_error(value: dict[str, Any]) -> None:
    sightings = sightings_of(enclose(**value))
    assert all(isinstance(text, str) for text in sightings.identifiers())


@pytest.mark.parametrize(
    ("value", "phones"),
    [
        ({"contacts": [{"user_id": "IN.1", "wa_id": PHONE}]}, {"IN.1": PHONE}),
        ({"messages": [{"from_user_id": "IN.1", "from": PHONE, "type": "text"}]}, {"IN.1": PHONE}),
        ({"messages": [{"from_user_id": "IN.1", "from": PHONE, "type": "system"}]}, {}),
        ({"statuses": [{"recipient_user_id": "IN.1", "recipient_id": PHONE}]}, {"IN.1": PHONE}),
        ({"statuses": [{"recipient_user_id": "IN.1", "recipient_id": PHONE, "recipient_type": "group"}]}, {}),
        ({"contacts": [{"user_id": "IN.1"}, {"wa_id": PHONE}]}, {}),
    ],
)
def test_a_user_id_is_learnt_where_it_stands_beside_a_number(value: dict[str, Any], phones: dict[str, str]) -> None:
    assert sightings_of(enclose(**value)) == Sightings(phones, [])


@pytest.mark.parametrize(
    ("phone", "system", "change"),
    [
        (
            PHONE,
            {"type": "user_changed_number", "wa_id": SECOND_PHONE, "user_id": "IN.2", "previous_user_id": "IN.1"},
            IdentityChange((SECOND_PHONE, "IN.2"), PHONE, "IN.1"),
        ),
        (
            PHONE,
            {"type": "customer_changed_number", "new_wa_id": SECOND_PHONE},
            IdentityChange((SECOND_PHONE,), PHONE, None),
        ),
        (
            None,
            {"type": "user_changed_user_id", "user_id": "IN.2", "previous_user_id": "IN.1"},
            IdentityChange(("IN.2",), None, "IN.1"),
        ),
        (PHONE, {"type": "user_changed_number"}, None),
        (PHONE, {"type": "user_changed_number", "wa_id": PHONE}, None),
        (None, {"type": "user_changed_user_id", "user_id": "IN.2"}, None),
        (None, {"type": "user_changed_user_id", "user_id": "IN.1", "previous_user_id": "IN.1"}, None),
        (PHONE, {"type": "customer_identity_changed", "wa_id": SECOND_PHONE}, None),
    ],
)
def test_a_change_names_who_somebody_is_now_and_was_before(
    phone: str | None, system: dict[str, str], change: IdentityChange | None
) -> None:
    message = {"type": "system", "system": system, "id": "wamid.1"} | ({"from": phone} if phone else {})
    assert sightings_of(enclose(messages=[message])).changes == ([change] if change else [])
