import { focusManager } from "@tanstack/react-query";
import { act, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Route, Routes } from "react-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { answerWith, completeBrowser, renderPeople, SESSION, type Answer } from "../shared/people/testing";
import type { RetailerDetail, Row } from "./api";
import { messages } from "./i18n";
import { AlertsPage } from "./pages/alerts";
import { PortfolioPage } from "./pages/portfolio";
import { RetailerPage } from "./pages/retailer";
import { RetailersPage, standingOf } from "./pages/retailers";

const RETAILER = "ret_0123456789abcdef";
const LENDER = { prefix: "/v1/lender", messages };
const SIGNED_IN: Record<string, Answer> = { "GET /v1/lender/session": { body: SESSION } };

beforeEach(completeBrowser);
afterEach(() => vi.unstubAllGlobals());

const detail = (change: Partial<RetailerDetail>): RetailerDetail => ({
  retailer_id: RETAILER,
  score: {
    score_id: "scr_1",
    altscore: 724,
    risk_band: "B",
    probability_of_default: 0.082,
    recommended_limit_inr: 118_000,
    reason_codes: [
      { code: "HIGH_OUTSTANDING_EXPOSURE", direction: "negative", rank: 2, label_en: "High dues", label_hi: "अधिक बकाया" },
      { code: "LOW_PAYMENT_DELAY", direction: "positive", rank: 1, label_en: "Timely payments", label_hi: "समय पर भुगतान" },
    ],
    guardrails: [{ id: "GR-9", action: "flagged", reason: "of_tomorrow" }],
    data_freshness_days: 4,
    low_confidence: false,
    score_version: "xgb",
    scored_at: "2026-11-29T00:00:00Z",
    expires_at: "2026-12-29T00:00:00Z",
  },
  code: null,
  retry_after_s: null,
  is_repeated: false,
  purpose: "working_capital_loan",
  consent_expires_at: "2027-11-29T00:00:00Z",
  history: [],
  ...change,
});

function open(answer: Answer) {
  const calls = answerWith({ ...SIGNED_IN, [`GET /v1/lender/retailers/${RETAILER}`]: answer });
  const queries = renderPeople(
    <Routes>
      <Route path="/retailers/:retailerId" element={<RetailerPage />} />
    </Routes>,
    { ...LENDER, at: `/retailers/${RETAILER}` },
  );
  return { calls, queries };
}

it("a score stands with its reasons in both languages, and a rule that is not known is a flag", async () => {
  open({ body: detail({}) });
  expect(await screen.findByText("724")).toBeDefined();
  expect(screen.getByText("High dues")).toBeDefined();
  expect(screen.getByText("अधिक बकाया")).toBeDefined();
  expect(screen.getByText("Treat it as a flag, never as a pass; ask your contact at AltScore.")).toBeDefined();
});

it("opening a retailer counts, so the page asks once, whatever the window does", async () => {
  const { calls, queries } = open({ body: detail({}) });
  await screen.findByText("724");
  await act(async () => {
    focusManager.setFocused(false);
    focusManager.setFocused(true);
    await queries.resumePausedMutations(); // what the focus waits for before it asks again
  });
  focusManager.setFocused(undefined);
  expect(calls.filter((call) => call.path.includes("/retailers/"))).toHaveLength(1);
});

it.each([
  ["MANUAL_REVIEW_REQUIRED", null, /a person looks at it first/],
  ["DATA_INSUFFICIENT", null, /The distributor must supply more/],
  ["RATE_LIMIT_EXCEEDED", 7200, /Try again in 2 h/],
])("without a score, %s is told with what to do", async (code, retryAfterS, text) => {
  open({ body: detail({ score: null, code, retry_after_s: retryAfterS }) });
  expect(await screen.findByText(text)).toBeDefined();
});

it.each([403, 404])("a retailer of another lender is not told from an unknown one (%s)", async (status) => {
  open({ body: { code: "CONSENT_NOT_GRANTED" }, status });
  expect(await screen.findByText("This retailer is not in your portfolio")).toBeDefined();
});

const row = (change: Partial<Row>): Row => ({
  retailer_id: RETAILER,
  state: "scored",
  code: null,
  score_id: "scr_1",
  altscore: 724,
  risk_band: "B",
  probability_of_default: 0.082,
  recommended_limit_inr: 118_000,
  low_confidence: false,
  scored_at: "2026-11-29T00:00:00Z",
  expires_at: "2026-12-29T00:00:00Z",
  purposes: ["trade_credit"],
  consent_expires_at: "2027-11-29T00:00:00Z",
  ...change,
});

it("a score that could not be verified stands nowhere", () => {
  expect(standingOf(row({ state: "unverified" }))).toBe("not_scored");
  expect(standingOf(row({ state: "blocked" }))).toBe("blocked");
});

it("a band is chosen by the service, and all pages are loaded one after another", async () => {
  const calls = answerWith({
    ...SIGNED_IN,
    "GET /v1/lender/retailers": { body: { items: [row({})], next_cursor: null } },
    "GET /v1/lender/retailers?band=B": { body: { items: [row({})], next_cursor: "ret_1" } },
    "GET /v1/lender/retailers?band=B&cursor=ret_1": { body: { items: [], next_cursor: "ret_2" } },
    "GET /v1/lender/retailers?band=B&cursor=ret_2": { body: { items: [row({ retailer_id: "ret_3" })], next_cursor: null } },
  });
  renderPeople(<RetailersPage />, LENDER);
  const user = userEvent.setup();
  await user.selectOptions(await screen.findByLabelText("Band"), "B");
  await user.click(await screen.findByRole("button", { name: "Load all" }));
  expect(await screen.findByText("All are loaded.")).toBeDefined();
  expect(screen.getByRole("link", { name: "ret_3" })).toBeDefined();
  expect(calls.filter((call) => call.path.includes("band=B"))).toHaveLength(3);
});

it("an empty portfolio says how retailers come into it", async () => {
  const body = {
    counted_at: "2026-11-30T00:00:00Z",
    retailers: 0,
    recommended_limit_inr: 0,
    low_confidence: 0,
    blocked: 0,
    consents_ending: 0,
    items: [],
  };
  answerWith({ ...SIGNED_IN, "GET /v1/lender/portfolio": { body } });
  renderPeople(<PortfolioPage />, LENDER);
  expect(await screen.findByText("No retailer has named you yet")).toBeDefined();
  expect(await screen.findByText("Not available in this version")).toBeDefined();
});

it("a kind of alert that is not known is shown, and an ended consent leads nowhere", async () => {
  const at = "2026-11-29T00:00:00Z";
  const items = [
    { kind: "of_tomorrow", retailer_id: RETAILER, at },
    { kind: "consent_ended", retailer_id: "ret_ended", at },
  ];
  answerWith({ ...SIGNED_IN, "GET /v1/lender/alerts": { body: { items, next_cursor: null } } });
  renderPeople(<AlertsPage />, LENDER);
  expect(await screen.findByText("Something changed")).toBeDefined();
  expect(screen.queryByRole("link", { name: "ret_ended" })).toBeNull();
});
