"""Bodies in the manner of JSONTestSuite: some parsers take them, some refuse them, some break."""

import json

_FRAGMENTS = (
    b"NaN", b"-NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"1E400", b"1e-99999", b"0x1", b"01", b"-01",
    b"+1", b"1.", b".5", b"-", b"--1", b"1e", b"1e+", b"1eE2", b"9" * 5_000, b"1" + b"0" * 400, b"0." + b"1" * 5_000,
    b'"\\ud800"', b'"\\udc00"', b'"\\ud800\\ud800"', b'"\\ud83d"', b'"\\udc00\\ud800"', b'"\\u0000"', b'"a\x00b"',
    b'"\\x00"', b'"\\u00"', b'"\\uqqqq"', b'"\\"', b'"\t"', b'"\n"', b'"\x1f"', b"'a'", b'"a', b'a"', b'"\xff"',
    b'"\xed\xa0\x80"', b'"\xc0\xaf"', b'"\xe2\x82"', b'"\xf4\x90\x80\x80"', b'"\xf8\x88\x80\x80\x80"', b"tru", b"True",
    b"nul", b"undefined", b"[1,]", b"[,1]", b"[1 2]", b"[1", b"1]", b"{]", b"[}", b'{"a":1,}', b'{"a" 1}', b"{a:1}",
    b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}', b'{"":1,"":1}', b"/*c*/1", b"1//c", b"#c", b"\x0c1", b"\xc2\xa01",
    b"\xe2\x80\xa81", b"[\xef\xbb\xbf1]", b"\x00", b"\xe2\x80\x9ca\xe2\x80\x9d", b"1\x00", b"``", b"=1",
)  # fmt: skip


def bodies(good: bytes) -> list[bytes]:
    """Bodies that every endpoint must refuse.

    Args:
        good: a body that the endpoint takes.
    """
    inside = [good[:-1] + b', "EVIL_FIELD": ' + fragment + b"}" for fragment in _FRAGMENTS]
    instead = [b'{"' + next(iter(json.loads(good))).encode() + b'": ' + fragment + b"}" for fragment in _FRAGMENTS]
    encoded = [good.decode().encode(name) for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig")]
    deep = [opening * 100_000 for opening in (b"[", b'{"a":', b'[{"a":')]
    deep += [good[:-1] + b', "EVIL_FIELD": ' + b"[" * 5_000 + b"]" * 5_000 + b"}", b"[" * 33 + b"]" * 33]
    whole = [b"", b" ", b"\n", b"\x00", b"null", b"true", b"5", b'"x"', b"[]", b"[{}]", b"{}", b"{", b"}"]
    behind = [good + tail for tail in (b"x", b"]", b"}", b",", b"\x00", b"\xef\xbb\xbf", b"//", good, b"\n{}")]
    cut = [good[:length] for length in range(1, len(good), 7)]
    doubled = [good[:-1] + b", " + good[1:], b"[" + good + b"]"]
    return [*_FRAGMENTS, *inside, *instead, *encoded, *deep, *whole, *behind, *cut, *doubled]
