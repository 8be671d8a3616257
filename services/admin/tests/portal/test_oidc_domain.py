"""Where a sign-in may end: a page of ours, by its path alone."""

from urllib.parse import urlsplit

from altscore_admin.portal.oidc.domain import is_own_path
from hypothesis import given, settings
from hypothesis import strategies as st


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40), st.sampled_from(["/portal/", "/lender/", "/", "//", "/portal"]))
def test_whatever_follows_a_page_of_ours_never_names_a_host(rest: str, start: str) -> None:
    path = start + rest
    if is_own_path(path):
        parts = urlsplit(path)
        assert (parts.scheme, parts.netloc) == ("", "")
        assert path.startswith(("/portal/", "/lender/"))
        assert not set(path) & set("\\\r\n\t @:")


def test_a_long_path_is_judged_in_one_pass() -> None:
    assert not is_own_path("/portal/" + "a" * 200 + "!")  # a form that backtracks would not come back
    assert is_own_path("/portal/" + "a" * 200 + "/b/?c=d")
