import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LanguageProvider } from "../../shared/i18n";
import { answerWith, completeBrowser, type Answer } from "../../shared/people/testing";
import { messages } from "../i18n";
import { SessionProvider } from "../session";
import { LenderProvider } from "./lender-provider";

const PATH = "/v1/admin/lenders/lender_one/identity-provider";
const SESSION = { operator_id: "ops-1", roles: [], permissions: null, sign_in: "token", session_expires_at: null, token_expires_at: null, csrf_token: "csrf" };
const DIGEST = "ab".repeat(32);
const SAML = {
  protocol: "saml",
  issuer: null,
  client_id: null,
  entity_id: "urn:lender:idp",
  sso_url: "https://idp.example/sso",
  certificates_sha256: [DIGEST],
  email_attribute: null,
  updated_at: "2026-11-29T00:00:00Z",
};

beforeEach(completeBrowser);
afterEach(() => vi.unstubAllGlobals());

function open(current: Answer) {
  const content = { kind: "lender_identity_provider", subject: "lender_one" };
  const requested = { approval_id: `apr_${"1".repeat(32)}`, state: "open", content, content_sha256: DIGEST, expires_at: "2026-12-01T00:00:00Z" };
  const accepted = { body: requested, status: 202 };
  const calls = answerWith({ "GET /v1/admin/session": { body: SESSION }, [`GET ${PATH}`]: current, [`POST ${PATH}`]: accepted, [`POST ${PATH}/saml`]: accepted });
  render(
    <LanguageProvider messages={messages}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <MemoryRouter>
          <SessionProvider>
            <LenderProvider lenderId="lender_one" />
          </SessionProvider>
        </MemoryRouter>
      </QueryClientProvider>
    </LanguageProvider>,
  );
  return () => calls.filter((call) => call.method === "POST").map(({ path, body }) => ({ path, body }));
}

async function request(person: ReturnType<typeof userEvent.setup>) {
  await person.click(screen.getByRole("button", { name: "Request this provider" }));
  const dialog = await screen.findByRole("dialog");
  await person.type(within(dialog).getByRole("textbox"), "lender_one");
  await person.click(within(dialog).getByRole("button", { name: "Request this provider" }));
}

it("a SAML provider is shown by the digests of its certificates, without what belongs to OpenID Connect", async () => {
  open({ body: SAML });
  expect(await screen.findByText(DIGEST)).toBeDefined();
  expect(screen.getByText("urn:lender:idp")).toBeDefined();
  expect(screen.queryByText("Attribute of the e-mail address")).toBeNull();
});

it("the form of SAML says where our metadata are and sends what belongs to SAML alone", async () => {
  const posted = open({ body: { code: "NOT_FOUND" }, status: 404 });
  const person = userEvent.setup();
  await person.selectOptions(await screen.findByLabelText("Protocol"), "saml");
  expect(screen.queryByLabelText("Client secret")).toBeNull();
  expect(screen.getByText(/\/v1\/lender\/saml\/lender_one\/metadata/)).toBeDefined();
  await person.type(screen.getByLabelText("Entity id"), "urn:lender:idp");
  await person.type(screen.getByLabelText("Sign-in address (SSO URL)"), "https://idp.example/sso");
  await person.type(screen.getByLabelText("Signing certificates"), "PEM");
  await request(person);
  await vi.waitFor(() => expect(posted()).toHaveLength(1));
  const body = { entity_id: "urn:lender:idp", sso_url: "https://idp.example/sso", certificates_pem: "PEM", email_attribute: null };
  expect(posted()).toEqual([{ path: `${PATH}/saml`, body }]);
});

it("the form of OpenID Connect is as it was", async () => {
  const posted = open({ body: { code: "NOT_FOUND" }, status: 404 });
  const person = userEvent.setup();
  await person.type(await screen.findByLabelText("Issuer"), "https://idp.example");
  await person.type(screen.getByLabelText("Client id"), "altscore");
  await person.type(screen.getByLabelText("Client secret"), "a-secret-of-the-client");
  await request(person);
  await vi.waitFor(() => expect(posted()).toHaveLength(1));
  const body = { issuer: "https://idp.example", client_id: "altscore", client_secret: "a-secret-of-the-client" };
  expect(posted()).toEqual([{ path: PATH, body }]);
});
