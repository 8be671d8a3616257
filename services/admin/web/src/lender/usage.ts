/** Limits of a lender's calls. Pure. */
import type { Quota } from "./api";

export type LimitState = "free" | "near" | "full";

/** `near` from nine tenths on, so that there is time to slow down. */
export function limitState({ limit, used }: Pick<Quota, "limit" | "used">): LimitState {
  if (used >= limit) return "full";
  return used >= limit * 0.9 ? "near" : "free";
}
