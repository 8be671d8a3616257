import { expect, it } from "vitest";
import { fromPaise, toPaise } from "./money";

it.each([
  ["0", 0n],
  ["0.5", 50n],
  ["1180.00", 118_000n],
  ["-11800.50", -1_180_050n],
  ["90071992547409.93", 9_007_199_254_740_993n],
  ["12.3400", 1_234n],
])("reads %s to the paisa", (text, paise) => {
  expect(toPaise(text)).toBe(paise);
  expect(toPaise(fromPaise(paise))).toBe(paise);
});

it.each(["", "1.234", "1e5", "NaN", "1,000", "--1", " 1"])("%j is no amount", (text) => {
  expect(() => toPaise(text)).toThrow(RangeError);
});
