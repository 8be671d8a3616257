import { expect, it } from "vitest";
import type { MonthCount, Standing } from "./api";
import { bandRows, bandSeries, endsSoon, percent } from "./bands";
import { guardrailText } from "./guardrails";
import { trendOf } from "./score";
import { limitState } from "./usage";

function counted(month: string, standing: Standing, retailers: number): MonthCount {
  return { month, standing, retailers, recommended_limit_inr: 0, counted_at: "2026-11-30T00:00:00Z" };
}

it("months are drawn from the oldest to the newest, with every standing", () => {
  const series = bandSeries([counted("2026-11", "B", 6), counted("2026-10", "A", 2), counted("2026-11", "D", 2)]);
  expect(series.map((month) => month.month)).toEqual(["2026-10", "2026-11"]);
  expect(series[1]).toMatchObject({ total: 8, favourable: 0.75, counts: { A: 0, B: 6, C: 0, D: 2 } });
});

it("retailers without a score are no part of the favourable share", () => {
  const [month] = bandSeries([counted("2026-11", "A", 1), counted("2026-11", "blocked", 9)]);
  expect(month?.favourable).toBe(1);
  expect(bandSeries([counted("2026-11", "not_scored", 3)])[0]?.favourable).toBeNull();
});

it("today's rows hold every band, and their shares add up", () => {
  const rows = bandRows({
    counted_at: "",
    retailers: 4,
    recommended_limit_inr: 0,
    low_confidence: 0,
    blocked: 1,
    consents_ending: 0,
    items: [
      { standing: "A", retailers: 3, recommended_limit_inr: 5 },
      { standing: "blocked", retailers: 1, recommended_limit_inr: 0 },
    ],
  });
  expect(rows).toHaveLength(6);
  expect(rows.reduce((sum, row) => sum + row.share, 0)).toBeCloseTo(1);
});

it("nothing to divide is a dash, not a zero", () => {
  expect([percent(null), percent(0), percent(0.084, 2)]).toEqual(["–", "0.0\u00a0%", "8.40\u00a0%"]);
});

it("a consent ends soon within 30 days", () => {
  const now = new Date("2026-11-01T00:00:00Z");
  expect([endsSoon("2026-12-01T00:00:00Z", now), endsSoon("2026-12-02T00:00:00Z", now)]).toEqual([true, false]);
});

it("a guardrail reason that is not known is a flag, names of objects included", () => {
  expect(["open_dues", "size_band_adverse_impact", "new_reason", "constructor"].map(guardrailText)).toEqual([
    "open_dues",
    "adverse_impact",
    "unknown",
    "unknown",
  ]);
});

it("a trend runs from the oldest month to the newest, whatever the order of the answer", () => {
  const snapshot = (month: string, altscore: number) => ({ month, altscore, risk_band: "B" as const, score_version: "v" });
  expect(trendOf([snapshot("2026-11", 700), snapshot("2026-08", 724)])).toMatchObject({ points: -24, direction: "fell" });
  expect(trendOf([snapshot("2026-11", 700)])?.direction).toBe("same");
  expect(trendOf([])).toBeNull();
});

it("a limit is near its end from nine tenths on", () => {
  expect([89, 90, 100].map((used) => limitState({ used, limit: 100 }))).toEqual(["free", "near", "full"]);
});
