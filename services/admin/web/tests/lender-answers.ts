/** What the dashboard's API answers in the browser tests, and where its first load is measured. */
import { session, type Answers } from "./people";

export const RETAILER = "ret_0123456789abcdef";
const AT = "2026-11-29T10:00:00Z";
const STANDINGS = ["A", "B", "C", "D", "blocked", "not_scored"];
const counted = STANDINGS.map((standing, index) => ({ standing, retailers: 10 * (index + 1), recommended_limit_inr: 100_000 }));
const months = ["2026-11", "2026-10"].flatMap((month) => counted.map((item) => ({ ...item, month, counted_at: AT })));
export const row = (index: number) => ({
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
export const ANSWERS: Answers = {
  "GET /session": session("lender"),
  "GET /portfolio": { counted_at: AT, retailers: 210, recommended_limit_inr: 600_000, low_confidence: 3, blocked: 50, consents_ending: 2, items: counted },
  "GET /portfolio/history": { items: months },
  "GET /retailers": { items: Array.from({ length: 50 }, (_, index) => row(index)), next_cursor: null },
  [`GET /retailers/${RETAILER}`]: { retailer_id: RETAILER, score, code: null, retry_after_s: null, is_repeated: false, purpose: "trade_credit", consent_expires_at: AT, history },
  "GET /alerts": { items: [{ kind: "band_dropped", retailer_id: RETAILER, at: AT }], next_cursor: null },
  "GET /usage": { items: [{ name: "day", limit: 5000, window_s: 86_400, used: 4_800, remaining: 200 }], disclosures_per_retailer_a_day: 3 },
  "GET /usage/days": {
    counted_since: AT,
    items: Array.from({ length: 31 }, (_, index) => ({
      day: `2026-05-${String(index + 1).padStart(2, "0")}`,
      served: 120 + ((index * 37) % 60),
      refusals: index % 4 === 0 ? [{ code: "RATE_LIMIT_EXCEEDED", calls: 9 }, { code: "CONSENT_NOT_GRANTED", calls: 4 }] : [],
    })),
  },
  "GET /credentials": { items: [{ client_id: "lender_example", is_active: true, onboarded_at: AT, secret_since: null, rotation_due: true, former_valid_until: [] }], purposes: ["trade_credit"] },
};
