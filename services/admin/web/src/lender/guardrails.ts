/** What a guardrail's reason means and what a lender does about it (docs/lenders/numbers.md). */

const TEXTS: Readonly<Record<string, string>> = {
  district_adverse_impact: "adverse_impact",
  size_band_adverse_impact: "adverse_impact",
  district_not_measurable: "not_measurable_fairness",
  size_band_not_measurable: "not_measurable_fairness",
  affordability_ceiling: "affordability_ceiling",
  open_dues: "open_dues",
  absolute_ceiling: "absolute_ceiling",
  requested_limit_above_recommended: "requested_limit_above_recommended",
  late_ledger: "late_ledger",
  low_confidence_data: "low_confidence_data",
  population_shift: "population_shift",
  route_not_judged: "route_not_judged",
  not_measurable: "not_measurable",
};

export type GuardrailText =
  | "adverse_impact"
  | "not_measurable_fairness"
  | "affordability_ceiling"
  | "open_dues"
  | "absolute_ceiling"
  | "requested_limit_above_recommended"
  | "late_ledger"
  | "low_confidence_data"
  | "population_shift"
  | "route_not_judged"
  | "not_measurable"
  | "unknown";

/** Name of the texts; a reason that is not known here is a flag, never a pass. */
export function guardrailText(reason: string): GuardrailText {
  return (Object.hasOwn(TEXTS, reason) ? TEXTS[reason] : "unknown") as GuardrailText;
}
