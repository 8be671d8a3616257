"""Retailers are asked on WhatsApp, answer as they like, and only a clear yes counts."""

import collections
import time
from typing import Any

import httpx

from demo.context import LENDERS, PURPOSE, Demo
from demo.operators import acting

INVITED = "SELECT count(*) FROM invites"
BY_STATUS = "SELECT status, count(*) FROM invites GROUP BY status"
QUIET_S = 6.0
LANGUAGES = {"hi": 0.8, "en": 0.2}


def run(demo: Demo) -> None:
    """Step 4 of the main job."""
    resolve_retailers(demo)
    invite(demo)
    wait_for_answers(demo)
    count_answers(demo)
    confirmations(demo)


def resolve_retailers(demo: Demo) -> None:
    """Which retailer id the vault gave each shop whose GSTIN is sound (seen as `score` would look it up)."""
    people: dict[str, str] = {}
    with demo.http("vault", identity="score") as vault:
        for shop in demo.facts["shops"].values():
            if shop["gst_status"] == "verified":
                answer = vault.post("/internal/lookup", json={"gst": shop["gstin"]})
                if answer.json().get("retailer_id"):
                    people[shop["gstin"]] = answer.json()["retailer_id"]
    demo.facts["retailer_of_gstin"] = people
    demo.facts["phone_of"] = {
        people[shop["gstin"]]: f"91{shop['phone']}" for shop in demo.facts["shops"].values() if shop["gstin"] in people
    }
    demo.check("shops with a sound GSTIN have an opaque id", len(people) > 0, len(people))
    by_number = {shop["number"]: people.get(shop["gstin"] or "") for shop in demo.facts["shops"].values()}
    cast = demo.facts["cast"]
    demo.facts["personas"] = {
        "first_lender_only": by_number[cast["steady"][1]],
        "unconsented": next(
            by_number[shop["number"]]
            for shop in demo.facts["shops"].values()
            if shop["reply"] == "nahi" and by_number[shop["number"]]
        ),
    }


def invite(demo: Demo) -> None:
    """Admin invites every reachable retailer of every distributor; one of them for the first lender alone."""
    only = demo.facts["personas"]["first_lender_only"]
    cast = demo.facts["cast"]["steady"][1]
    home = next(shop["ledger"] for shop in demo.facts["shops"].values() if shop["number"] == cast)
    everybody = {name: retailers_of(demo, name) for name in demo.facts["distributors"]}
    invited = collections.Counter[str]()
    orders: list[tuple[str, list[str], list[str]]] = [(home, [LENDERS[0]], [only])]
    orders += [(name, list(LENDERS), [item for item in ids if item != only]) for name, ids in everybody.items()]
    with acting(demo, asha="ops-1") as (ops,):
        for distributor_id, scope, retailers in orders:
            order = {"lender_scope": scope, "purpose": PURPOSE, "retailer_ids": retailers, "language_share": LANGUAGES}
            answer = ops.send("POST", f"/v1/admin/distributors/{distributor_id}/invites", json=order, timeout_s=180)
            demo.check_answer(f"{distributor_id}: invites go out", answer.is_success, answer)
            invited.update({key: value for key, value in answer.json().items() if isinstance(value, int)})
    demo.say(
        f"invited {invited['invited']}, already open {invited['already_open']}, unreachable {invited['unreachable']}"
    )


def retailers_of(demo: Demo, distributor_id: str) -> list[str]:
    """Ids of a distributor's retailers, as the vault tells admin."""
    retailer_ids: list[str] = []
    after = None
    with demo.http("vault", identity="admin") as vault:
        while True:
            page = vault.get(
                f"/internal/admin/distributors/{distributor_id}/retailers",
                params={"limit": 500} | ({"after": after} if after else {}),
            ).json()
            retailer_ids += [retailer["retailer_id"] for retailer in page["retailers"]]
            after = page.get("next")
            if not after:
                return retailer_ids


def wait_for_answers(demo: Demo) -> None:
    """Until nothing is on its way, at the sender, at Meta or at the webhook, and no further answer arrives."""
    habits = collections.Counter(persona["behaviour"] for persona in demo.facts["personas_by_phone"].values())
    demo.say(f"the simulator's retailers: {dict(habits)}")
    seen = {"decided": -1, "since": time.monotonic()}

    def settled() -> bool:
        total = demo.count("consent", INVITED)
        decided = demo.count("consent", "SELECT count(*) FROM invites WHERE status <> 'open'")
        delivered = {message["to"] for message in simulator(demo).get("/sim/messages").json()["messages"]}
        if decided != seen["decided"]:
            seen.update(decided=decided, since=time.monotonic())
            demo.say(f"{decided} of {total} invites decided, {len(delivered)} phones reached")
        if messages_on_the_way(demo):
            seen.update(since=time.monotonic())
        return decided > 0 and time.monotonic() - seen["since"] > QUIET_S

    demo.until("all answers arrived", settled, limit_s=600, every_s=1)


def messages_on_the_way(demo: Demo) -> int:
    """Messages that notification has not sent, Meta has not delivered or the webhook has not worked on."""
    pending = "SELECT count(*) FROM messages WHERE status = 'pending'"
    at_meta = simulator(demo).get("/sim/stats").json()["on_the_way"]
    return int(demo.count("notification", pending)) + int(at_meta) + int(demo.count("webhook", pending))


def simulator(demo: Demo) -> httpx.Client:
    """The WhatsApp simulator's control port."""
    return httpx.Client(base_url=demo.stack["urls"]["whatsapp-sim-control"], timeout=10, trust_env=False)


def count_answers(demo: Demo) -> None:
    """What consent recorded equals what the people answered."""
    with demo.superuser("consent") as connection:
        status = dict(connection.execute(BY_STATUS).fetchall())
        grants = connection.execute("SELECT count(*) FROM consent_records WHERE kind = 'grant'").fetchone()
        unclear = connection.execute("SELECT count(DISTINCT retailer_id) FROM unclear_replies").fetchone()
        unsigned = connection.execute("SELECT count(*) FROM consent_records WHERE length(signature) <> 64").fetchone()
    demo.check("most said HAAN", status.get("granted", 0) > 0, status)
    demo.check("one signed record for each grant", grants is not None and grants[0] == status["granted"])
    demo.check("every record carries a P-256 signature", unsigned == (0,))
    demo.check(
        "some said NAHI, some nothing clear", status.get("declined", 0) > 0 and unclear is not None and unclear[0] > 0
    )
    demo.summary["consent"] = {
        "invited": sum(status.values()),
        "granted": status["granted"],
        "declined": status["declined"],
        "unclear": unclear[0] if unclear else 0,
        "revoked": 0,
    }


def confirmations(demo: Demo) -> None:
    """Each grant is confirmed in the retailer's language."""
    granted = demo.summary["consent"]["granted"]

    def confirmed() -> list[dict[str, Any]]:
        messages = simulator(demo).get("/sim/messages").json()["messages"]
        confirmations = [message for message in messages if message["template"] == "consent_confirmation"]
        return confirmations if len(confirmations) >= granted else []

    confirmations = demo.until("confirmations", confirmed, limit_s=120, every_s=0.5)
    languages = {message["language"] for message in confirmations}
    demo.check(
        "confirmations go out in Hindi and in English",
        languages == {"hi", "en"},
        f"{len(confirmations)} in {sorted(languages)}",
    )
