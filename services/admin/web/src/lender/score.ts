/** A retailer's reasons and months in order. Pure. */
import type { ReasonCode, Snapshot } from "./api";

/** Reasons of one direction, what moved the probability most first. */
export function sortReasons(reasons: readonly ReasonCode[], direction: ReasonCode["direction"]): ReasonCode[] {
  return reasons.filter((reason) => reason.direction === direction).sort((a, b) => a.rank - b.rank);
}

export interface Trend {
  /** The oldest month first. */
  readonly series: readonly Snapshot[];
  readonly first: string;
  readonly last: string;
  readonly points: number;
  readonly direction: "rose" | "fell" | "same";
}

/** How the score moved over the months that have one; null without any. */
export function trendOf(history: readonly Snapshot[]): Trend | null {
  const series = [...history].sort((a, b) => a.month.localeCompare(b.month));
  const [oldest] = series;
  const newest = series.at(-1);
  if (oldest === undefined || newest === undefined) return null;
  const points = newest.altscore - oldest.altscore;
  const direction = points > 0 ? "rose" : points < 0 ? "fell" : "same";
  return { series, first: oldest.month, last: newest.month, points, direction };
}
