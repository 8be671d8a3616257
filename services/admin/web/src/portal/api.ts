/** What `/v1/portal/*` answers, as `altscore_admin.portal.distributors.schemas` declares it. */
import type { MonthTotals, SyncState } from "./sync";

export interface Sync {
  verdict: SyncState;
  summary: {
    batches: number;
    submitted: number;
    accepted: number;
    quarantined: number;
    duplicate: number;
    last_received_at: string | null;
    last_accepted_at: string | null;
  };
  coverage: { table: string; first_on: string | null; last_on: string | null }[];
  heartbeat: {
    received_at: string;
    connector_version: string;
    erp_type: string;
    source_ok: boolean;
    queued_batches: number;
    last_success_at: string | null;
  } | null;
  installation: {
    installation_id: string;
    since: string;
    last_batch_at: string | null;
    refused_id: string | null;
    refused_at: string | null;
  } | null;
  months: MonthTotals[];
}

export interface Batch {
  batch_id: string;
  erp_type: string;
  state: string;
  received_at: string;
  completed_at: string | null;
  submitted: number;
  accepted: number | null;
  quarantined: number | null;
  duplicate: number | null;
  completeness: string | null;
  reprocessed_from: string | null;
}

export interface Reason {
  field: string;
  reason: string;
  guidance: { en: string; hi: string };
}

export interface BatchDetail {
  batch: Batch;
  reasons: (Reason & { table: string; records: number })[];
}

export interface Quarantined {
  batch_id: string;
  received_at: string;
  table: string;
  position: number;
  record_key: string | null;
  reasons: Reason[];
}

export interface Retailer {
  retailer_id: string;
  shop_name: string | null;
  gst: string | null;
  gst_status: string;
  phone: string | null;
  has_contact: boolean;
}

export interface Invite {
  invite_id: string;
  retailer_id: string;
  lender_scope: string[];
  purpose: string;
  language: string;
  status: string;
  created_at: string;
  expires_at: string;
  decided_at: string | null;
}

/** The most that one request may name. */
export const MAX_INVITED = 500;
/** Rows of a page: the most that the service gives at once. */
export const PAGE_ROWS = "100";

export interface InvitesResult {
  invited: number;
  already_open: number;
  unreachable: number;
  refused: number;
  unknown: number;
}

export interface Credentials {
  certificates: { fingerprint: string; created_at: string; accepted_until: string; revoked_at: string | null }[];
  api_keys: {
    key_number: number;
    valid_from: string;
    accepted_until: string;
    used_at: string | null;
    revoked_at: string | null;
  }[];
  ssh_keys: { fingerprint: string; created_at: string; revoked_at: string | null }[];
}
