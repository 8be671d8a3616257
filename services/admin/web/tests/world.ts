/** What the browser tests share: operators' tokens, sign-in, and what no page may do. */
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Locator, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";

/** Tokens of development operators, by name: a file as `var/secrets/operators.json` of a stack. */
export function tokenOf(operator: string): string {
  const file = process.env.PAGES_TOKENS;
  if (file === undefined) throw new Error("PAGES_TOKENS names a file with the tokens of development operators");
  const token = (JSON.parse(readFileSync(file, "utf-8")) as Record<string, string>)[operator];
  if (token === undefined) throw new Error(`${file} has no token of ${operator}`);
  return token;
}

/** Collects what a page reports to the console; a violation of the content security policy is among it. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    // A refusal that the page shows is also in the console, as a failed request.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return complaints;
}

export async function signIn(page: Page, operator: string, address = "/"): Promise<void> {
  await page.goto(address);
  await page.getByText("Development profile: sign in by a token").click();
  await page.getByLabel("Token of a development operator").fill(tokenOf(operator));
  await page.locator("details button[type=submit]").click();
  await expect(page.getByRole("navigation", { name: "Menu" })).toBeVisible();
}

/** Goes to another page without loading the document anew: a development token lives in the page's memory alone. */
export async function go(page: Page, address: string): Promise<void> {
  await page.evaluate((to) => {
    history.pushState(null, "", to);
    dispatchEvent(new PopStateEvent("popstate"));
  }, address);
  await expect(page.locator("main h1")).toBeVisible();
  await expect(page.locator(".spinner")).toHaveCount(0);
}

/** The part of a page under a heading. */
export function section(page: Page, title: string): Locator {
  return page.locator("section").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
}

export interface Credential {
  /** Base64, as the private key (PKCS#8). */
  credentialId: string;
  privateKey: string;
  signCount: number;
}

/** Plugs a security key into the browser that holds this credential and is touched whenever it is asked. */
export async function plugInKey(page: Page, credential: Credential): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "usb", hasResidentKey: false, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  await devtools.send("WebAuthn.addCredential", {
    authenticatorId,
    credential: { ...credential, isResidentCredential: false, rpId: "localhost" },
  });
}

export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, at: nodes.map((node) => node.html.slice(0, 160)) }))).toEqual([]);
}

const BUDGET_BYTES = 250_000;

/** Whatever comes over the wire until the first page stands, apart from answers of the API: as it is served, compressed. */
export async function expectWithinBudget(page: Page, load: () => Promise<void>): Promise<void> {
  const files: Promise<{ path: string; bytes: number; encoding: string | null }>[] = [];
  page.on("response", (response) => {
    const { pathname } = new URL(response.url());
    if (pathname.startsWith("/v1/")) return;
    const encoding = response.headerValue("content-encoding");
    files.push(
      response.finished().then(async () => ({ path: pathname, bytes: (await response.request().sizes()).responseBodySize, encoding: await encoding })),
    );
  });
  await load();
  await page.waitForLoadState("networkidle");
  const loaded = await Promise.all(files);
  const plain = loaded.filter(({ path, encoding }) => /\.(js|css)$/.test(path) && encoding !== "gzip");
  expect(plain.filter(({ bytes }) => bytes > 1_000)).toEqual([]); // what gains nothing by it goes as it is
  const bytes = loaded.reduce((sum, file) => sum + file.bytes, 0);
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes, JSON.stringify(loaded)).toBeLessThanOrEqual(BUDGET_BYTES);
}
