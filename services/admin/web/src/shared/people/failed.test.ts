import { expect, it } from "vitest";
import { failureIn, withoutFailure } from "./failed";
import { returnPath } from "./provider";

it("reads a failure that is known, and nothing else of the address", () => {
  const known = ["refused", "unavailable"] as const;
  expect(failureIn("?sign_in=refused", known)).toBe("refused");
  for (const search of ["", "?sign_in=", "?sign_in=<b>x</b>", "?other=refused"]) expect(failureIn(search, known)).toBeUndefined();
});

it("comes back from the next try without the failure of this one", () => {
  expect(withoutFailure("?sign_in=refused")).toBe("");
  expect(withoutFailure("?band=A&sign_in=refused")).toBe("?band=A");
  expect(withoutFailure("?band=A")).toBe("?band=A");
  expect(returnPath({ pathname: "/lender/", search: "?sign_in=refused" })).toBe("/lender/");
});
