import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LanguageProvider } from "../shared/i18n";
import { PeopleSession } from "../shared/people/session";
import { answerWith, completeBrowser, renderPeople, SESSION, type Answer, type Call } from "../shared/people/testing";
import type { Sync } from "./api";
import { messages } from "./i18n";
import { InvitesPage } from "./pages/invites";
import { QuarantinePage } from "./pages/quarantine";
import { SignInPage } from "./pages/sign-in";
import { SyncPage } from "./pages/sync";

const FIRST = "ret_0123456789abcdef";
const SECOND = "ret_fedcba9876543210";
const PORTAL = { prefix: "/v1/portal", messages };
const SIGNED_IN: Record<string, Answer> = { "GET /v1/portal/session": { body: SESSION } };
const NO_INVITES: Record<string, Answer> = { "GET /v1/portal/invites?limit=100": { body: { items: [], next_cursor: null } } };
const OUTCOME = { invited: 1, already_open: 1, unreachable: 0, refused: 0, unknown: 0 };

beforeEach(completeBrowser);
afterEach(() => vi.unstubAllGlobals());

const sync = (change: Partial<Sync>): Sync => ({
  verdict: "agrees",
  summary: {
    batches: 0,
    submitted: 0,
    accepted: 0,
    quarantined: 0,
    duplicate: 0,
    last_received_at: null,
    last_accepted_at: null,
  },
  coverage: [],
  heartbeat: null,
  installation: null,
  months: [],
  ...change,
});

describe("sync", () => {
  it("names the amount that is missing, to the paisa, and what to do", async () => {
    const month = {
      table: "invoices" as const,
      month: "2026-10",
      verdict: "differs" as const,
      erp: { count: 2, amount_inr: "118000.50" },
      bronze: { documents: 1, records: 1, amount_inr: "100000.00" },
    };
    answerWith({ ...SIGNED_IN, "GET /v1/portal/sync": { body: sync({ months: [month] }) } });
    renderPeople(<SyncPage />, PORTAL);
    expect(await screen.findByRole("heading", { name: "1 of 1 totals differ" })).toBeDefined();
    expect(screen.getByText(/^₹18,000.50 of your accounts is not with AltScore/)).toBeDefined();
  });

  it("names the installation that sends, and a second one that was refused with what to do", async () => {
    const installation = {
      installation_id: "ins_3f9a1c2e00000000000000000000000a",
      since: "2026-11-01T05:00:00Z",
      last_batch_at: "2026-11-30T05:00:00Z",
      refused_id: "ins_b7d4e5f600000000000000000000000b",
      refused_at: "2026-11-30T06:00:00Z",
    };
    answerWith({ ...SIGNED_IN, "GET /v1/portal/sync": { body: sync({ installation }) } });
    renderPeople(<SyncPage />, PORTAL);
    expect(await screen.findByText(/^A second installation \(b7d4e5f6\) tried to send/)).toBeDefined();
    expect(screen.getByText(/3f9a1c2e/)).toBeDefined();
  });

  it("says what to do where nothing has arrived", async () => {
    answerWith({ ...SIGNED_IN, "GET /v1/portal/sync": { body: sync({}) } });
    renderPeople(<SyncPage />, PORTAL);
    expect(await screen.findByText(/Run the connector once/)).toBeDefined();
  });

  it("a route that this version lacks is said to be absent, and nothing is shown in its place", async () => {
    answerWith(SIGNED_IN);
    renderPeople(<SyncPage />, PORTAL);
    expect(await screen.findByText("Not available in this version")).toBeDefined();
  });

  it("a session that ended leads to the sign-in", async () => {
    answerWith({ ...SIGNED_IN, "GET /v1/portal/sync": { body: { code: "SIGN_IN_NEEDED" }, status: 401 } });
    renderPeople(<SyncPage />, PORTAL);
    expect(await screen.findByText("sign in: ended")).toBeDefined();
  });
});

it("a rule that the page does not know is told with the service's own guidance", async () => {
  const guidance = { en: "Do this first.", hi: "पहले यह करें।" };
  const reasons = [{ field: "shade", reason: "is of no known colour", guidance }];
  const item = { batch_id: "bat_1", received_at: "", table: "invoices", position: 0, record_key: "SI/1", reasons };
  answerWith({ ...SIGNED_IN, "GET /v1/portal/quarantine": { body: { items: [item], next_cursor: null } } });
  renderPeople(<QuarantinePage />, PORTAL);
  expect(await screen.findByText("Do this first.")).toBeDefined();
  expect(screen.getByText("is of no known colour")).toBeDefined();
});

describe("invitations", () => {
  const invited = (answer: Answer) => answerWith({ ...SIGNED_IN, ...NO_INVITES, "POST /v1/portal/invites": answer });
  const posts = (calls: Call[]) => calls.filter((call) => call.method === "POST");
  const ask = async (text: string) => {
    const user = userEvent.setup();
    await user.click(await screen.findByLabelText("Ids of the shops"));
    await user.paste(text);
    await user.click(screen.getByRole("button", { name: "Continue" }));
    return user;
  };

  it("nothing is sent before the exact number is confirmed", async () => {
    const calls = invited({ body: OUTCOME });
    renderPeople(<InvitesPage />, PORTAL);
    const user = await ask(`${FIRST}, ${SECOND} ${FIRST}`);
    const dialog = screen.getByRole("dialog", { name: "Send 2 messages?" });
    expect(within(dialog).getByText(/each gets one WhatsApp message in Hindi: 2 messages/)).toBeDefined();
    expect(posts(calls)).toEqual([]);
    await user.click(within(dialog).getByRole("button", { name: "Cancel" }));
    expect(posts(calls)).toEqual([]);
  });

  it("a confirmed list is sent once, as it was shown, with the session's token", async () => {
    const calls = invited({ body: OUTCOME });
    renderPeople(<InvitesPage />, PORTAL);
    const user = await ask(`${FIRST} ${SECOND}`);
    await user.click(screen.getByRole("button", { name: "Send 2 messages" }));
    expect(await screen.findByText("invited now")).toBeDefined();
    expect(posts(calls)).toEqual([
      {
        method: "POST",
        path: "/v1/portal/invites",
        body: { retailer_ids: [FIRST, SECOND], language: "hi" },
        csrf: SESSION.csrf_token,
      },
    ]);
  });

  it("a single shop is named in the question", async () => {
    invited({ body: OUTCOME });
    renderPeople(<InvitesPage />, { ...PORTAL, at: "/invites", state: { ids: [FIRST] } });
    const user = userEvent.setup();
    await user.click(await screen.findByRole("button", { name: "Continue" }));
    expect(within(screen.getByRole("dialog", { name: "Send 1 message?" })).getByText(new RegExp(FIRST))).toBeDefined();
  });

  it("a piece that is no id stops the list", async () => {
    const calls = invited({ body: OUTCOME });
    renderPeople(<InvitesPage />, PORTAL);
    await ask(`${FIRST} 919000000110`);
    expect(screen.queryByRole("dialog")).toBeNull();
    expect(posts(calls)).toEqual([]);
  });

  it("without an answer the page does not guess what was sent", async () => {
    invited("no answer");
    renderPeople(<InvitesPage />, PORTAL);
    const user = await ask(FIRST);
    await user.click(screen.getByRole("button", { name: "Send 1 message" }));
    expect(await screen.findByText(/it is not known which messages were sent/)).toBeDefined();
  });
});

describe("sign-in", () => {
  const show = () => {
    const queries = new QueryClient();
    render(
      <LanguageProvider messages={messages}>
        <QueryClientProvider client={queries}>
          <SignInPage people={new PeopleSession("/v1/portal", queries)} reason="never" />
        </QueryClientProvider>
      </LanguageProvider>,
    );
  };
  const start = async () => {
    show();
    const user = userEvent.setup();
    await user.click(screen.getByLabelText("Your e-mail address"));
    await user.paste("owner@example.in");
    await user.click(screen.getByRole("button", { name: "Send me two codes" }));
    return user;
  };
  const STARTED: Answer = { body: { challenge_id: "otp_1", expires_at: "2026-11-30T02:05:00Z" }, status: 202 };

  it("takes both codes and sends them together", async () => {
    const calls = answerWith({
      "POST /v1/portal/otp": STARTED,
      "POST /v1/portal/otp/verify": { body: { code: "CODES_REFUSED" }, status: 401 },
    });
    const user = await start();
    await user.click(await screen.findByLabelText("Code from the e-mail"));
    await user.paste("123456");
    await user.click(screen.getByLabelText("Code from the phone"));
    await user.paste("654321");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(await screen.findByText(/The codes do not fit or have ended/)).toBeDefined();
    const body = { challenge_id: "otp_1", email_code: "123456", phone_code: "654321" };
    expect(calls.at(-1)?.body).toEqual(body);
  });

  it("one code alone is not sent", async () => {
    const calls = answerWith({ "POST /v1/portal/otp": STARTED });
    const user = await start();
    await user.type(await screen.findByLabelText("Code from the e-mail"), "123456");
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(screen.getByText("A code has 6 digits.")).toBeDefined();
    expect(calls).toHaveLength(1);
  });

  it("a company with a provider of its own is named, and a wrong name is not sent", async () => {
    const refused: Answer = { body: { code: "NO_IDENTITY_PROVIDER" }, status: 409 };
    const own = "/v1/portal/oidc/login?distributor_id=dist_example&next=%2F";
    const calls = answerWith({ [`GET ${own}`]: refused, "GET /v1/portal/oidc/login?next=%2F": refused });
    show();
    const user = userEvent.setup();
    const company = screen.getByLabelText(/Your distributor id/);
    await user.type(company, "example");
    await user.click(screen.getByRole("button", { name: "Sign in with your company account" }));
    expect(screen.getByText(/A distributor id is dist_/)).toBeDefined();
    await user.clear(company);
    await user.click(screen.getByRole("button", { name: "Sign in with your company account" }));
    expect(await screen.findByText(/No company account is set up/)).toBeDefined();
    await user.type(company, "dist_example");
    await user.click(screen.getByRole("button", { name: "Sign in with your company account" }));
    await vi.waitFor(() => expect(calls.map((call) => call.path)).toEqual(["/v1/portal/oidc/login?next=%2F", own]));
  });

  it("too many tries are told as such", async () => {
    answerWith({ "POST /v1/portal/otp": { body: { code: "TOO_MANY_SIGN_INS" }, status: 429 } });
    await start();
    expect(await screen.findByText(/Too many tries/)).toBeDefined();
  });
});
