"""The engine scored everybody it may: counts, bands and the reasons of those it blocked."""

import collections
import json

from demo.context import Demo
from demo.steps.lake import current_run


def run(demo: Demo) -> None:
    """Step 7 of the main job."""
    run_id = current_run(demo)["run_id"]
    people = demo.summary["lake"]["retailers"]
    query = "SELECT (SELECT count(*) FROM sealed_score) + (SELECT count(*) FROM score_block WHERE scope = 'retailer')"
    demo.until(
        "every retailer of the run is scored or blocked", lambda: demo.count("score", query) >= people, limit_s=120
    )
    with demo.superuser("score") as connection:
        records = [
            json.loads(row[0]) for row in connection.execute("SELECT sealed_record FROM sealed_score").fetchall()
        ]
        blocked = dict(
            connection.execute(
                "SELECT reason, count(*) FROM score_block WHERE scope = 'retailer' GROUP BY reason"
            ).fetchall()
        )
    bands = {band: sum(record["risk_band"] == band for record in records) for band in "ABCD"}
    demo.summary["scores"] = {"computed": len(records), "blocked": blocked, "bands": bands}
    demo.check("scores are computed", len(records) > 0, bands)
    demo.check("every band occurs", all(bands.values()), bands)
    demo.check("a ledger too thin is blocked, with its reason", blocked.get("GR-5", 0) > 0, blocked)
    demo.check("every score is in 300..900", all(300 <= record["altscore"] <= 900 for record in records), run_id)
    choose_people(demo, {record["retailer_id"] for record in records})


def choose_people(demo: Demo, scored: set[str]) -> None:
    """Who the next steps look at: consented to both lenders, with a sound GSTIN, scored or too thin."""
    people, ids = demo.facts["personas"], demo.facts["retailer_of_gstin"]
    with demo.superuser("score") as connection:
        blocked = dict(
            connection.execute("SELECT retailer_id, reason FROM score_block WHERE scope = 'retailer'").fetchall()
        )
    taken = {people["first_lender_only"], people["unconsented"]}
    usable = set(scored) - set(blocked) - taken
    good = [gstin for gstin, retailer_id in ids.items() if retailer_id in usable]
    thin = [item for item in ids.values() if blocked.get(item) == "GR-5" and item not in taken]
    demo.check("somebody is scored and somebody's ledger is too thin", len(good) > 3 and len(thin) > 0)
    people.update(scored_gstin=good[0], revoking=ids[good[1]], insufficient=thin[0], to_call=good[2])
    phones = collections.Counter(shop["phone"] for shop in demo.facts["shops"].values())
    own_phone = [gstin for gstin in good[3:] if phones[demo.facts["phone_of"][ids[gstin]].removeprefix("91")] == 1]
    people["erased_gstin"] = own_phone[0]
