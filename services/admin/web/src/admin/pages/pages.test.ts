import { describe, expect, it } from "vitest";
import { csv } from "../../shared/csv";
import { FILE_COLUMNS } from "./audit";
import { statementOf } from "./models";
import { returnAddress } from "./sign-in";

describe("the address to come back to", () => {
  it.each(["//evil.example", "/\\evil.example", "https://evil.example", "/v1/admin/session", ""])("is one of ours: %s", (path) => {
    expect(returnAddress(path)).toBe("/");
  });
  it("keeps what was asked for", () => {
    expect(returnAddress("/audit?action=x")).toBe("/audit?action=x");
  });
});

describe("a statement about a model", () => {
  it.each(["", "{", "[]", '{"model_sha256": 1}', "null"])("that is none is not sent: %s", (text) => {
    expect(() => statementOf(text)).toThrow("INVALID_REQUEST");
  });
});

it("an exported entry keeps its position and both hashes, and runs nothing in a spreadsheet", () => {
  const file = csv(FILE_COLUMNS, [{ chain: "general", seq: 7, prev_hash: "aa", entry_hash: "bb", action: "=cmd()" }]);
  expect(file.split("\r\n")[1]).toBe("general,7,aa,bb,,,,'=cmd(),");
});
