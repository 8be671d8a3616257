import { expect, it } from "vitest";
import { isCurrent, judgeCredentials, listCredentials, type Credential, type CredentialKind } from "./deadlines";

const NOW = new Date("2026-11-30T00:00:00Z");
const inDays = (days: number) => new Date(NOW.getTime() + days * 86_400_000).toISOString();

function credential(kind: CredentialKind, endsIn: number, change: Partial<Credential> = {}): Credential {
  return { kind, name: "a", issuedAt: inDays(-30), endsAt: inDays(endsIn), revokedAt: null, ...change };
}

it.each([
  ["certificate", 60, "fine"],
  ["certificate", 29.5, "renewing"],
  ["certificate", 20, "late"],
  ["api_key", 8, "fine"],
  ["api_key", 5, "renewing"],
  ["api_key", 3, "late"],
  ["api_key", 0, "ended"],
  ["certificate", -1, "ended"],
] as const)("a %s that ends in %s days is %s", (kind, days, state) => {
  expect(judgeCredentials([credential(kind, days)], NOW)[0]?.state).toBe(state);
});

it("an older one beside a newer one that counts asks for nothing", () => {
  const newer = credential("api_key", 36, { name: "b", issuedAt: inDays(-1) });
  const [older, present] = judgeCredentials([credential("api_key", 2), newer], NOW);
  expect([older?.state, present?.state]).toEqual(["replaced", "fine"]);
});

it("a newer one that is revoked or has ended replaces nothing", () => {
  const revoked = credential("api_key", 36, { name: "b", issuedAt: inDays(-1), revokedAt: inDays(-1) });
  const ended = credential("api_key", -1, { name: "c", issuedAt: inDays(-2) });
  const [present, ...rest] = judgeCredentials([credential("api_key", 2), revoked, ended], NOW);
  expect(present?.state).toBe("late");
  expect(rest.map(isCurrent)).toEqual([false, true]);
});

it("a key without an end has no days left to count", () => {
  const listed = listCredentials({
    certificates: [],
    api_keys: [],
    ssh_keys: [{ fingerprint: "f", created_at: inDays(-9), revoked_at: null }],
  });
  expect(judgeCredentials(listed, NOW)[0]).toMatchObject({ state: "endless", daysLeft: null });
});
