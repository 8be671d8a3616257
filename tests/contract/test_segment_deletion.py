"""What admin signs for two persons is the decision that the audit service and the independent verifier ask for."""

import asyncio
import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from altscore_admin.approvals.domain import Content, Proposal, approval_record
from altscore_admin.audit_segments.service import DECIDED, KIND
from altscore_audit.segments import domain
from altscore_audit.segments.domain import Decision, Segment, SignedSegment
from altscore_audit_verifier import segments as verifier
from altscore_audit_verifier.signatures import load_keys
from altscore_libs.signer import PublicKeys
from altscore_libs.testing import SoftwareSigner

AT = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
MAY = Segment(
    chain="general",
    month="2018-05",
    first_seq=1,
    last_seq=512,
    prev_hash=bytes(32),
    last_hash=b"h" * 32,
    root_hash=b"r" * 32,
    due_at=datetime(2025, 6, 6, tzinfo=UTC),
)


def signed(signer: SoftwareSigner, text: bytes) -> str:
    """A signature as rows hold it."""
    return asyncio.run(signer.sign(hashlib.sha256(text).digest())).hex()


def test_admins_record_of_two_persons_is_accepted_by_the_audit_service_and_by_the_verifier(tmp_path: Path) -> None:
    checkpoints, deciders = SoftwareSigner("audit-checkpoint"), SoftwareSigner("promotion")
    (tmp_path / "audit-checkpoint.pem").write_bytes(checkpoints.public_pem())
    (tmp_path / "promotion.pem").write_bytes(deciders.public_pem())
    document = domain.segment_document(MAY, signed_at=AT, key_id=checkpoints.key_id)
    segment = SignedSegment(MAY, document, signed(checkpoints, document.encode()))
    content = Content.of(KIND, "general/2018-05", {"segment_sha256": segment.sha256, "ticket": "AUD-9"})
    proposal = Proposal("apr_" + "1" * 32, content.digest, proposed_by="asha", proposed_at=AT)
    record = approval_record(proposal, content, approved_by="ravi", approved_at=AT + timedelta(hours=1))
    decision = Decision(record.decode(), deciders.key_id, signed(deciders, record))
    keys, trusted = PublicKeys.load(tmp_path), load_keys([tmp_path])
    assert (KIND, DECIDED) == (domain.KIND, domain.DECIDED)
    assert domain.decides(decision, segment, keys=keys, now=AT + timedelta(days=1))
    read = verifier.read_segment(segment.document, segment.signature, trusted)
    assert verifier.read_decision(decision._asdict(), read, trusted)[:2] == ("asha", "ravi")
    june = replace(MAY, month="2026-06")
    later = verifier.read_segment(*_signed_segment(june, checkpoints), trusted)
    with pytest.raises(verifier.NotHeld):
        verifier.read_decision(decision._asdict(), later, trusted)


def _signed_segment(segment: Segment, signer: SoftwareSigner) -> tuple[str, str]:
    document = domain.segment_document(segment, signed_at=AT, key_id=signer.key_id)
    return document, signed(signer, document.encode())
