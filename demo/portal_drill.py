"""`make drill-portal`: people of a lender and of a distributor sign in at the portal of a running target.

An officer of a lender comes from the simulated OpenID Connect provider, which two operators enter at the lender; an
owner of a distributor types one code from a letter and one from an SMS. `python -m demo.portal_drill --var FOLDER`
takes the target whose folder that is; a second run on it holds as well.
"""

import sys

import httpx

from demo.context import Demo, DemoFailedError
from demo.drill import run_drill
from demo.operators import acting
from demo.portal_people import create, enter_provider, letters_to, texts_to
from demo.steps.onboard import connector

LENDER, DISTRIBUTOR = "lender_drill", "dist_drill"
OFFICER, NOBODY = "officer@lender.test", "nobody@lender.test"
OWNER, PHONE = "owner@distributor.test", "919000000001"
CALLBACK = "/v1/lender/oidc/callback"
_MOST_STEPS = 10


def let_in(demo: Demo) -> None:
    """Operators onboard both, enter the lender's provider, which takes two of them, and enrol a person of each."""
    with acting(demo, asha="ops-1", banu="ops-2") as (first, second):
        create(demo, first, "/v1/admin/lenders", {"lender_id": LENDER, "name": "Drill"})
        order = {"distributor_id": DISTRIBUTOR, "name": "Drill", "csr_pem": _signing_request(demo)}
        create(demo, first, "/v1/admin/distributors", order)
        enter_provider(demo, first, second, lender_id=LENDER)
        create(demo, first, f"/v1/admin/lenders/{LENDER}/people", {"email": OFFICER})
        owner = {"email": OWNER, "phone": f"+{PHONE}", "language": "en"}
        create(demo, first, f"/v1/admin/distributors/{DISTRIBUTOR}/people", owner)


def _signing_request(demo: Demo) -> str:
    site = demo.out / "sites" / DISTRIBUTOR
    site.mkdir(parents=True, exist_ok=True)
    request = site / "client.csr"
    if not request.exists():
        files = ("--key", str(site / "client.key"), "--csr", str(request))
        done = connector("keygen", "--distributor-id", DISTRIBUTOR, *files)
        if done.returncode:
            raise DemoFailedError(f"no signing request: {done.stderr[:200]}")
    return request.read_text(encoding="utf-8")


def officer_signs_in(demo: Demo) -> None:
    """Whoever the provider vouches for and the lender has enrolled is in; who is not enrolled stays outside."""
    with demo.http("portal") as browser:
        answer = _sign_in(demo, browser, OFFICER)
        demo.check_answer("the officer comes back from the provider", answer.status_code == 303, answer)
        session = browser.get("/v1/lender/session").json()
        seen = (session.get("organisation_id"), session.get("sign_in"))
        demo.check("they are signed in for their lender", seen == (LENDER, "oidc"), seen)
    with demo.http("portal") as browser:
        answer = _sign_in(demo, browser, NOBODY)
        refused = answer.status_code == 401 and answer.json()["code"] == "IDENTITY_NOT_PROVEN"
        demo.check_answer("who is not enrolled is refused", refused, answer)


def _sign_in(demo: Demo, browser: httpx.Client, email: str) -> httpx.Response:
    """The portal's answer to a browser that comes back from the provider."""
    login = {"sub": f"subject of {email}", "email": email, "email_verified": True}
    with demo.http("oidc-sim") as control:
        control.post("/sim", json={"mode": None, "login": login}).raise_for_status()
    begun = browser.get("/v1/lender/oidc/login", params={"lender_id": LENDER})
    demo.check_answer("the portal sends the browser to the lender's provider", begun.status_code == 302, begun)
    address = httpx.URL(begun.headers["location"])
    with httpx.Client(verify=demo.tls(), timeout=30, trust_env=False) as at_provider:
        for _ in range(_MOST_STEPS):
            address = address.join(at_provider.get(address).headers["location"])
            if address.path == CALLBACK:
                return browser.get(address.raw_path.decode())
    raise DemoFailedError("the provider never sent the browser back")


def owner_signs_in(demo: Demo) -> None:
    """A code by e-mail and one by SMS; a wrong one is not enough."""
    letters, texts = len(letters_to(demo, OWNER)), len(texts_to(demo, PHONE))
    with demo.http("portal") as browser:
        begun = browser.post("/v1/portal/otp", json={"email": OWNER})
        demo.check_answer("the owner asks for codes", begun.status_code == 202, begun)
        letter = demo.until("the letter", lambda: letters_to(demo, OWNER)[letters:])[0]
        text = demo.until("the SMS", lambda: texts_to(demo, PHONE)[texts:])[0]
        demo.check("one code comes by e-mail, one by SMS", "sign-in code" in letter["subject"], letter["subject"])
        codes = {"email_code": letter["text"].split("is ", 1)[1][:6], "phone_code": text["variables"]["VAR1"]}
        challenge = {"challenge_id": begun.json()["challenge_id"]}
        wrong = {**codes, "phone_code": f"{(int(codes['phone_code']) + 1) % 1_000_000:06d}"}
        refused = browser.post("/v1/portal/otp/verify", json=challenge | wrong)
        demo.check_answer("one wrong code is refused", 400 <= refused.status_code < 500, refused)
        entered = browser.post("/v1/portal/otp/verify", json=challenge | codes)
        demo.check_answer("both codes are taken", entered.status_code == 200, entered)
        session = browser.get("/v1/portal/session").json()
        seen = (session.get("organisation_id"), session.get("sign_in"))
        demo.check("they are signed in for their distributor", seen == (DISTRIBUTOR, "codes"), seen)


def work(demo: Demo) -> None:
    """Lets people in and signs them in."""
    with demo.step("people", "Operators let people in"):
        let_in(demo)
    with demo.step("officer", "A lender's officer signs in"):
        officer_signs_in(demo)
    with demo.step("owner", "A distributor's owner signs in"):
        owner_signs_in(demo)


if __name__ == "__main__":
    sys.exit(run_drill("demo.portal_drill", __doc__, work))
