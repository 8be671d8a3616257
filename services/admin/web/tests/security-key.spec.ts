/** What the page does with a security key; the service's part is tested where it lives, its contract is played here. */
import { expect, test, type Page } from "@playwright/test";
import { createHash, generateKeyPairSync } from "node:crypto";
import { complaintsOf, plugInKey } from "./world";

interface Sent {
  path: string;
  body: Record<string, unknown>;
  assertion: string | undefined;
}

const CHALLENGE = Buffer.from("a challenge of thirty-two bytes!").toString("base64url");
const CREDENTIAL_ID = Buffer.from("key-1");
const OPTIONS = {
  challenge_id: "chl_1",
  options: { challenge: CHALLENGE, rpId: "localhost", userVerification: "required", allowCredentials: [{ type: "public-key", id: CREDENTIAL_ID.toString("base64url") }] },
};

async function plugIn(page: Page): Promise<void> {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const text = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");
  await plugInKey(page, { credentialId: CREDENTIAL_ID.toString("base64"), privateKey: text, signCount: 1 });
}

/** Plays the routes of sign-in: a session by SAML, without a live admin token until the key was touched. */
async function play(page: Page, sent: Sent[]): Promise<void> {
  let isTouched = false;
  await page.route("**/v1/admin/**", async (route) => {
    const request = route.request();
    const path = new URL(request.url()).pathname;
    const body = (request.postDataJSON() ?? {}) as Record<string, unknown>;
    sent.push({ path, body, assertion: request.headers()["x-action-assertion"] });
    const answer = (status: number, json: unknown) => route.fulfill({ status, json });
    if (path === "/v1/admin/session")
      return answer(200, {
        operator_id: "ops-1",
        roles: ["super_admin"],
        permissions: ["read_overview", "onboard"],
        sign_in: isTouched ? "token" : "saml",
        session_expires_at: "2030-01-01T00:00:00Z",
        token_expires_at: isTouched ? "2030-01-01T00:00:00Z" : null,
        csrf_token: "csrf-1",
      });
    if (request.method() !== "GET") expect(request.headers()["x-csrf-token"]).toBe("csrf-1");
    if (path.endsWith("/session/challenge") || path.endsWith("/action-challenges")) return answer(201, OPTIONS);
    if (path.endsWith("/session/token")) {
      isTouched = true;
      return answer(201, { token_expires_at: "2030-01-01T00:00:00Z" });
    }
    if (!isTouched) return answer(401, { code: "ADMIN_TOKEN_REQUIRED" });
    if (path === "/v1/admin/lenders" && request.headers()["x-action-assertion"] === undefined)
      return answer(403, { code: "ACTION_CONFIRMATION_REQUIRED" });
    if (path === "/v1/admin/lenders")
      return answer(201, { lender_id: "lender_a", client_id: "lender_a", client_secret: "s", test_client_id: null, test_client_secret: null });
    return answer(200, { counts: {}, distributors: [], lenders: [], promotions: [] });
  });
}

test("a touch opens the work, and a sensitive action is confirmed as exactly what is sent", async ({ page }) => {
  const sent: Sent[] = [];
  const complaints = complaintsOf(page);
  await plugIn(page);
  await play(page, sent);
  await page.goto("/lenders/new");
  await page.getByRole("button", { name: "Touch the key" }).click();
  await expect(page.getByText("Your confirmation by security key holds until")).toBeVisible();
  await page.getByLabel("Name").fill("Lender A");
  await page.getByLabel("Id", { exact: true }).fill("lender_a");
  await page.getByRole("button", { name: "Onboard a lender" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.locator("pre")).toContainText('"name": "Lender A"');
  await dialog.getByRole("button", { name: "Touch the key" }).click();
  await expect(page.getByText("Shown once")).toBeVisible();

  const [first, second] = sent.filter((item) => item.path === "/v1/admin/lenders");
  const asked = sent.find((item) => item.path.endsWith("/action-challenges"))?.body;
  const digest = createHash("sha256").update(JSON.stringify(second?.body)).digest("hex");
  expect(asked).toEqual({ method: "POST", path: "/v1/admin/lenders", body_sha256: digest });
  expect(second?.body).toEqual(first?.body);
  const assertion = JSON.parse(Buffer.from(second?.assertion ?? "", "base64url").toString()) as {
    challenge_id: string;
    credential: { response: { clientDataJSON: string } };
  };
  const clientData = JSON.parse(Buffer.from(assertion.credential.response.clientDataJSON, "base64url").toString()) as { challenge: string };
  expect([assertion.challenge_id, clientData.challenge]).toEqual(["chl_1", CHALLENGE]);
  expect(complaints).toEqual([]);
});

test("without a key nothing is done, and the page says so", async ({ page }) => {
  const sent: Sent[] = [];
  await page.addInitScript(() => {
    navigator.credentials.get = () => Promise.reject(new DOMException("no key", "NotAllowedError"));
  });
  await play(page, sent);
  await page.goto("/");
  await page.getByRole("button", { name: "Touch the key" }).click();
  await expect(page.getByText("Not confirmed, so nothing was done.")).toBeVisible();
  expect(sent.some((item) => item.path.endsWith("/session/token"))).toBe(false);
});
