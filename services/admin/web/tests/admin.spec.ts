import { expect, test } from "@playwright/test";
import { complaintsOf, expectAccessible, expectWithinBudget, go, section, signIn } from "./world";

const RETAILER = "ret_0123456789abcdef";
const ADDRESSES = [
  ...["/", "/approvals", "/distributors", "/distributors/new", "/lenders", "/lenders/new", "/invitations", "/models"],
  ...["/anomalies", "/grievances", "/rights", "/rights/new", "/retailers", `/retailers/${RETAILER}`, "/incidents"],
  ...["/incidents/new", "/audit", "/audit?action=admin_action", "/compliance", "/parked", "/switches", "/operators", "/no-such-page"],
];

test("a wrong token is refused with a word on what to do, and nothing of it is kept", async ({ page }) => {
  const complaints = complaintsOf(page);
  await page.goto("/distributors");
  await expectAccessible(page);
  await page.getByText("Development profile: sign in by a token").click();
  await page.getByLabel("Token of a development operator").fill("not-a-token-of-anybody");
  await page.locator("details button[type=submit]").click();
  await expect(page.getByRole("alert")).toContainText("does not know this token");
  expect(await page.evaluate(() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)])).toEqual([]);
  expect(complaints).toEqual([]);
});

test("the address that was asked for is the page after sign-in, and a reload forgets the token", async ({ page }) => {
  await signIn(page, "super-1", "/lenders");
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Lenders");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
});

test("signing out takes everything from the screen at once", async ({ page }) => {
  await signIn(page, "super-1", "/lenders");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Sign in");
  await expect(page.getByRole("navigation", { name: "Menu" })).toHaveCount(0);
});

for (const scheme of ["light", "dark"] as const) {
  test(`every page is accessible and keeps to its content security policy, ${scheme}`, async ({ page }) => {
    const complaints = complaintsOf(page);
    await page.emulateMedia({ colorScheme: scheme });
    await signIn(page, "super-1");
    for (const address of ADDRESSES) {
      await test.step(address, async () => {
        await go(page, address);
        await expectAccessible(page);
      });
    }
    expect(complaints).toEqual([]);
  });
}

test("in Hindi every page is in Hindi and stays so", async ({ page }) => {
  await signIn(page, "super-1");
  await page.getByLabel("Language").selectOption("hi");
  for (const address of ADDRESSES) {
    await go(page, address);
    await expect(page.locator("main h1")).toHaveText(/[\u0900-\u097F]/);
  }
  await expectAccessible(page);
  expect(await page.locator("html").getAttribute("lang")).toBe("hi");
  await page.reload();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("साइन इन");
});

test("a lender is onboarded: its secrets are hidden, shown once, and gone with the page", async ({ page }) => {
  const id = `lender_browser_${Date.now().toString(36)}`;
  await signIn(page, "super-1", "/lenders/new");
  await page.getByLabel("Name").fill("<img src=x onerror=alert(1)> & Sons");
  await page.getByLabel("Id", { exact: true }).fill(id);
  await page.getByRole("button", { name: "Onboard a lender" }).click();
  const secrets = page.locator(".notice-secret");
  await expect(secrets).toContainText("Shown once");
  await expect(secrets.locator("code").first()).toHaveText(/^•+$/);
  await secrets.getByRole("button", { name: "Show: Client secret", exact: true }).click();
  await expect(secrets.locator("code").first()).not.toHaveText(/•/);
  await expectAccessible(page);
  await go(page, "/lenders");
  await expect(page.locator(".notice-secret")).toHaveCount(0);
  await expect(page.getByRole("link", { name: "<img src=x onerror=alert(1)> & Sons" })).toBeVisible();
  expect(await page.locator("main img").count()).toBe(0);
});

test("a field that the service refuses is marked, and what was typed stays", async ({ page }) => {
  await signIn(page, "super-1", "/distributors/new");
  await page.getByLabel("Name").fill("North {Traders}");
  await page.getByLabel("Certificate request (PEM)").fill("-----BEGIN CERTIFICATE REQUEST-----");
  await page.getByRole("button", { name: "Onboard a distributor" }).click();
  await expect(page.getByRole("alert")).toContainText("Something in the form is not valid.");
  await expect(page.getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Name")).toHaveValue("North {Traders}");
});

test("what this version lacks is said to be absent, and nothing takes its place", async ({ page }) => {
  await page.route("**/v1/admin/parked-events**", (route) => route.fulfill({ status: 404, json: { code: "NOT_FOUND" } }));
  await signIn(page, "super-1", "/parked");
  await expect(page.locator("main")).toContainText("Not available in this version");
  await expect(page.locator("main table")).toHaveCount(0);
});

test("what workers set aside is tried, then replayed, or dismissed by two, and a silent service hides no other", async ({ page }) => {
  test.skip(process.env.PAGES_GRIEVANCES === undefined, "it replays an event, and is for a service of the tests' own");
  const complaints = complaintsOf(page);
  await page.route("**/v1/admin/parked-events", async (route) => {
    const answer = await route.fetch();
    const { items } = (await answer.json()) as { items: { service: string }[] };
    const silent = { state: "silent", waiting: null, refused: null, oldest_at: null };
    await route.fulfill({ response: answer, json: { items: items.map((item) => (item.service === "scoring" ? { ...item, ...silent } : item)) } });
  });
  let looks = 0;
  await page.route("**/v1/admin/parked-events/webhook/orders/*", async (route) => {
    const answer = await route.fetch();
    const order = (await answer.json()) as { action: string };
    looks += 1;
    const isTrial = order.action === "dry_run";
    const done = { done_at: "2026-05-20T08:00:02Z", outcome: isTrial ? "would_apply" : "applied", applied: 1 };
    const content = isTrial ? { event: "retailer.erased", data: { retailer_id: "<ret>" } } : null;
    const waits = { done_at: null, outcome: null, content: null };
    await route.fulfill({ response: answer, json: { ...order, ...(looks === 1 ? waits : { ...done, content }), changes_access: false } });
  });
  await signIn(page, "super-1", "/parked");
  const services = section(page, "All services");
  await expect(services.getByRole("row").filter({ hasText: "scoring" })).toContainText("Does not answer");
  await expect(services.getByRole("row").filter({ hasText: "ingestion" })).toContainText("Consumes no events");
  await expect(services.getByRole("row").filter({ hasText: "webhook" })).toContainText("Answers");
  await expectAccessible(page);
  await services.getByRole("link", { name: "webhook" }).click();
  await expect(page).toHaveURL(/\?service=webhook$/);
  await page.getByRole("button", { name: "Try and replay 7" }).click();
  const repair = section(page, "Try and replay: webhook 7");
  await expect(repair.getByRole("button", { name: "Replay" })).toHaveCount(0);
  await expectAccessible(page);
  await repair.getByLabel("Ticket").fill("OPS-17");
  await repair.getByRole("button", { name: "Dry run" }).click();
  await expect(repair.locator(".badge")).toHaveText("The service has not come to it yet");
  await expect(repair.locator(".badge")).toHaveText("It would be applied");
  await expect(repair).toContainText("<ret>");
  await expectAccessible(page);
  await repair.getByLabel("Ticket").nth(1).fill("OPS-18");
  await repair.getByRole("button", { name: "Replay" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill("7");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Replay" }).click();
  await expect(repair.locator(".badge")).toHaveText("Applied");
  await expect(repair.getByRole("button", { name: "Replay" })).toHaveCount(0);
  await services.getByRole("link", { name: "consent" }).click();
  await page.getByRole("button", { name: "Try and replay 7" }).click();
  const withdrawal = section(page, "Try and replay: consent 7");
  await withdrawal.getByLabel("Ticket").fill("OPS-17");
  await withdrawal.getByRole("button", { name: "Dry run" }).click();
  await expect(withdrawal).toContainText("another person must approve");
  await withdrawal.getByLabel("Ticket").last().fill("OPS-18");
  await withdrawal.getByLabel("Reason").selectOption("superseded");
  await withdrawal.getByRole("button", { name: "Dismiss" }).click();
  await dialog.getByRole("textbox").fill("7");
  await expectAccessible(page);
  await dialog.getByRole("button", { name: "Dismiss" }).click();
  await withdrawal.getByRole("link", { name: /^apr_/ }).click();
  await expect(page.locator("main")).toContainText("dismissal of a parked event");
  await expectAccessible(page);
  expect(complaints).toEqual([]);
});

test("the list of grievances goes on to its last row, and its filters are in the address", async ({ page }) => {
  const waiting = Number(process.env.PAGES_GRIEVANCES ?? "0");
  test.skip(waiting <= 500, "PAGES_GRIEVANCES says how many wait: more than one answer holds");
  await signIn(page, "super-1", "/grievances");
  const more = page.getByRole("button", { name: "Load more" });
  for (let loaded = 100; loaded < waiting; loaded += 100) {
    await expect(page.getByText(`${String(loaded)} rows`, { exact: true })).toBeVisible();
    await more.click();
  }
  await expect(page.getByText(`${String(waiting)} rows`, { exact: true })).toBeVisible();
  await expect(more).toHaveCount(0);
  const row = await page.locator("main tbody tr:not([aria-hidden])").first().boundingBox();
  expect(row?.height).toBeLessThan(80);
  await page.getByRole("searchbox").fill(`grv_${(waiting - 1).toString(16).padStart(32, "0")}`);
  await expect(page.locator("main tbody a")).toHaveCount(1);
  await expectAccessible(page);
  await page.getByLabel("Status").selectOption("acknowledged");
  await expect(page).toHaveURL(/grievances\?status=acknowledged$/);
  await expect(page.locator("main")).toContainText("Choose others above.");
  await go(page, "/grievances?assignee=legal-2");
  await expect(page.getByLabel("Assigned to")).toHaveValue("legal-2");
  await expect(page.locator("main tbody a")).toHaveCount(0);
});

test("a distributor's people and its identity provider are on its page, in both languages", async ({ page }) => {
  test.skip(process.env.PAGES_GRIEVANCES === undefined, "it adds a person, and is for a service of the tests' own");
  const complaints = complaintsOf(page);
  await signIn(page, "super-1", "/distributors");
  await page.locator("main table a").first().click();
  await expect(section(page, "People at the portal")).toContainText("Nobody of this distributor can open the portal yet.");
  const add = section(page, "Add a person");
  await add.getByLabel("E-mail address").fill("owner@north.example");
  await add.getByLabel("Mobile number").fill("9000000001");
  await add.getByRole("checkbox").first().check();
  await add.getByLabel("Language").selectOption("hi");
  await add.getByRole("button", { name: "Add a person" }).click();
  await expect(add.locator(".notice-good")).toBeVisible();
  const provider = section(page, "Identity provider");
  await provider.getByLabel("Issuer").fill("https://idp.north.example");
  await provider.getByLabel("Client id").fill("altscore");
  await provider.getByLabel("Client secret").fill("a-secret-of-the-client");
  await provider.getByRole("button", { name: "Request this provider" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox").fill(new URL(page.url()).pathname.split("/").at(-1) ?? "");
  await dialog.getByRole("button", { name: "Request this provider" }).click();
  await expect(provider.locator(".notice-warn a")).toHaveAttribute("href", /\/approvals\/apr_/);
  await expect(page.locator("main")).not.toContainText("a-secret-of-the-client");
  await expectAccessible(page);
  await page.getByLabel("Language").first().selectOption("hi");
  await expect(section(page, "पोर्टल के लोग")).toBeVisible();
  await expectAccessible(page);
  expect(complaints).toEqual([]);
});

test("a suspension asks for the lender's id, and Escape sends nothing", async ({ page }) => {
  await signIn(page, "super-1", "/lenders");
  await page.locator("main table a").first().click();
  const form = page.getByRole("region", { name: "Suspend" }).or(page.locator("section").filter({ has: page.getByRole("heading", { name: "Suspend" }) })).first();
  await form.getByLabel("Reason").selectOption("drill");
  let sent = 0;
  page.on("request", (request) => {
    if (request.method() === "POST") sent += 1;
  });
  await form.getByRole("button", { name: "Suspend" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: "Suspend" })).toBeDisabled();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  expect(sent).toBe(0);
});

test("the keyboard skips the menu, and a new page's heading takes the focus", async ({ page }) => {
  await signIn(page, "super-1");
  await page.getByRole("link", { name: "Models" }).click();
  await expect(page.locator("main h1")).toHaveText("Models");
  await expect(page.locator("main h1")).toBeFocused();
  await page.locator("a.skip").focus();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/#content$/);
});

test("the first load stays within its budget", async ({ page }) => {
  await expectWithinBudget(page, () => signIn(page, "super-1"));
});
