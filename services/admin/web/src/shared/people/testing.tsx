/** Pages in tests: the network is the edge, and answers what a test gives it. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { configure, render } from "@testing-library/react";
import type { ReactNode } from "react";
import { MemoryRouter } from "react-router";
import { vi } from "vitest";
import { LanguageProvider, type Messages } from "../i18n";
import { PeopleSession, SignedIn } from "./session";

// A busy machine is slow, and what is asked for must still come.
configure({ asyncUtilTimeout: 10_000 });
vi.setConfig({ testTimeout: 30_000 });

/** What the browser has and jsdom has not: media queries, and dialogs that are modal. */
export function completeBrowser(): void {
  const quiet = { matches: false, addEventListener: () => undefined, removeEventListener: () => undefined };
  vi.stubGlobal("matchMedia", () => quiet);
  HTMLDialogElement.prototype.showModal = function showModal() {
    this.open = true;
  };
}

export interface Call {
  method: string;
  path: string;
  body: unknown;
  csrf: string | null;
}

/** A body with status 200, a problem, or nothing at all. */
export type Answer = { body: unknown; status?: number } | "no answer";

export const SESSION = {
  person_id: "per_0123456789abcdef0123456789abcdef",
  organisation_id: "dist_example",
  organisation_name: "Example Distributors",
  language: "en",
  expires_at: "2026-11-30T06:00:00Z",
  idle_expires_at: "2026-11-30T02:20:00Z",
  csrf_token: "token-of-this-session",
};

/** Answers calls by method and path; a path that is not named is absent, as in a version that lacks the route. */
export function answerWith(answers: Record<string, Answer | ((call: Call) => Answer)>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", (address: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    const call: Call = {
      method: init.method ?? "GET",
      path: address,
      body: typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : undefined,
      csrf: headers.get("X-CSRF-Token"),
    };
    calls.push(call);
    const named = answers[`${call.method} ${address}`] ?? { body: { code: "NOT_FOUND" }, status: 404 };
    const answer = typeof named === "function" ? named(call) : named;
    if (answer === "no answer") return Promise.reject(new TypeError("the network is away"));
    const content = { status: answer.status ?? 200, headers: { "Content-Type": "application/json" } };
    return Promise.resolve(new Response(JSON.stringify(answer.body), content));
  });
  return calls;
}

/** A page of who is signed in, or the sign-in in its place. */
export function renderPeople(
  page: ReactNode,
  { prefix, messages, at = "/", state }: { prefix: string; messages: Messages; at?: string; state?: unknown },
): QueryClient {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const people = new PeopleSession(prefix, queries);
  render(
    <LanguageProvider messages={messages}>
      <QueryClientProvider client={queries}>
        <MemoryRouter initialEntries={[{ pathname: at, state }]}>
          <SignedIn people={people} signIn={(reason) => <p>sign in: {reason}</p>}>
            {page}
          </SignedIn>
        </MemoryRouter>
      </QueryClientProvider>
    </LanguageProvider>,
  );
  return queries;
}
