import { describe, expect, it } from "vitest";
import { day, duration, instant, instantOfInput, money } from "./format";

describe("money", () => {
  it("is grouped by lakh and crore", () => {
    expect(money("12345678.50")).toBe("₹1,23,45,678.50");
    expect(money(1000000)).toBe("₹10,00,000");
  });
  it("stays exact beyond the precision of a float", () => {
    expect(money("90071992547409931.25").replaceAll(",", "")).toBe("₹90071992547409931.25");
  });
  it("shows a band as it was answered", () => {
    expect(money("₹1–5 lakh")).toBe("₹1–5 lakh");
  });
  it("says that there is nothing where there is nothing", () => {
    expect(money(null)).toBe("–");
  });
});

describe("times", () => {
  it("are Indian, whatever the machine's zone", () => {
    expect(instant("2026-11-30T20:05:00Z")).toBe("1 Dec 2026, 01:35 IST");
    expect(day("2026-11-30")).toBe("30 Nov 2026");
  });
  it("have Latin digits in Hindi too", () => {
    expect(instant("2026-11-30T20:05:00Z", "hi")).toMatch(/^1 .* 2026, 01:35 IST$/);
  });
  it("show an unreadable value as it is", () => {
    expect(instant("soon")).toBe("soon");
  });
  it("are read from a field as Indian time", () => {
    expect(instantOfInput("2026-11-30T09:00")).toBe("2026-11-30T09:00:00+05:30");
    expect(instantOfInput("")).toBeUndefined();
  });
});

describe("duration", () => {
  it("names its two largest units", () => {
    expect(duration(187_200)).toBe("2 d 4 h");
    expect(duration(3_659)).toBe("1 h");
    expect(duration(-125)).toBe("2 min 5 s");
    expect(duration(0)).toBe("0 s");
  });
});
