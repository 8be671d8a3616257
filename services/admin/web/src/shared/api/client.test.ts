import { afterEach, describe, expect, it, vi } from "vitest";
import { address, Client, type Action, type Credentials } from "./client";
import { actionAssertion, actionDescription, base64Url } from "./keys";
import { NoAnswer, Problem } from "./problem";

/** Plays the network at its edge: answers in turn, and what was asked. */
function network(...answers: { status: number; body?: unknown }[]) {
  const asked: { url: string; method: string; headers: Record<string, string>; body: string | undefined }[] = [];
  vi.stubGlobal("fetch", (url: string, options: { method: string; headers: Record<string, string>; body?: string }) => {
    asked.push({ url, method: options.method, headers: options.headers, body: options.body });
    const answer = answers[asked.length - 1];
    if (answer === undefined) return Promise.reject(new TypeError("network"));
    return Promise.resolve(Response.json(answer.body ?? {}, { status: answer.status }));
  });
  return asked;
}

const credentials = (changes: Partial<Credentials> = {}): Credentials => ({
  headers: () => ({}),
  csrf: () => "csrf-1",
  ended: () => undefined,
  ...changes,
});
const call = (client: Client<object>, method: string, body?: unknown) => client.call(method, "/v1/things/{id}", body, { path: { id: "a/../b" } });

afterEach(() => vi.unstubAllGlobals());

describe("an address", () => {
  it("holds a value as a part, and never as a path", () => {
    expect(address("/v1/things/{id}/x", { path: { id: "a/../b?c" } })).toBe("/v1/things/a%2F..%2Fb%3Fc/x");
  });
  it("leaves out what was not asked for", () => {
    expect(address("/v1/things", { query: { a: "", b: null, c: undefined, d: 0, e: "x y" } })).toBe("/v1/things?d=0&e=x+y");
  });
  it("is not built without its parts", () => {
    expect(() => address("/v1/things/{id}", { path: { id: "" } })).toThrow("needs id");
  });
});

describe("a call", () => {
  it("that changes something carries the CSRF value, one that reads does not", async () => {
    const asked = network({ status: 200 }, { status: 200 });
    const client = new Client(credentials());
    await call(client, "GET");
    await call(client, "POST", { a: 1 });
    expect(asked.map((item) => item.headers["X-CSRF-Token"])).toEqual([undefined, "csrf-1"]);
  });
  it("whose session is over says so", async () => {
    network({ status: 401, body: { code: "UNAUTHORIZED" } });
    const ended = vi.fn();
    await expect(call(new Client(credentials({ ended })), "GET")).rejects.toBeInstanceOf(Problem);
    expect(ended).toHaveBeenCalledOnce();
  });
  it("without a live admin token keeps the session: a touch of the key is missing", async () => {
    network({ status: 401, body: { code: "ADMIN_TOKEN_REQUIRED" } });
    const ended = vi.fn();
    await expect(call(new Client(credentials({ ended })), "GET")).rejects.toMatchObject({ code: "ADMIN_TOKEN_REQUIRED" });
    expect(ended).not.toHaveBeenCalled();
  });
  it("that is not answered is not called a refusal", async () => {
    network();
    await expect(call(new Client(credentials()), "POST")).rejects.toBeInstanceOf(NoAnswer);
  });
  it("that needs a confirmation is sent again as it was, with the same id and the assertion", async () => {
    const asked = network({ status: 403, body: { code: "ACTION_CONFIRMATION_REQUIRED" } }, { status: 200, body: { done: true } });
    let shown: Action | undefined;
    const confirm = (action: Action) => {
      shown = action;
      return Promise.resolve("assertion-1");
    };
    expect(await call(new Client(credentials({ confirm })), "POST", { a: 1 })).toEqual({ done: true });
    expect(shown).toEqual({ method: "POST", path: "/v1/things/a%2F..%2Fb", body: '{"a":1}' });
    const [first, second] = asked;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["X-Request-ID"]).toBe(first?.headers["X-Request-ID"]);
    expect([first?.headers["X-Action-Assertion"], second?.headers["X-Action-Assertion"]]).toEqual([undefined, "assertion-1"]);
  });
  it("that the person does not confirm is refused and not sent again", async () => {
    const asked = network({ status: 403, body: { code: "ACTION_CONFIRMATION_REQUIRED" } });
    await expect(call(new Client(credentials({ confirm: () => Promise.resolve(undefined) })), "POST")).rejects.toBeInstanceOf(Problem);
    expect(asked).toHaveLength(1);
  });
});

describe("a confirmation", () => {
  it("names the digest of exactly the bytes that are sent", async () => {
    expect(await actionDescription({ method: "POST", path: "/v1/x", body: '{"name":"ह"}' })).toEqual({
      method: "POST",
      path: "/v1/x",
      body_sha256: "915c22c1090827f6b923739b2bb3afc24f88c442d626efbc02db99e8952e8fef",
    });
  });
  it("is written as base64url without padding", () => {
    expect(base64Url("ह?>")).toBe("4KS5Pz4");
    expect(JSON.parse(atob(actionAssertion("chl_1", { id: "k" })))).toEqual({ challenge_id: "chl_1", credential: { id: "k" } });
  });
});
