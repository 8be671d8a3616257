import { afterEach, expect, it, vi } from "vitest";
import { goToLendersProvider } from "./provider";

afterEach(() => vi.unstubAllGlobals());

/** What a browser is answered, in turn, and where it went in the end. */
function browserAnswered(...answers: (Response | { type: "opaqueredirect" })[]) {
  const asked: string[] = [];
  const went: string[] = [];
  vi.stubGlobal("fetch", (address: string) => {
    asked.push(address);
    return Promise.resolve(answers[asked.length - 1]);
  });
  vi.stubGlobal("location", { pathname: "/lender/alerts", search: "", assign: (address: string) => void went.push(address) });
  return { asked, went };
}
const refusal = (code: string) => new Response(JSON.stringify({ code }), { status: 409 });

it("a lender's people go where OpenID Connect sends them", async () => {
  const { went } = browserAnswered({ type: "opaqueredirect" });
  await goToLendersProvider("lender_one");
  expect(went).toEqual(["/v1/lender/oidc/login?lender_id=lender_one&next=%2Flender%2Falerts"]);
});

it("and by SAML where the service says so, back to the same page", async () => {
  const { asked, went } = browserAnswered(refusal("SIGN_IN_BY_SAML"), { type: "opaqueredirect" });
  await goToLendersProvider("lender_one");
  expect(asked).toHaveLength(2);
  expect(went).toEqual(["/v1/lender/saml/lender_one/login?next=%2Flender%2Falerts"]);
});

it("another refusal is told, and nobody is sent anywhere", async () => {
  const { asked, went } = browserAnswered(refusal("NO_IDENTITY_PROVIDER"));
  await expect(goToLendersProvider("lender_one")).rejects.toThrow("NO_IDENTITY_PROVIDER");
  expect([asked.length, went.length]).toEqual([1, 0]);
});
