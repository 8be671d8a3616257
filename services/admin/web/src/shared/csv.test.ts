import { describe, expect, it } from "vitest";
import { cell, csv } from "./csv";

describe("a cell", () => {
  it.each(["=HYPERLINK(1)", "+1+1", "@SUM(A1)", "-2+3", "\t=1", "  =1"])("that begins as a formula is text: %s", (value) => {
    expect(cell(value).replace(/^"/, "").startsWith("'")).toBe(true);
  });
  it.each([-5, "-5.25", "12"])("that is a number stays a number: %s", (value) => {
    expect(cell(value)).toBe(String(value));
  });
  it("with a quote, a comma or a line break is quoted", () => {
    expect(cell('a "b", c\nd')).toBe('"a ""b"", c\nd"');
  });
});

it("a file has its header first and ends every line as spreadsheets expect", () => {
  expect(csv(["seq", "prev"], [{ seq: 1, prev: "ab" }, { seq: 2 }])).toBe("seq,prev\r\n1,ab\r\n2,\r\n");
});
