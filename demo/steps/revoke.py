"""A retailer says NAHI: how long until the lender is refused, and until the next run has forgotten the retailer."""

import time
import uuid

from demo.context import LENDERS, PURPOSE, Demo
from demo.steps.consent import simulator
from demo.steps.lake import current_run, gold_retailers
from demo.steps.lender import Lender

LIMIT_S = 5.0


def run(demo: Demo) -> None:
    """Step 11 of the main job."""
    lender = Lender(demo, LENDERS[1])
    retailer_id = demo.facts["personas"]["revoking"]
    request_id = str(uuid.uuid4())  # a replay spends no quota and re-checks consent, so it can be asked often
    before = lender.score(retailer_id, request_id=request_id)
    demo.check_answer("before: the lender sees the score", before.status_code == 200, before)
    run_before = current_run(demo)["run_id"]
    phone = demo.facts["phone_of"][retailer_id]
    sent = simulator(demo).post("/sim/reply", json={"phone": phone, "text": "NAHI"})
    started = time.monotonic()
    demo.check("the retailer answers NAHI on WhatsApp", sent.status_code in (200, 202), sent.status_code)
    demo.until(
        "the lender is refused",
        lambda: lender.score(retailer_id, request_id=request_id).status_code == 403,
        limit_s=60,
        every_s=0.05,
    )
    seconds = time.monotonic() - started
    demo.summary["revocation_s"] = round(seconds, 3)
    demo.check(f"the lender is refused within {LIMIT_S:.0f} s", seconds <= LIMIT_S, f"{seconds:.2f} s")
    demo.summary["consent"]["revoked"] = demo.count(
        "consent", "SELECT count(*) FROM consent_records WHERE kind = 'withdrawal'"
    )
    leaving = {retailer_id, demo.facts.get("erased_retailer", retailer_id)}
    demo.until(
        "the next pipeline run",
        lambda: current_run(demo)["run_id"] != run_before and not leaving & gold_retailers(demo),
        limit_s=demo.lake_limit_s,
        every_s=1,
    )
    dropped = not leaving & gold_retailers(demo)
    demo.check("the next run dropped the retailer, and the erased one", dropped, current_run(demo)["run_id"])
    demo.facts["purpose"] = PURPOSE
