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
  session,
  sessionOf,
  type Answers,
} from "./people";
import { ANSWERS, AT, BATCH, EVIL, FIRST, page_, SECOND } from "./portal-answers";
import { expectWithinBudget } from "./world";

const ADDRESSES = ["", "?show=open", "batches", `batches/${BATCH}`, "quarantine", "retailers", "invites", "credentials", "help", "no-such-page"];

for (const scheme of ["light", "dark"] as const) {
  test(`every page is accessible and keeps to its content security policy, ${scheme}`, async ({ page }) => {
    const complaints = complaintsOf(page);
    await page.emulateMedia({ colorScheme: scheme });
    await play(page, "portal", ANSWERS);
    for (const address of ADDRESSES) {
      await test.step(`/portal/${address}`, async () => {
        await open(page, `/portal/${address}`);
        await expectAccessible(page);
      });
    }
    expect(complaints).toEqual([]);
  });
}

test("on a phone every page fits the screen, in Hindi", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await play(page, "portal", ANSWERS);
  await open(page, "/portal/");
  await page.getByLabel("Language").selectOption("hi");
  for (const address of ADDRESSES) {
    await open(page, `/portal/${address}`);
    await expect(page.locator("main h1")).toHaveText(/[\u0900-\u097F]/);
    await expectFits(page);
  }
});

test("the first load stays within its budget", async ({ page }) => {
  await play(page, "portal", ANSWERS);
  await expectWithinBudget(page, () => open(page, "/portal/"));
});

test("the sign-in takes two codes, and the address that was asked for is the page after it", async ({ page }) => {
  const answers: Answers = {
    ...ANSWERS,
    "GET /session": new Refusal(401, "SIGN_IN_NEEDED"),
    "POST /otp": { challenge_id: "otp_1", expires_at: AT },
    "POST /otp/verify": new Refusal(401, "CODES_REFUSED"),
  };
  const sent = await play(page, "portal", answers);
  await open(page, "/portal/credentials");
  await expectAccessible(page);
  await page.getByLabel("Your e-mail address").fill("owner@example.in");
  await page.getByRole("button", { name: "Send me two codes" }).click();
  await page.getByLabel("Code from the e-mail").fill("123456");
  await page.getByLabel("Code from the phone").fill("654321");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("The codes do not fit or have ended");
  await expectAccessible(page);
  answers["GET /session"] = session("portal");
  answers["POST /otp/verify"] = { expires_at: AT, csrf_token: "csrf-1" };
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Certificates and keys");
  expect(sent.at(-1)?.body).toEqual({ challenge_id: "otp_1", email_code: "123456", phone_code: "654321" });
  expect(await page.evaluate(() => [...Object.keys(window.sessionStorage), document.cookie])).toEqual([""]);
});

test("rows are chosen by keyboard, and the question names exactly how many messages go", async ({ page }) => {
  const sent = await play(page, "portal", ANSWERS);
  await open(page, "/portal/retailers");
  await page.getByRole("checkbox", { name: `Choose ${EVIL}` }).focus();
  await page.keyboard.press("Space");
  await page.getByRole("checkbox", { name: "Choose Om Traders" }).press("Space");
  await page.getByRole("button", { name: "Invite them" }).press("Enter");
  await expect(page.getByLabel("Ids of the shops")).toHaveValue(`${FIRST}\n${SECOND}`);
  await page.getByRole("button", { name: "Continue" }).press("Enter");
  const dialog = page.getByRole("dialog", { name: "Send 2 messages?" });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  expect(sent).toEqual([]);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Send 2 messages" }).click();
  await expect(page.getByText("invited now")).toBeVisible();
  const body = { retailer_ids: [FIRST, SECOND], language: "hi" };
  expect(sent).toEqual([{ path: "/invites", body, csrf: "csrf-1" }]);
});

test("a shop's name is text", async ({ page }) => {
  await play(page, "portal", ANSWERS);
  await open(page, "/portal/retailers");
  await expect(page.getByText(EVIL)).toBeVisible();
  expect(await page.locator("main img").count()).toBe(0);
});

test("after signing out nothing of the session is on the page, nor behind the back button", async ({ page }) => {
  const answers: Answers = { ...ANSWERS };
  await play(page, "portal", answers);
  await open(page, "/portal/retailers");
  answers["GET /session"] = new Refusal(401, "SIGN_IN_NEEDED");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByText("You are signed out.")).toBeVisible();
  await expect(page.getByText("Om Traders")).toHaveCount(0);
  await page.goBack().catch(() => null);
  await expect(page.getByText("Om Traders")).toHaveCount(0);
});

test("a batch that is absent and a service that is away are told apart", async ({ page }) => {
  const answers: Answers = { ...ANSWERS, "GET /quarantine": new Refusal(503, "SERVICE_UNAVAILABLE") };
  await play(page, "portal", answers);
  await open(page, `/portal/batches/bat_${"f".repeat(32)}`);
  await expect(page.getByText("There is no such batch of yours")).toBeVisible();
  await open(page, "/portal/quarantine");
  await expect(page.getByRole("alert")).toContainText("does not answer");
  await expectAccessible(page);
  answers["GET /quarantine"] = page_([]);
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("Nothing is set aside")).toBeVisible();
});

test.describe("of a stack", () => {
  test.skip(sessionOf("portal") === undefined, "PORTAL_SESSION names no session of a stack");

  test("every page of a distributor stands, accessible and within its policy", async ({ page, context }) => {
    const complaints = complaintsOf(page);
    await bringSession(context, "portal");
    for (const address of ["", "batches", "quarantine", "retailers", "invites", "credentials"]) {
      await open(page, `/portal/${address}`);
      await expect(page.getByRole("alert")).toHaveCount(0);
      await expectAccessible(page);
    }
    expect(complaints).toEqual([]);
  });

  test("contacts are masked before they reach the browser", async ({ context }) => {
    await bringSession(context, "portal");
    const answer = await context.request.get(`${PORTAL_URL}/v1/portal/retailers`);
    expect(answer.status()).toBe(200);
    expect(await answer.text()).not.toMatch(/\b(91)?[6-9]\d{9}\b|\b\d{2}[A-Z]{5}\d{4}[A-Z][A-Z\d]Z[A-Z\d]\b/);
  });
});
