/** What the browser tests of the portal and the dashboard share: where they are, who is signed in, a contract to play. */
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type BrowserContext, type Page } from "@playwright/test";

/** PORTAL_URL: where the portal process serves /portal/ and /lender/; the pages' own address where it is not given. */
export const PORTAL_URL = process.env.PORTAL_URL ?? process.env.PAGES_URL ?? "http://localhost:5173";

const COOKIES = { portal: "__Host-altscore_portal", lender: "__Host-altscore_lender" } as const;
export type Entry = keyof typeof COOKIES;

/** A session of the stack that is tried: PORTAL_SESSION or LENDER_SESSION holds the cookie's value. */
export function sessionOf(entry: Entry): string | undefined {
  return entry === "portal" ? process.env.PORTAL_SESSION : process.env.LENDER_SESSION;
}

export async function bringSession(context: BrowserContext, entry: Entry): Promise<void> {
  const value = sessionOf(entry);
  if (value === undefined) throw new Error(`${entry.toUpperCase()}_SESSION is the value of the session's cookie`);
  const cookie = { name: COOKIES[entry], value, url: PORTAL_URL, secure: true, httpOnly: true };
  await context.addCookies([cookie]);
}

/** Answers by method and path; a path that is not named is a route that this version lacks. */
export type Answers = Record<string, unknown>;

export class Refusal {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    this.status = status;
    this.code = code;
  }
}

export interface Sent {
  path: string;
  body: unknown;
  csrf: string | undefined;
}

/** Plays the API's part, so that a page can be brought into any state. Returns what the page sends. */
export async function play(page: Page, entry: Entry, answers: Answers): Promise<Sent[]> {
  const sent: Sent[] = [];
  await page.route(`**/v1/${entry}/**`, async (route) => {
    const request = route.request();
    const { pathname, search } = new URL(request.url());
    const path = pathname.replace(`/v1/${entry}`, "");
    if (request.method() !== "GET") {
      sent.push({ path, body: request.postDataJSON(), csrf: request.headers()["x-csrf-token"] });
    }
    const name = `${request.method()} ${path}`;
    const answer = answers[name + search] ?? answers[name] ?? new Refusal(404, "NOT_FOUND");
    const { status, code } = answer instanceof Refusal ? answer : { status: 200, code: "" };
    const json = answer instanceof Refusal ? { status, code } : answer;
    await route.fulfill({ status, contentType: status < 400 ? "application/json" : "application/problem+json", json });
  });
  return sent;
}

export function session(entry: Entry): unknown {
  return {
    person_id: "per_0123456789abcdef0123456789abcdef",
    kind: entry === "portal" ? "distributor" : "lender",
    organisation_id: entry === "portal" ? "dist_example" : "lender_example",
    organisation_name: entry === "portal" ? "Example Distributors" : "Example Finance",
    language: "en",
    sign_in: "codes",
    started_at: "2026-11-30T00:00:00Z",
    expires_at: "2026-11-30T04:00:00Z",
    idle_expires_at: "2026-11-30T00:20:00Z",
    csrf_token: "csrf-1",
  };
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

export async function open(page: Page, address: string): Promise<void> {
  await page.goto(PORTAL_URL + address);
  await expect(page.locator("main h1")).toBeVisible();
  await expect(page.locator(".spinner")).toHaveCount(0);
}

export async function expectAccessible(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, at: nodes.map((node) => node.html.slice(0, 160)) }))).toEqual([]);
}

/** Nothing is wider than the screen; wide tables scroll inside their own frame. */
export async function expectFits(page: Page): Promise<void> {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wider).toBeLessThanOrEqual(0);
}
