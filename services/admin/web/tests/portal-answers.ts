/** What the portal's API answers in the browser tests, and where its first load is measured. */
import { session, type Answers } from "./people";

export const FIRST = "ret_0123456789abcdef";
export const SECOND = "ret_fedcba9876543210";
export const BATCH = `bat_${"0".repeat(31)}1`;
export const EVIL = "<img src=x onerror=alert(1)> & Sons";
export const AT = "2026-11-29T10:00:00Z";
export const page_ = (items: unknown[]) => ({ items, next_cursor: null });
const guidance = { en: "Correct it.", hi: "ठीक करें।" };
const reason = { field: "invoice_date", reason: "lies more than one day in the future", guidance };
const batch = { batch_id: BATCH, erp_type: "tally_prime", state: "complete", received_at: AT, completed_at: AT, submitted: 10, accepted: 8, quarantined: 1, duplicate: 1, completeness: "0.98", reprocessed_from: null };
const retailer = { retailer_id: FIRST, shop_name: EVIL, gst: "XXXX…R1ZX", gst_status: "verified", phone: "0110", has_contact: true };
const invite = { invite_id: "inv_1", retailer_id: FIRST, lender_scope: ["lender_example"], purpose: "trade_credit", language: "hi", status: "granted", created_at: AT, expires_at: AT, decided_at: AT };
const month = { table: "invoices", month: "2026-11", verdict: "differs", erp: { count: 2, amount_inr: "118000.50" }, bronze: { documents: 1, records: 1, amount_inr: "100000.00" }, difference_inr: "18000.50" };
const summary = { batches: 1, submitted: 10, accepted: 8, quarantined: 1, duplicate: 1, last_received_at: AT, last_accepted_at: AT };
const heartbeat = { received_at: AT, connector_version: "0.1.0", erp_type: "tally_prime", source_ok: false, queued_batches: 2, last_success_at: null };
const installation = { installation_id: "ins_3f9a1c2e00000000000000000000000a", since: AT, last_batch_at: AT, refused_id: "ins_b7d4e5f600000000000000000000000b", refused_at: AT };
export const ANSWERS: Answers = {
  "GET /session": session("portal"),
  "GET /sync": { verdict: "differs", summary, coverage: [], heartbeat, installation, months: [month] },
  "GET /batches": page_([batch]),
  [`GET /batches/${BATCH}`]: { batch, reasons: [{ ...reason, table: "invoices", records: 1 }] },
  "GET /quarantine": page_([{ batch_id: BATCH, received_at: AT, table: "invoices", position: 0, record_key: "SI/1", reasons: [reason] }]),
  "GET /retailers": page_([retailer, { ...retailer, retailer_id: SECOND, shop_name: "Om Traders" }]),
  "GET /invites": page_([invite]),
  "POST /invites": { invited: 2, already_open: 0, unreachable: 0, refused: 0, unknown: 0 },
  "GET /credentials": { certificates: [{ fingerprint: "f".repeat(64), created_at: AT, accepted_until: "2026-12-05T00:00:00Z", revoked_at: null }], api_keys: [], ssh_keys: [] },
  "POST /logout": { sessions_ended: 1 },
};
