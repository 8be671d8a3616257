/** What `/v1/lender/*` answers, as `altscore_admin.portal.lender_portfolio` and `lender_usage` declare it. */

export type Band = "A" | "B" | "C" | "D";
export type Standing = Band | "blocked" | "not_scored";

export interface Portfolio {
  counted_at: string;
  retailers: number;
  recommended_limit_inr: number;
  low_confidence: number;
  blocked: number;
  consents_ending: number;
  items: { standing: Standing; retailers: number; recommended_limit_inr: number }[];
}

export interface MonthCount {
  month: string;
  standing: Standing;
  retailers: number;
  recommended_limit_inr: number;
  counted_at: string;
}

export interface Row {
  retailer_id: string;
  state: "scored" | "blocked" | "not_scored" | "unverified";
  /** What POST /v1/score answers instead of a score. */
  code: string | null;
  score_id: string | null;
  altscore: number | null;
  risk_band: Band | null;
  probability_of_default: number | null;
  recommended_limit_inr: number | null;
  low_confidence: boolean | null;
  scored_at: string | null;
  expires_at: string | null;
  purposes: string[];
  consent_expires_at: string;
}

export interface ReasonCode {
  code: string;
  direction: "positive" | "negative";
  rank: number;
  label_en: string;
  label_hi: string;
}

export interface Guardrail {
  id: string;
  action: string;
  reason: string;
}

export interface Snapshot {
  month: string;
  altscore: number;
  risk_band: Band;
  score_version: string;
}

export interface Score {
  score_id: string;
  altscore: number;
  risk_band: Band;
  probability_of_default: number;
  recommended_limit_inr: number;
  reason_codes: ReasonCode[];
  guardrails: Guardrail[];
  data_freshness_days: number;
  low_confidence: boolean;
  score_version: string;
  scored_at: string;
  expires_at: string;
}

export interface RetailerDetail {
  retailer_id: string;
  score: Score | null;
  /** What POST /v1/score answers instead of a score. */
  code: string | null;
  retry_after_s: number | null;
  /** Opened before within 24 hours: no query of the day was spent. */
  is_repeated: boolean;
  purpose: string;
  consent_expires_at: string;
  history: Snapshot[];
}

export interface Alert {
  kind: string;
  retailer_id: string;
  at: string;
}

export interface Quota {
  name: string;
  limit: number;
  window_s: number;
  used: number;
  remaining: number;
}

export interface Usage {
  items: Quota[];
  disclosures_per_retailer_a_day: number;
}

export interface ClientCredential {
  client_id: string;
  is_active: boolean;
  onboarded_at: string;
  /** Null: the secret has held for more than 90 days. */
  secret_since: string | null;
  rotation_due: boolean;
  /** Ends of replaced secrets that still hold. */
  former_valid_until: string[];
}

export interface Clients {
  items: ClientCredential[];
  purposes: string[];
}

export interface CallsByDay {
  /** Null: nothing was counted, no day is known. */
  counted_since: string | null;
  items: { day: string; served: number; refusals: { code: string; calls: number }[] }[];
}
