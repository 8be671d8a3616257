import { expect, it } from "vitest";
import { daysOf, refusalsOf } from "./usage";

const CALLS = {
  counted_since: "2026-05-20T08:00:00Z",
  items: [
    { day: "2026-05-20", served: 3, refusals: [{ code: "RATE_LIMIT_EXCEEDED", calls: 2 }, { code: "SCOPE_MISMATCH", calls: 1 }] },
    { day: "2026-05-21", served: 0, refusals: [] },
    { day: "2026-05-22", served: 5, refusals: [{ code: "SCOPE_MISMATCH", calls: 4 }] },
  ],
};

it("a day that was counted and had no call is a zero", () => {
  expect(daysOf(CALLS)).toEqual([
    { day: "2026-05-20", served: 3, refused: 3 },
    { day: "2026-05-21", served: 0, refused: 0 },
    { day: "2026-05-22", served: 5, refused: 4 },
  ]);
});

it("refusals add up over the days, the most frequent first, with the last day of each", () => {
  expect(refusalsOf(CALLS)).toEqual([
    { code: "SCOPE_MISMATCH", calls: 5, last: "2026-05-22" },
    { code: "RATE_LIMIT_EXCEEDED", calls: 2, last: "2026-05-20" },
  ]);
});
