/** A portfolio by band: today's shares, and the months as a series. Pure. */
import type { MonthCount, Portfolio, Standing } from "./api";

export const STANDINGS = ["A", "B", "C", "D", "blocked", "not_scored"] as const satisfies readonly Standing[];

export interface MonthBands {
  readonly month: string;
  /** Retailers by standing; a standing that was not counted is 0, since every retailer stands somewhere. */
  readonly counts: Readonly<Record<Standing, number>>;
  readonly total: number;
  /** Part of the scored retailers in bands A and B; null where nobody has a score. */
  readonly favourable: number | null;
}

function emptyCounts(): Record<Standing, number> {
  return { A: 0, B: 0, C: 0, D: 0, blocked: 0, not_scored: 0 };
}

function favourableShare(counts: Readonly<Record<Standing, number>>): number | null {
  const scored = counts.A + counts.B + counts.C + counts.D;
  return scored === 0 ? null : (counts.A + counts.B) / scored;
}

/** The months in order, the oldest first. A month that is missing between two is absent: nothing is drawn for it. */
export function bandSeries(items: readonly MonthCount[]): MonthBands[] {
  const months = new Map<string, Record<Standing, number>>();
  for (const item of items) {
    const counts = months.get(item.month) ?? emptyCounts();
    counts[item.standing] += item.retailers;
    months.set(item.month, counts);
  }
  return [...months.entries()]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([month, counts]) => ({
      month,
      counts,
      total: STANDINGS.reduce((sum, standing) => sum + counts[standing], 0),
      favourable: favourableShare(counts),
    }));
}

export interface BandRow {
  readonly standing: Standing;
  readonly retailers: number;
  /** Of all retailers, 0 to 1; 0 in an empty portfolio. */
  readonly share: number;
  readonly recommendedLimitInr: number;
}

/** Every standing with its share, those without a retailer too. */
export function bandRows(portfolio: Portfolio): BandRow[] {
  return STANDINGS.map((standing) => {
    const item = portfolio.items.find((counted) => counted.standing === standing);
    const retailers = item?.retailers ?? 0;
    return {
      standing,
      retailers,
      share: portfolio.retailers === 0 ? 0 : retailers / portfolio.retailers,
      recommendedLimitInr: item?.recommended_limit_inr ?? 0,
    };
  });
}

/** 12.3 %, or a dash where there is nothing to divide. */
export function percent(share: number | null, digits = 1): string {
  return share === null ? "–" : `${(share * 100).toFixed(digits)}\u00a0%`;
}

/** Whether a consent ends within 30 days of an instant. */
export function endsSoon(at: string, now: Date): boolean {
  return Date.parse(at) - now.getTime() <= 30 * 86_400_000;
}
