import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { LanguageProvider } from "../../shared/i18n";
import { answerWith, completeBrowser, type Answer } from "../../shared/people/testing";
import { messages } from "../i18n";
import { SessionProvider } from "../session";
import { IdentityProvider } from "./identity-provider";
import type { Organisation } from "./organisation";
import { PortalPeople } from "./portal-people";

const PATH = "/v1/admin/lenders/lender_one/identity-provider";
const DISTRIBUTOR = "/v1/admin/distributors/dist_north";
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

function open(current: Answer, organisation: Organisation = { kind: "lender", id: "lender_one" }, further: Record<string, Answer> = {}) {
  const content = { kind: "lender_identity_provider", subject: "lender_one" };
  const requested = { approval_id: `apr_${"1".repeat(32)}`, state: "open", content, content_sha256: DIGEST, expires_at: "2026-12-01T00:00:00Z" };
  const accepted = { body: requested, status: 202 };
  const calls = answerWith({ "GET /v1/admin/session": { body: SESSION }, [`GET ${PATH}`]: current, [`POST ${PATH}`]: accepted, [`POST ${PATH}/saml`]: accepted, ...further });
  render(
    <LanguageProvider messages={messages}>
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <MemoryRouter>
          <SessionProvider>
            {organisation.kind === "lender" ? <IdentityProvider organisation={organisation} /> : <PortalPeople organisation={organisation} />}
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

const PERSON = { person_id: "per_1", email: "o***@north.example", phone: "******0001", language: "hi", enrolled_at: "2026-11-29T00:00:00Z", suspended_at: null };

function openDistributor(people: object[]) {
  const further: Record<string, Answer> = {
    "GET /v1/admin/overview": { body: { lenders: [{ lender_id: "lender_one", name: "Lender One" }], distributors: [] } },
    [`GET ${DISTRIBUTOR}/people?limit=100`]: { body: { items: people, next_cursor: null } },
    [`GET ${DISTRIBUTOR}/identity-provider`]: { body: { code: "NOT_FOUND" }, status: 404 },
    [`POST ${DISTRIBUTOR}/people`]: { body: { person_id: "per_1", created: true }, status: 201 },
    [`POST ${DISTRIBUTOR}/people/per_1/remove`]: { body: { sessions_ended: 1 } },
  };
  return open({ body: { code: "NOT_FOUND" }, status: 404 }, { kind: "distributor", id: "dist_north" }, further);
}

it("a distributor's people are shown masked, and one is removed after being asked once more", async () => {
  const posted = openDistributor([PERSON]);
  const person = userEvent.setup();
  expect(await screen.findByText("******0001")).toBeDefined();
  await person.click(screen.getByRole("button", { name: "Remove" }));
  const dialog = await screen.findByRole("dialog");
  expect(within(dialog).getByText(/o\*\*\*@north\.example/)).toBeDefined();
  expect(posted()).toEqual([]);
  await person.click(within(dialog).getByRole("button", { name: "Remove" }));
  await vi.waitFor(() => expect(posted()).toHaveLength(1));
  expect(posted()[0]?.path).toBe(`${DISTRIBUTOR}/people/per_1/remove`);
});

it("a person of a distributor is added with phone and what its own invitations may ask for", async () => {
  const posted = openDistributor([]);
  const person = userEvent.setup();
  await person.click(await screen.findByRole("checkbox", { name: "Lender One" }));
  await person.type(screen.getByLabelText("E-mail address"), "owner@north.example");
  await person.type(screen.getByLabelText("Mobile number"), "9000000001");
  await person.selectOptions(screen.getByLabelText("Language"), "hi");
  await person.click(screen.getByRole("button", { name: "Add a person" }));
  await vi.waitFor(() => expect(posted()).toHaveLength(1));
  const body = { email: "owner@north.example", language: "hi", phone: "9000000001", lender_scope: ["lender_one"], purpose: null };
  expect(posted()).toEqual([{ path: `${DISTRIBUTOR}/people`, body }]);
});

it("a distributor's provider speaks OpenID Connect alone, and without one people sign in as the others do", async () => {
  openDistributor([]);
  expect(await screen.findByText(/None of its own/)).toBeDefined();
  expect(screen.queryByLabelText("Protocol")).toBeNull();
});
