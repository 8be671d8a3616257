/** How long a page takes until it can be used, with the processor slowed down; the API's answers are played. */
import { test, type Page } from "@playwright/test";
import { appendFileSync } from "node:fs";
import { ANSWERS as LENDER } from "../tests/lender-answers";
import { play, PORTAL_URL } from "../tests/people";
import { ANSWERS as PORTAL } from "../tests/portal-answers";

const THROTTLING = Number(process.env.BENCH_THROTTLING ?? "4");
const RUNS = Number(process.env.BENCH_RUNS ?? "9");
const AT = "2026-11-29T10:00:00Z";
const partners = (kind: "distributor" | "lender") =>
  Array.from({ length: 50 }, (_, index) => ({ [`${kind}_id`]: `${kind}_${index}`, name: `Name ${index}`, status: "active", requested_at: AT, invited: index }));

/** An operator who is signed in, and the first page's figures. */
const OPERATOR: Record<string, unknown> = {
  "/v1/admin/session": { operator_id: "ops-1", roles: ["operations"], permissions: null, sign_in: "saml", session_expires_at: AT, token_expires_at: null, csrf_token: "csrf-1" },
  "/v1/admin/overview": { counts: { distributors: 50, lenders: 50 }, distributors: partners("distributor"), lenders: partners("lender"), promotions: [] },
};

async function playAdmin(page: Page): Promise<void> {
  await page.route("**/v1/admin/**", async (route) => {
    const json = OPERATOR[new URL(route.request().url()).pathname];
    await route.fulfill(json === undefined ? { status: 404, json: { code: "NOT_FOUND" } } : { json });
  });
}

const ENTRIES = [
  { name: "admin", address: "/", answer: playAdmin },
  { name: "portal", address: "/portal/", answer: (page: Page) => play(page, "portal", PORTAL) },
  { name: "lender", address: "/lender/", answer: (page: Page) => play(page, "lender", LENDER) },
];

/** Notes when the first page's heading stands, nothing is loading any more, and the main thread is free for input. */
function noteUsable(): void {
  const watch = (): void => {
    const isThere = document.querySelector("main h1") !== null && document.querySelector(".spinner") === null && document.querySelector("nav a") !== null;
    if (!isThere) {
      requestAnimationFrame(watch);
      return;
    }
    requestAnimationFrame(() => {
      setTimeout(() => performance.mark("usable"));
    });
  };
  requestAnimationFrame(watch);
}

for (const { name, address, answer } of ENTRIES) {
  test(name, async ({ browser }) => {
    const usable: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      await answer(page);
      await page.addInitScript(noteUsable);
      const devtools = await context.newCDPSession(page);
      await devtools.send("Emulation.setCPUThrottlingRate", { rate: THROTTLING });
      await page.goto(PORTAL_URL + address, { waitUntil: "commit" });
      const at = await page.waitForFunction(() => performance.getEntriesByName("usable")[0]?.startTime);
      usable.push(Math.round((await at.jsonValue()) ?? Number.NaN));
      await context.close();
    }
    appendFileSync(process.env.BENCH_OUT ?? "/dev/stdout", `${JSON.stringify({ name, usable_ms: usable, browser: browser.version() })}\n`);
  });
}
