"""When a super admin may see who a retailer is: asked for, approved by another, and only for a while. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from altscore_admin.approvals.domain import Executed, is_same_person

KIND = "raw_access"
LONGEST = timedelta(hours=8)


class Access(NamedTuple):
    """An access that runs."""

    approval_id: str
    approved_by: str
    purpose: str
    ticket: str
    ends_at: datetime


def ends_at(executed: Executed) -> datetime:
    """When an approved access ends; never more than eight hours after the approval, whatever was signed."""
    return executed.approved_at + min(timedelta(minutes=executed.fields["minutes"]), LONGEST)


def running(approvals: Sequence[Executed], operator: str, now: datetime) -> Access | None:
    """The access of this operator that lasts longest, of approvals that two persons signed."""
    own = [
        Access(
            approval_id=executed.approval_id,
            approved_by=executed.approved_by,
            purpose=executed.fields["purpose"],
            ticket=executed.fields["ticket"],
            ends_at=ends_at(executed),
        )
        for executed in approvals
        if is_same_person(executed.proposed_by, operator) and executed.approved_at <= now < ends_at(executed)
    ]
    return max(own, key=lambda access: access.ends_at, default=None)
