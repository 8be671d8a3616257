import { expect, test } from "@playwright/test";
import {
  bringSession,
  complaintsOf,
  expectAccessible,
  expectFits,
  open,
  play,
  PORTAL_URL,
  Refusal,
  session,
  sessionOf,
  type Answers,
} from "./people";

const RETAILER = "ret_0123456789abcdef";
const FOREIGN = "ret_ffffffffffffffff";
const AT = "2026-11-29T10:00:00Z";
const ADDRESSES = ["", "retailers", "retailers?band=B", `retailers/${RETAILER}`, `retailers/${FOREIGN}`, "alerts", "usage", "credentials", "help", "no-such-page"];
const STANDINGS = ["A", "B", "C", "D", "blocked", "not_scored"];
const counted = STANDINGS.map((standing, index) => ({ standing, retailers: 10 * (index + 1), recommended_limit_inr: 100_000 }));
const months = ["2026-11", "2026-10"].flatMap((month) => counted.map((item) => ({ ...item, month, counted_at: AT })));
const row = (index: number) => ({
  retailer_id: `ret_${index.toString(16).padStart(16, "0")}`,
  state: "scored",
  code: null,
  score_id: "scr_1",
  altscore: 724,
  risk_band: "B",
  probability_of_default: 0.082,
  recommended_limit_inr: 118_000,
  low_confidence: index % 2 === 0,
  scored_at: AT,
  expires_at: AT,
  purposes: ["trade_credit"],
  consent_expires_at: "2027-11-29T00:00:00Z",
});
const score = {
  ...row(1),
  reason_codes: [
    { code: "LOW_PAYMENT_DELAY", direction: "positive", rank: 1, label_en: "Timely payments", label_hi: "समय पर भुगतान" },
    { code: "HIGH_OUTSTANDING_EXPOSURE", direction: "negative", rank: 2, label_en: "High dues", label_hi: "अधिक बकाया" },
  ],
  guardrails: [{ id: "GR-4", action: "capped", reason: "open_dues" }],
  data_freshness_days: 3,
  score_version: "model-1",
};
const history = ["2026-11", "2026-10", "2026-09"].map((month, index) => ({ month, altscore: 724 - index * 5, risk_band: "B", score_version: "model-1" }));
const ANSWERS: Answers = {
  "GET /session": session("lender"),
  "GET /portfolio": { counted_at: AT, retailers: 210, recommended_limit_inr: 600_000, low_confidence: 3, blocked: 50, consents_ending: 2, items: counted },
  "GET /portfolio/history": { items: months },
  "GET /retailers": { items: Array.from({ length: 50 }, (_, index) => row(index)), next_cursor: null },
  [`GET /retailers/${RETAILER}`]: { retailer_id: RETAILER, score, code: null, retry_after_s: null, is_repeated: false, purpose: "trade_credit", consent_expires_at: AT, history },
  "GET /alerts": { items: [{ kind: "band_dropped", retailer_id: RETAILER, at: AT }], next_cursor: null },
  "GET /usage": { items: [{ name: "day", limit: 5000, window_s: 86_400, used: 4_800, remaining: 200 }], disclosures_per_retailer_a_day: 3 },
  "GET /credentials": { items: [{ client_id: "lender_example", is_active: true, onboarded_at: AT, secret_since: null, rotation_due: true, former_valid_until: [] }], purposes: ["trade_credit"] },
};

for (const scheme of ["light", "dark"] as const) {
  test(`every page is accessible and keeps to its content security policy, ${scheme}`, async ({ page }) => {
    const complaints = complaintsOf(page);
    await page.emulateMedia({ colorScheme: scheme });
    await play(page, "lender", ANSWERS);
    for (const address of ADDRESSES) {
      await test.step(`/lender/${address}`, async () => {
        await open(page, `/lender/${address}`);
        await expectAccessible(page);
      });
    }
    expect(complaints).toEqual([]);
  });
}

test("on a phone every page fits the screen, in Hindi", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await play(page, "lender", ANSWERS);
  await open(page, "/lender/");
  await page.getByLabel("Language").selectOption("hi");
  for (const address of ADDRESSES) {
    await open(page, `/lender/${address}`);
    await expect(page.locator("main h1")).toHaveText(/[\u0900-\u097F]/);
    await expectFits(page);
  }
});

test("a portfolio of 10,000 rows is scrolled by keyboard, with only what is seen in the page", async ({ page }) => {
  const items = Array.from({ length: 10_000 }, (_, index) => row(index));
  await play(page, "lender", { ...ANSWERS, "GET /retailers": { items, next_cursor: null } });
  await open(page, "/lender/retailers");
  const table = page.getByRole("region", { name: /scrolls/ });
  await expect(table.getByRole("row").first()).toBeVisible();
  expect(await table.getByRole("row").count()).toBeLessThan(120);
  await table.focus();
  await page.keyboard.press("End");
  await expect(table.getByRole("link", { name: row(9_999).retailer_id })).toBeVisible();
});

test("bands over time have the same figures as a table and a sentence", async ({ page }) => {
  await play(page, "lender", ANSWERS);
  await open(page, "/lender/");
  await expect(page.getByText(/From Oct 2026 to Nov 2026/)).toBeVisible();
  await page.getByText("The same figures as a table").click();
  await expect(page.getByRole("rowheader", { name: "Nov 2026" })).toBeVisible();
});

test("reasons stand in both languages, and printing keeps them", async ({ page }) => {
  await play(page, "lender", ANSWERS);
  await open(page, `/lender/retailers/${RETAILER}`);
  await expect(page.getByText("High dues")).toBeVisible();
  await expect(page.getByText("अधिक बकाया")).toBeVisible();
  await page.emulateMedia({ media: "print" });
  await expect(page.getByText("High dues")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeHidden();
});

test("the sign-in goes to the lender's own provider, and a refusal is a sentence", async ({ page }) => {
  const answers: Answers = { "GET /session": new Refusal(401, "SIGN_IN_NEEDED"), "GET /oidc/login": new Refusal(409, "NO_IDENTITY_PROVIDER") };
  await play(page, "lender", answers);
  await open(page, "/lender/alerts");
  await expectAccessible(page);
  await page.getByLabel("Your lender id").fill("lender_example");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("No sign-in is set up");
});

test.describe("of a stack", () => {
  test.skip(sessionOf("lender") === undefined, "LENDER_SESSION names no session of a stack");

  test("every page of a lender stands, accessible and within its policy", async ({ page, context }) => {
    const complaints = complaintsOf(page);
    await bringSession(context, "lender");
    for (const address of ["", "retailers", "alerts", "usage", "credentials"]) {
      await open(page, `/lender/${address}`);
      await expect(page.getByRole("alert")).toHaveCount(0);
      await expectAccessible(page);
    }
    expect(complaints).toEqual([]);
  });

  test("another lender's retailer is reached by no address", async ({ page, context }) => {
    // LENDER_FOREIGN: a retailer that named another lender only.
    const foreign = process.env.LENDER_FOREIGN ?? FOREIGN;
    await bringSession(context, "lender");
    await open(page, `/lender/retailers/${foreign}`);
    await expect(page.getByText("This retailer is not in your portfolio")).toBeVisible();
    const refused = await context.request.get(`${PORTAL_URL}/v1/lender/retailers/${foreign}`);
    const unknown = await context.request.get(`${PORTAL_URL}/v1/lender/retailers/${FOREIGN}`);
    expect(refused.status()).toBe(unknown.status());
    const named = await context.request.get(`${PORTAL_URL}/v1/lender/retailers?lender_id=lender_other`);
    expect(named.status()).toBeGreaterThanOrEqual(400);
    const listed = await context.request.get(`${PORTAL_URL}/v1/lender/download.csv`);
    expect(await listed.text()).not.toContain(foreign);
  });
});
