/** What the ERP states of a month against what AltScore received, in whole paise. */

import { toPaise } from "./money";

export const LEDGERS = ["invoices", "payments", "returns"] as const;
export type Ledger = (typeof LEDGERS)[number];

export type SyncState = "agrees" | "differs" | "not_compared";

export interface MonthTotals {
  readonly table: Ledger;
  /** YYYY-MM. */
  readonly month: string;
  readonly erp: { readonly count: number; readonly amount_inr: string } | null;
  readonly bronze: {
    readonly documents: number;
    readonly records: number;
    readonly amount_inr: string;
  } | null;
  readonly verdict: SyncState;
}

/** `missing`: AltScore has less than the ERP; `more`: it has more; `count`: equal sums of another number of documents. */
export type Difference = "missing" | "more" | "count";

export interface MonthVerdict {
  readonly state: SyncState;
  /** Received minus stated, paise; null where one side is not known. */
  readonly differencePaise: bigint | null;
  readonly difference: Difference | null;
  /** Why nothing was compared: the ERP stated no total, or it is not known what was received. */
  readonly reason: "erp_silent" | "received_unknown" | null;
}

/** The verdict of one ledger in one month: never better than what the server says or the sums show. */
export function judgeMonth(totals: MonthTotals): MonthVerdict {
  if (totals.erp === null) return notCompared("erp_silent");
  if (totals.bronze === null) return notCompared("received_unknown");
  const differencePaise = toPaise(totals.bronze.amount_inr) - toPaise(totals.erp.amount_inr);
  if (differencePaise < 0n) return differs(differencePaise, "missing");
  if (differencePaise > 0n) return differs(differencePaise, "more");
  if (totals.verdict === "agrees") return { state: "agrees", differencePaise, difference: null, reason: null };
  return totals.verdict === "differs" ? differs(differencePaise, "count") : notCompared("received_unknown");
}

function notCompared(reason: "erp_silent" | "received_unknown"): MonthVerdict {
  return { state: "not_compared", differencePaise: null, difference: null, reason };
}

function differs(differencePaise: bigint, difference: Difference): MonthVerdict {
  return { state: "differs", differencePaise, difference, reason: null };
}

export interface SyncSummary {
  readonly state: SyncState | "empty";
  readonly agreeing: number;
  readonly differing: number;
  readonly notCompared: number;
}

/** The whole ledger: it differs where any month does, and agrees only where every month was compared. */
export function summarise(months: readonly MonthTotals[]): SyncSummary {
  const states = months.map((month) => judgeMonth(month).state);
  const count = (state: SyncState) => states.filter((item) => item === state).length;
  const differing = count("differs");
  const notComparedMonths = count("not_compared");
  const rest = notComparedMonths > 0 ? "not_compared" : "agrees";
  const state = states.length === 0 ? "empty" : differing > 0 ? "differs" : rest;
  return { state, agreeing: count("agrees"), differing, notCompared: notComparedMonths };
}

/** Newest month first; in a month invoices, payments, returns. */
export function sortMonths(months: readonly MonthTotals[]): MonthTotals[] {
  return [...months].sort(
    (a, b) => b.month.localeCompare(a.month) || LEDGERS.indexOf(a.table) - LEDGERS.indexOf(b.table),
  );
}
