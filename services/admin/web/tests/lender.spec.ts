import { expect, test } from "@playwright/test";
import {
  bringSession,
  complaintsOf,
  expectAccessible,
  expectFits,
  open,
  play,
  PORTAL_URL,
  Refusal,
  sessionOf,
  type Answers,
} from "./people";
import { ANSWERS, RETAILER, row } from "./lender-answers";
import { expectWithinBudget } from "./world";

const FOREIGN = "ret_ffffffffffffffff";
const ADDRESSES = ["", "retailers", "retailers?band=B", `retailers/${RETAILER}`, `retailers/${FOREIGN}`, "alerts", "usage", "credentials", "help", "no-such-page"];

test("the first load stays within its budget", async ({ page }) => {
  await play(page, "lender", ANSWERS);
  await expectWithinBudget(page, () => open(page, "/lender/"));
});

test("calls by day are a picture, a sentence and a table, and refusals say what they mean", async ({ page }) => {
  await play(page, "lender", ANSWERS);
  await open(page, "/lender/usage");
  const chart = page.locator("figure.chart");
  await expect(chart.locator("figcaption")).toContainText("refused in 31 days");
  await expect(chart.locator("svg.recharts-surface").first()).toBeVisible();
  await chart.getByText("The same figures as a table").click();
  await expect(chart.locator("tbody tr")).toHaveCount(31);
  await expect(page.getByText("A limit was spent: slow down, wait for Retry-After.")).toBeVisible();
  await expectAccessible(page);
});

for (const scheme of ["light", "dark"] as const) {
  test(`every page is accessible and keeps to its content security policy, ${scheme}`, async ({ page }) => {
    const complaints = complaintsOf(page);
    await page.emulateMedia({ colorScheme: scheme });
    await play(page, "lender", ANSWERS);
    for (const address of ADDRESSES) {
      await test.step(`/lender/${address}`, async () => {
        await open(page, `/lender/${address}`);
        await expectAccessible(page);
      });
    }
    expect(complaints).toEqual([]);
  });
}

test("on a phone every page fits the screen, in Hindi", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await play(page, "lender", ANSWERS);
  await open(page, "/lender/");
  await page.getByLabel("Language").selectOption("hi");
  for (const address of ADDRESSES) {
    await open(page, `/lender/${address}`);
    await expect(page.locator("main h1")).toHaveText(/[\u0900-\u097F]/);
    await expectFits(page);
  }
});

test("a portfolio of 10,000 rows is scrolled by keyboard, with only what is seen in the page", async ({ page }) => {
  const items = Array.from({ length: 10_000 }, (_, index) => row(index));
  await play(page, "lender", { ...ANSWERS, "GET /retailers": { items, next_cursor: null } });
  await open(page, "/lender/retailers");
  const table = page.getByRole("region", { name: /scrolls/ });
  await expect(table.getByRole("row").first()).toBeVisible();
  expect(await table.getByRole("row").count()).toBeLessThan(120);
  await table.focus();
  await page.keyboard.press("End");
  await expect(table.getByRole("link", { name: row(9_999).retailer_id })).toBeVisible();
});

test("bands over time have the same figures as a table and a sentence", async ({ page }) => {
  await play(page, "lender", ANSWERS);
  await open(page, "/lender/");
  await expect(page.getByText(/From Oct 2026 to Nov 2026/)).toBeVisible();
  await page.getByText("The same figures as a table").click();
  await expect(page.getByRole("rowheader", { name: "Nov 2026" })).toBeVisible();
});

test("reasons stand in both languages, and printing keeps them", async ({ page }) => {
  await play(page, "lender", ANSWERS);
  await open(page, `/lender/retailers/${RETAILER}`);
  await expect(page.getByText("High dues")).toBeVisible();
  await expect(page.getByText("अधिक बकाया")).toBeVisible();
  await page.emulateMedia({ media: "print" });
  await expect(page.getByText("High dues")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeHidden();
});

test("the sign-in goes to the lender's own provider, and a refusal is a sentence", async ({ page }) => {
  const answers: Answers = { "GET /session": new Refusal(401, "SIGN_IN_NEEDED"), "GET /oidc/login": new Refusal(409, "NO_IDENTITY_PROVIDER") };
  await play(page, "lender", answers);
  await open(page, "/lender/alerts");
  await expectAccessible(page);
  await page.getByLabel("Your lender id").fill("lender_example");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("No sign-in is set up");
});

test.describe("of a stack", () => {
  test.skip(sessionOf("lender") === undefined, "LENDER_SESSION names no session of a stack");

  test("every page of a lender stands, accessible and within its policy", async ({ page, context }) => {
    const complaints = complaintsOf(page);
    await bringSession(context, "lender");
    for (const address of ["", "retailers", "alerts", "usage", "credentials"]) {
      await open(page, `/lender/${address}`);
      await expect(page.getByRole("alert")).toHaveCount(0);
      await expectAccessible(page);
    }
    expect(complaints).toEqual([]);
  });

  test("another lender's retailer is reached by no address", async ({ page, context }) => {
    // LENDER_FOREIGN: a retailer that named another lender only.
    const foreign = process.env.LENDER_FOREIGN ?? FOREIGN;
    await bringSession(context, "lender");
    await open(page, `/lender/retailers/${foreign}`);
    await expect(page.getByText("This retailer is not in your portfolio")).toBeVisible();
    const refused = await context.request.get(`${PORTAL_URL}/v1/lender/retailers/${foreign}`);
    const unknown = await context.request.get(`${PORTAL_URL}/v1/lender/retailers/${FOREIGN}`);
    expect(refused.status()).toBe(unknown.status());
    const named = await context.request.get(`${PORTAL_URL}/v1/lender/retailers?lender_id=lender_other`);
    expect(named.status()).toBeGreaterThanOrEqual(400);
    const listed = await context.request.get(`${PORTAL_URL}/v1/lender/download.csv`);
    expect(await listed.text()).not.toContain(foreign);
  });
});
