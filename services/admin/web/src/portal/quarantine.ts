/** Why a record waits in quarantine, and what to correct in the ERP. */
import type { Quarantined, Reason } from "./api";

/** Names of the texts `quarantine.<advice>.what` and `quarantine.<advice>.fix`. */
export const ADVICE = [
  "party_missing",
  "party_unknown_invoice",
  "party_unreadable",
  "number_missing",
  "date_missing",
  "date_unreadable",
  "date_too_early",
  "date_in_future",
  "due_date_wrong",
  "bounce_before_payment",
  "bounce_without_bounce",
  "amount_missing",
  "amount_not_number",
  "amount_not_valid",
  "amount_too_large",
  "text_length",
  "control_character",
  "field_unknown",
  "word_not_allowed",
  "kind_wrong",
  "older_line",
  "examined",
  "erased",
  "unknown",
] as const;
export type Advice = (typeof ADVICE)[number];

// The rules are the fixed sentences of the ingestion service; some hold only for a kind of field.
const BY_RULE: readonly (readonly [start: string, advice: Advice])[] = [
  ["is missing, and the invoice is unknown", "party_unknown_invoice"],
  ["is missing, and ", "party_missing"],
  ["holds no letter or digit", "party_unreadable"],
  ["is not a number", "amount_not_number"],
  ["is not an amount with at most two decimals", "amount_not_valid"],
  ["is above the largest amount", "amount_too_large"],
  ["lies before the invoice or more than three years after it", "due_date_wrong"],
  ["lies before the payment", "bounce_before_payment"],
  ["is given for a payment that did not bounce", "bounce_without_bounce"],
  ["lies before 2000-01-01", "date_too_early"],
  ["lies more than one day in the future", "date_in_future"],
  ["is not a date", "date_unreadable"],
  ["is not an instant", "date_unreadable"],
  ["has a wrong length", "text_length"],
  ["holds a control character", "control_character"],
  ["holds an unknown field", "field_unknown"],
  ["is not one of the allowed words", "word_not_allowed"],
  ["has a later line in the customer master", "older_line"],
  ["what is stored about the retailer is being examined", "examined"],
  ["belongs to a retailer who was erased", "erased"],
  ["is not a whole number in range", "kind_wrong"],
  ["is not a text", "kind_wrong"],
  ["is not true or false", "kind_wrong"],
  ["is not a list", "kind_wrong"],
  ["is not an object", "kind_wrong"],
  ["has too many entries", "kind_wrong"],
  ["is not a month written", "date_unreadable"],
];

const MISSING: readonly (readonly [field: RegExp, advice: Advice])[] = [
  [/amount/, "amount_missing"],
  [/date|_on$/, "date_missing"],
  [/^retailer_/, "party_missing"],
  [/_id$/, "number_missing"],
];

/** What to tell of a rule; `unknown` for one that this page does not know, whose own sentence is then shown. */
export function adviceFor(field: string, rule: string): Advice {
  const known = BY_RULE.find(([start]) => rule.startsWith(start));
  if (known !== undefined) return known[1];
  if (rule !== "is missing") return "unknown";
  return MISSING.find(([pattern]) => pattern.test(field))?.[1] ?? "unknown";
}

/** Whether a person at the distributor can do something about it. */
export function isActionable(advice: Advice): boolean {
  return !["examined", "erased", "older_line"].includes(advice);
}

export interface RuleGroup {
  readonly advice: Advice;
  readonly reason: Reason;
  readonly records: Quarantined[];
}

/** Records by the first rule that they break: what a person can mend first, and of that the commonest first. */
export function groupByRule(records: readonly Quarantined[]): RuleGroup[] {
  const groups = new Map<string, RuleGroup>();
  for (const record of records) {
    const [reason] = record.reasons;
    if (reason === undefined) continue; // every quarantined record has a rule; one without says nothing to anybody
    const key = JSON.stringify([reason.field, reason.reason]);
    const group = groups.get(key) ?? { advice: adviceFor(reason.field, reason.reason), reason, records: [] };
    group.records.push(record);
    groups.set(key, group);
  }
  return [...groups.values()].sort(
    (a, b) => Number(isActionable(b.advice)) - Number(isActionable(a.advice)) || b.records.length - a.records.length,
  );
}
