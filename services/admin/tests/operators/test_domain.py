"""The matrix of roles and permissions, the forms of a credential, and the lock."""

from altscore_admin.operators.domain import HOLDERS, Permission, Role, is_locked, may, token_of


def test_the_matrix_names_all_seven_roles_and_only_two_kinds_promote() -> None:
    assert len(Role) == 7
    assert {role for role in Role if may([role], Permission.PROMOTE)} == {Role.ML_ENGINEER, Role.SUPER_ADMIN}
    assert set(HOLDERS) == set(Permission)
    assert not may([], Permission.READ_OVERVIEW)


def test_a_credential_of_another_form_is_none() -> None:
    for header in (
        None,
        "",
        "Bearer short",
        "Bearer with a blank 0123456789",
        "Token 0123456789abcdef",
        "Basic ////////////////////",
    ):
        assert token_of(header) is None
    assert token_of("bearer 0123456789abcdef") == "0123456789abcdef"


def test_five_failures_lock_whoever_brings_a_credential() -> None:
    assert [is_locked(failures, has_credential=True) for failures in (4, 5, 6)] == [False, True, True]
    assert not is_locked(99, has_credential=False)
