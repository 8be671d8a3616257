"""The result of a verification."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # signatures need this module
    from altscore_audit_verifier.signatures import Checkpoint


class CannotVerify(Exception):
    """Something that verification needs is not there; nothing was proven, neither way."""


@dataclass(frozen=True)
class Problem:
    """One contradiction: where in the chain it is and what kind it is."""

    seq: int
    kind: str
    detail: str

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {"seq": self.seq, "kind": self.kind, "detail": self.detail}


@dataclass
class ChainReport:
    """One chain: how far it goes, how far it is signed, and everything that contradicts it.

    `deleted_seq` is up to where it was rightly deleted. `roots` are those of the tree at the sizes of checkpoints;
    `signed` are the checkpoints whose signatures hold.
    """

    chain: str
    entries: int = 0
    head: str = ""
    signed_seq: int = 0
    deleted_seq: int = 0
    checkpoints: int = 0
    objects: int = 0
    problems: list[Problem] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    signed: "list[Checkpoint]" = field(default_factory=list)

    @property
    def first_broken_seq(self) -> int | None:
        """The lowest entry that anything contradicts, None when nothing does."""
        return min((problem.seq for problem in self.problems), default=None)

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return {
            "chain": self.chain,
            "entries": self.entries,
            "head": self.head,
            "sealed_seq": self.signed_seq,
            "deleted_seq": self.deleted_seq,
            "checkpoints": self.checkpoints,
            "objects": self.objects,
            "first_broken_seq": self.first_broken_seq,
            "problems": [problem.as_json() for problem in sorted(self.problems, key=lambda problem: problem.seq)],
        }
