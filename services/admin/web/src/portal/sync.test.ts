import { expect, it } from "vitest";
import { judgeMonth, sortMonths, summarise, type MonthTotals } from "./sync";

function month(erp: string | null, received: string | null, change: Partial<MonthTotals> = {}): MonthTotals {
  return {
    table: "invoices",
    month: "2026-10",
    verdict: "agrees",
    erp: erp === null ? null : { count: 3, amount_inr: erp },
    bronze: received === null ? null : { documents: 3, records: 3, amount_inr: received },
    ...change,
  };
}

it("one paisa less is a difference, whatever the server concluded", () => {
  expect(judgeMonth(month("100000000000000.01", "100000000000000.00"))).toMatchObject({
    state: "differs",
    differencePaise: -1n,
    difference: "missing",
  });
});

it("more than the ledger states is a difference too", () => {
  expect(judgeMonth(month("10.00", "10.50"))).toMatchObject({ differencePaise: 50n, difference: "more" });
});

it("equal sums of another number of documents differ", () => {
  expect(judgeMonth(month("10.00", "10.00", { verdict: "differs" }))).toMatchObject({ state: "differs", difference: "count" });
});

it("a side that is not known is not compared, and never counts as agreement", () => {
  expect(judgeMonth(month(null, "10.00"))).toMatchObject({ state: "not_compared", reason: "erp_silent" });
  expect(judgeMonth(month("10.00", null))).toMatchObject({ state: "not_compared", reason: "received_unknown" });
  expect(judgeMonth(month("1.00", "1.00", { verdict: "not_compared" })).state).toBe("not_compared");
});

it("the whole agrees only where every month does", () => {
  const agreeing = month("1.00", "1.00");
  expect(summarise([]).state).toBe("empty");
  expect(summarise([agreeing, agreeing]).state).toBe("agrees");
  expect(summarise([agreeing, month(null, "1.00")]).state).toBe("not_compared");
  expect(summarise([agreeing, month(null, "1.00"), month("1.00", "0.99")])).toEqual({
    state: "differs",
    agreeing: 1,
    differing: 1,
    notCompared: 1,
  });
});

it("the newest month comes first, its ledgers in one order", () => {
  const rows = [
    month("1", "1", { table: "returns" }),
    month("1", "1", { month: "2026-11", table: "payments" }),
    month("1", "1"),
  ];
  expect(sortMonths(rows).map((row) => `${row.month} ${row.table}`)).toEqual([
    "2026-11 payments",
    "2026-10 invoices",
    "2026-10 returns",
  ]);
});
