"""RFC 8785: one document has one sequence of bytes."""

from altscore_libs.canonical_json import canonical_json


def test_canonical_bytes_do_not_depend_on_key_order() -> None:
    assert canonical_json({"b": 1, "a": [True, None]}) == b'{"a":[true,null],"b":1}'
