/** How people come in: an operator by the identity provider and a security key, an owner by two codes, an officer by their provider. */
import { expect, type APIRequestContext, type Browser, type Page } from "@playwright/test";
import { plugInKey } from "../tests/world";
import { facts } from "./facts";

const { admin, portal, keys, mail, sms, oidc, distributor, lender, preparedAt } = facts();
const TOUCHES_A_SECOND = 5; // more than any journey needs: a key that is plugged in anew has counted on

/** A browser of their own, with their key plugged in, signed in and ready for fifteen minutes of work. */
export async function operatorSignsIn(browser: Browser, name: string, address = "/"): Promise<Page> {
  const page = await (await browser.newContext({ baseURL: admin })).newPage();
  await plugIn(page, name);
  await page.goto(address);
  await page.getByRole("link", { name: "Continue to your organisation" }).click();
  await page.getByRole("link", { name, exact: true }).click();
  await page.getByRole("button", { name: "Touch the key" }).click();
  await expect(page.getByText("Your confirmation by security key holds until")).toBeVisible();
  return page;
}

async function plugIn(page: Page, name: string): Promise<void> {
  const key = keys[name];
  if (key === undefined) throw new Error(`${name} has no key`);
  const signCount = key.signCount + Math.floor(((Date.now() - preparedAt) / 1000) * TOUCHES_A_SECOND);
  await plugInKey(page, { ...key, signCount });
}

/** Says yes where the page asks once more before something that cannot be taken back. */
export async function confirm(page: Page, label: string, typed?: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  if (typed !== undefined) await dialog.getByRole("textbox").fill(typed);
  await dialog.getByRole("button", { name: label, exact: true }).click();
}

/** Touches the key for exactly what the dialog shows. */
export async function confirmByKey(page: Page, shown: string): Promise<void> {
  const dialog = page.getByRole("dialog").filter({ has: page.getByRole("button", { name: "Touch the key" }) });
  await expect(dialog.locator("pre")).toContainText(shown);
  await dialog.getByRole("button", { name: "Touch the key" }).click();
  await expect(dialog).toHaveCount(0);
}

/** Two codes, each by its own way; the owner types both. */
export async function ownerSignsIn(page: Page, request: APIRequestContext): Promise<void> {
  const before = { mail: (await letters(request)).length, sms: (await texts(request)).length };
  await page.goto(`${portal}/portal/`);
  await page.getByLabel("Your e-mail address").fill(distributor.owner);
  await page.getByRole("button", { name: "Send me two codes" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Enter both codes");
  await expect.poll(async () => (await letters(request)).length).toBeGreaterThan(before.mail);
  await expect.poll(async () => (await texts(request)).length).toBeGreaterThan(before.sms);
  await page.getByLabel("Code from the e-mail").fill(/\b\d{6}\b/.exec((await letters(request)).at(-1)?.text ?? "")?.[0] ?? "");
  await page.getByLabel("Code from the phone").fill((await texts(request)).at(-1)?.variables.VAR1 ?? "");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("navigation").first()).toBeVisible();
}

interface Letter {
  to: string;
  text: string;
}
interface Text {
  to: string;
  variables: { VAR1: string };
}

async function letters(request: APIRequestContext): Promise<Letter[]> {
  const { messages } = (await (await request.get(`${mail}/sim/messages`)).json()) as { messages: Letter[] };
  return messages.filter(({ to }) => to === distributor.owner);
}

async function texts(request: APIRequestContext): Promise<Text[]> {
  const { messages } = (await (await request.get(`${sms}/sim/messages`)).json()) as { messages: Text[] };
  return messages.filter(({ to }) => to === distributor.phone);
}

/** At the lender's own provider, which vouches for whom it is told to. */
export async function officerSignsIn(page: Page, request: APIRequestContext, email = lender.officer): Promise<void> {
  const login = { sub: `subject of ${email}`, email, email_verified: true };
  expect((await request.post(`${oidc}/sim`, { data: { mode: null, login } })).ok()).toBe(true);
  await page.goto(`${portal}/lender/`);
  await page.getByLabel("Your lender id").fill(lender.id);
  await page.getByRole("button", { name: "Sign in with your company account" }).click();
}
