"""The witness of the stack: options that its command knows, nothing of the audit service, and no secret among them."""

from altscore_audit_verifier.signatures import load_keys
from altscore_audit_verifier.watch import _parser
from altscore_audit_verifier.witness import Witness
from altscore_local.audit_witness import NAME, ROLE, process, publish_key
from altscore_local.layout import Layout
from altscore_local.orchestrator import Stack
from altscore_local.role_limits import FURTHER_ROLES
from altscore_local.services import Stores


def test_its_command_is_understood(stores: Stores) -> None:
    witness = process(stores)
    assert witness.argv[1:3] == ["-m", "altscore_audit_verifier.watch"]
    options = _parser().parse_args(witness.argv[3:])
    assert (options.port, options.folder) == (stores.layout.port(NAME), stores.layout.var / "witness")
    assert options.s3_bucket == "altscore-audit"


def test_it_has_an_identity_of_its_own(stores: Stores) -> None:
    witness = process(stores)
    assert FURTHER_ROLES["audit"] == (ROLE,)
    assert witness.env["ALTSCORE_AUDIT_VERIFY_DSN"].startswith(f"postgresql://{ROLE}:")
    own = {witness.env["AWS_SECRET_ACCESS_KEY"], stores.postgres.password(ROLE)}
    assert own.isdisjoint({stores.s3.credentials("audit")[1], stores.postgres.password("audit")})
    assert not [argument for argument in witness.argv if any(secret in argument for secret in own)]


def test_its_public_key_is_on_the_list_by_which_its_signatures_are_known(clone: Layout) -> None:
    witness = Witness(clone.var / "witness")
    publish_key(clone)
    assert load_keys([clone.pki / "public"]).keys() == {witness.key_id}
    assert not list(clone.pki.rglob("*.key"))


def test_a_cleaned_instance_forgets_what_its_witness_saw(clone: Layout) -> None:
    seen = clone.var / "witness" / "last-seen.json"
    seen.parent.mkdir()
    seen.write_text("{}", encoding="utf-8")
    Stack(clone, lambda _line: None).clean()
    assert not seen.parent.exists()
