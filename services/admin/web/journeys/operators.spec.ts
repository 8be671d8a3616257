/** Operators at work: what one asks for, another confirms, and each sensitive step is a touch of a key. */
import { expect, test, type Page } from "@playwright/test";
import { complaintsOf, expectAccessible, section } from "../tests/world";
import { facts } from "./facts";
import { confirm, confirmByKey, operatorSignsIn } from "./people";

const { grievance, erased, model, quarantine, lender } = facts();

/** The second person opens what waits, reads it and agrees with their own key. */
async function approve(page: Page, address: string, shown: string): Promise<void> {
  await page.goto(address);
  await expect(page.getByRole("region", { name: "Content, exactly" }).or(page.locator("main pre")).first()).toContainText(shown);
  await section(page, "Approve").getByRole("button", { name: "Approve" }).click();
  await confirm(page, "Approve");
  await confirmByKey(page, "/approve");
}

test("whoever signs in comes to the page that they asked for, in either language, and out again", async ({ browser }) => {
  const page = await operatorSignsIn(browser, "asha", "/lenders");
  const complaints = complaintsOf(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Lenders");
  await expect(page.locator("main table")).toContainText(lender.id);
  await page.getByLabel("Language").selectOption("hi");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(/[\u0900-\u097F]/);
  await page.goto("/");
  await expect(page.locator("main h1")).toHaveText(/[\u0900-\u097F]/);
  await expectAccessible(page);
  await page.getByLabel("भाषा").selectOption("en");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  await page.goto("/lenders");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  expect(complaints).toEqual([]);
});

test("a model is promoted by two people who each state it and touch their keys", async ({ browser }) => {
  const statement = JSON.stringify(model);
  const propose = async (page: Page) => {
    await page.getByLabel("Statement (JSON)").fill(statement);
    await page.getByRole("form", { name: "Promote" }).getByRole("button", { name: "Promote" }).click();
    await confirm(page, "Promote");
    await confirmByKey(page, "/v1/admin/models/promote");
  };
  const first = await operatorSignsIn(browser, "asha", "/models");
  await propose(first);
  await expect(first.getByText("Proposed: a second person must state the same")).toBeVisible();
  await propose(first);
  await expect(first.getByRole("alert")).toBeVisible(); // the same person is not a second one
  const second = await operatorSignsIn(browser, "banu", "/models");
  await propose(second);
  await expect(second.getByText("Decided by two persons")).toBeVisible();
});

test("a grievance is read, taken, acknowledged and answered by its handler", async ({ browser }) => {
  const page = await operatorSignsIn(browser, "chitra", "/grievances");
  await page.getByRole("link", { name: grievance }).click();
  await expect(page.locator("blockquote")).toContainText("the payments of March are missing");
  await section(page, "Assign").getByRole("textbox").fill("chitra");
  await section(page, "Assign").getByRole("button").click();
  await expect(section(page, "Assign")).toContainText("chitra");
  await page.getByRole("button", { name: "Acknowledge" }).click();
  await expect(section(page, "At a glance")).toContainText("chitra");
  const answer = section(page, "Resolve");
  await answer.getByLabel("Outcome").selectOption("score_confirmed");
  await answer.getByLabel("Resolution").fill("The records of March are complete; the score follows from them");
  await answer.getByRole("button", { name: "Resolve" }).click();
  await confirm(page, "Resolve");
  await expect(page.locator("p.prose")).toContainText("The records of March are complete");
  await expectAccessible(page);
});

test("a retailer is erased: verified and told, then proposed by one person and approved by another", async ({ browser }) => {
  const first = await operatorSignsIn(browser, "chitra", "/rights/new");
  await first.getByLabel("Right", { exact: true }).selectOption("erasure");
  await first.getByLabel("Retailer").fill(erased);
  await first.getByLabel("Channel").selectOption("phone");
  await first.getByLabel("Ticket").fill("DPO-18");
  await first.getByRole("button", { name: "Take in a request" }).click();
  await first.locator(".notice-good a").click();
  const verified = section(first, "Identity is verified");
  await verified.getByLabel("How identity was verified").selectOption("phone_callback");
  await verified.getByLabel("Documents").fill("DOC-18");
  await verified.getByRole("button").click();
  const propose = section(first, "Propose the erasure");
  await expect(async () => {
    await first.reload(); // the retailer is told, and their time to object runs
    await propose.getByRole("button", { name: "Propose the erasure" }).click({ timeout: 2_000 });
    await confirm(first, "Propose the erasure", erased);
    await expect(propose.locator(".notice-warn a")).toBeVisible({ timeout: 5_000 });
  }).toPass({ timeout: 180_000 });
  const address = await propose.locator(".notice-warn a").getAttribute("href");
  const second = await operatorSignsIn(browser, "asha");
  await approve(second, address ?? "", erased);
  await expect(async () => {
    await first.reload();
    await expect(section(first, "Certificate of the erasure")).toBeVisible({ timeout: 2_000 });
  }).toPass({ timeout: 180_000 });
  await expectAccessible(first);
});

test("records that were set aside are tried once more when a second person agrees", async ({ browser }) => {
  const first = await operatorSignsIn(browser, "asha", `/distributors/${quarantine.distributor}`);
  const tried = section(first, "Quarantined records");
  await tried.getByRole("textbox").fill(quarantine.batch);
  await tried.getByRole("button").click();
  await confirmByKey(first, quarantine.batch);
  const waiting = tried.locator(".notice-warn a");
  await expect(waiting).toBeVisible();
  const second = await operatorSignsIn(browser, "banu");
  await approve(second, (await waiting.getAttribute("href")) ?? "", quarantine.batch);
  await expect(section(second, "What is asked for")).toContainText("banu");
  await expect(section(second, "What is asked for")).toContainText("Result");
  await expectAccessible(second);
});
