import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import type { Quarantined } from "./api";
import { en } from "./i18n/en";
import { ADVICE, adviceFor, groupByRule } from "./quarantine";

const INGESTION = resolve(__dirname, "../../../../ingestion/src/altscore_ingestion");
const guidance = { en: "", hi: "" };

/** Fields and rules as the ingestion service's own sources state them for single records. */
function statedRules(): [string, string][] {
  const sources = readdirSync(resolve(INGESTION, "batches"))
    .filter((name) => ["records.py", "domain.py", "payload.py"].includes(name))
    .map((name) => readFileSync(resolve(INGESTION, "batches", name), "utf-8"));
  const bounds = readFileSync(resolve(INGESTION, "batches/bounds.py"), "utf-8");
  const named = sources.flatMap((text) =>
    [...text.matchAll(/(?:_InvalidRecord|FieldError)\(\s*"([a-z_]+)",\s*"([^"]+)"/g)].map(
      ([, field = "", rule = ""]): [string, string] => [field, rule],
    ),
  );
  const schema = sources.flatMap((text) =>
    [...text.matchAll(/^ {4}\(f?"[^"]+", "([^"]+)"\),$/gm)].map(([, rule = ""]): [string, string] => ["field", rule]),
  );
  const days = [...bounds.matchAll(/^[A-Z_]+ = f?"(lies [^"{]+)/gm)].map(([, rule = ""]): [string, string] => ["day", rule]);
  return [...named, ...schema, ...days];
}

it("every rule of the ingestion service has its advice", () => {
  const rules = statedRules();
  expect(rules.length).toBeGreaterThan(25);
  const unknown = rules.filter(([field, rule]) => !rule.startsWith("lies before ") && adviceFor(field, rule) === "unknown");
  expect(unknown).toEqual([]);
});

it.each([
  ["invoice_date", "is missing", "date_missing"],
  ["amount_inr", "is missing", "amount_missing"],
  ["invoice_id", "is missing", "number_missing"],
  ["retailer_ref", "is missing", "party_missing"],
  ["retailer_ref", "is missing, and the invoice is unknown", "party_unknown_invoice"],
  ["amount_inr", "is above the largest amount, 1,000,000,000.00 rupees", "amount_too_large"],
  ["invoice_date", "lies before 2000-01-01", "date_too_early"],
  ["shade", "is of a colour that nobody knows", "unknown"],
] as const)("%s %s: %s", (field, rule, advice) => {
  expect(adviceFor(field, rule)).toBe(advice);
});

it("all advice has its texts", () => {
  const missing = ADVICE.filter((advice) => !(`quarantine.${advice}.what` in en));
  expect(missing).toEqual([]);
});

function record(position: number, field: string, reason: string): Quarantined {
  const reasons = [{ field, reason, guidance }];
  return { batch_id: "bat", received_at: "", table: "invoices", position, record_key: null, reasons };
}

it("what a person can mend comes first, and of that the commonest", () => {
  const groups = groupByRule([
    record(0, "retailer_ref", "what is stored about the retailer is being examined; nothing needs to be sent again"),
    record(1, "amount_inr", "is not a number"),
    record(2, "invoice_date", "is missing"),
    record(3, "invoice_date", "is missing"),
  ]);
  expect(groups.map((group) => [group.advice, group.records.length])).toEqual([
    ["date_missing", 2],
    ["amount_not_number", 1],
    ["examined", 1],
  ]);
});
