/** A distributor's owner and a lender's officer at work. */
import { expect, test } from "@playwright/test";
import { expectAccessible } from "../tests/world";
import { facts } from "./facts";
import { officerSignsIn, ownerSignsIn } from "./people";

const { portal, lender, distributor } = facts();

test("an owner with two codes sees the sync to the paisa, orders an invitation and reads what became of it", async ({ page, request }) => {
  await ownerSignsIn(page, request);
  await expect(page.locator("main h1")).toHaveText(/[\u0900-\u097F]/); // in the owner's own language
  await expectAccessible(page);
  await page.getByLabel("भाषा").selectOption("en");
  await expect(page.locator("main table").first()).toBeVisible();
  await page.getByRole("link", { name: "Invitations" }).click();
  await page.getByLabel("Ids of the shops").fill(distributor.shop);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Send 1 message" }).click();
  await expect(page.getByRole("listitem").filter({ hasText: "invited now" })).toHaveText(/^1 /);
  await expectAccessible(page);
  await page.getByRole("link", { name: "Set aside" }).click();
  await expect(page.locator("main h1")).toHaveText("Records set aside");
  await expectAccessible(page);
});

test("an officer sees their lender's retailers with reasons, and another lender's by no address", async ({ page, request }) => {
  await officerSignsIn(page, request);
  await expect(page.locator("main h1")).toHaveText("Portfolio");
  await expectAccessible(page);
  await page.goto(`${portal}/lender/retailers/${lender.retailer}`);
  await expect(page.getByRole("heading", { name: "Why" })).toBeVisible();
  await expectAccessible(page);
  const addresses = [`/lender/retailers/${lender.foreign}`, `/lender/retailers/ret_00000000000000ff`];
  const shown: string[] = [];
  for (const address of addresses) {
    await page.goto(portal + address);
    await expect(page.getByRole("heading", { name: "Why" })).toHaveCount(0);
    await expect(page.locator("main .state-empty, main .notice").first()).toBeVisible();
    shown.push((await page.locator("main").innerText()).replaceAll(/ret_[0-9a-f]{16}/g, ""));
  }
  expect(shown[0]).toBe(shown[1]); // another lender's retailer looks as one that nobody knows
  const csv = await page.request.get(`${portal}/v1/lender/download.csv`);
  expect(await csv.text()).not.toContain(lender.foreign);
});

test("whom the provider vouches for and nobody enrolled stays outside", async ({ page, request }) => {
  await officerSignsIn(page, request, "nobody@journeys.test");
  await expect(page.getByText("Your company's sign-in did not prove who you are.")).toBeVisible();
  expect((await page.request.get(`${portal}/v1/lender/portfolio`)).status()).toBe(401);
});
