/** A lender's calls: limits, days, refusals. Pure. */
import type { CallsByDay, Quota } from "./api";

export type LimitState = "free" | "near" | "full";

/** `near` from nine tenths on, so that there is time to slow down. */
export function limitState({ limit, used }: Pick<Quota, "limit" | "used">): LimitState {
  if (used >= limit) return "full";
  return used >= limit * 0.9 ? "near" : "free";
}

export interface DayCalls {
  day: string;
  served: number;
  refused: number;
}

/** One row for each day that was counted, oldest first. */
export function daysOf({ items }: CallsByDay): DayCalls[] {
  return items.map(({ day, served, refusals }) => ({ day, served, refused: refusals.reduce((sum, { calls }) => sum + calls, 0) }));
}

/** Refusals of all days together by code, the most frequent first. */
export function refusalsOf({ items }: CallsByDay): { code: string; calls: number; last: string }[] {
  const byCode = new Map<string, { code: string; calls: number; last: string }>();
  for (const { day, refusals } of items) {
    for (const { code, calls } of refusals) byCode.set(code, { code, calls: (byCode.get(code)?.calls ?? 0) + calls, last: day });
  }
  return [...byCode.values()].sort((one, other) => other.calls - one.calls || one.code.localeCompare(other.code));
}
