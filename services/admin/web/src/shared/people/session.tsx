/** Sessions of people of other organisations: distributors and lenders. The cookie is the session; nothing is kept here. */
import { useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, type ReactNode } from "react";
import { Client, type Credentials } from "../api/client";
import { Problem } from "../api/problem";
import { useLanguages } from "../i18n";
import { remembered } from "../preferences";
import { Loading, ProblemNotice } from "../ui/states";

/** As `GET …/session` answers. */
export interface PersonSession {
  person_id: string;
  organisation_id: string;
  organisation_name: string;
  language: string;
  expires_at: string;
  idle_expires_at: string;
  csrf_token: string;
}

/** Why nobody is signed in: they never were, their session ended, or they signed out. */
export type SignedOut = "never" | "ended" | "left";

interface State {
  session: PersonSession | null;
  reason: SignedOut;
}

// Routes of the portal are typed by hand in each entry's api.ts: its document is not part of this project's schema.
export type PeopleClient = Client<object>;

/** Calls with the session's CSRF token; a 401 of any call ends the session on the page as well. */
export class PeopleSession implements Credentials {
  readonly client: PeopleClient;
  readonly prefix: string;
  private readonly queries: QueryClient;

  constructor(prefix: string, queries: QueryClient) {
    this.prefix = prefix;
    this.queries = queries;
    this.client = new Client(this);
  }

  get key(): readonly string[] {
    return [this.prefix, "session"];
  }

  headers(): Record<string, string> {
    return {};
  }

  csrf(): string | undefined {
    return this.queries.getQueryData<State>(this.key)?.session?.csrf_token;
  }

  ended(): void {
    if (this.queries.getQueryData<State>(this.key)?.session != null) this.forget("ended");
  }

  async open(): Promise<State> {
    try {
      const session = (await this.client.call("GET", `${this.prefix}/session`, undefined)) as PersonSession;
      return { session, reason: "never" };
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error;
      return this.queries.getQueryData<State>(this.key) ?? { session: null, reason: "never" };
    }
  }

  async leave(): Promise<void> {
    await this.client.call("POST", `${this.prefix}/logout`, undefined);
    this.forget("left");
  }

  /** Nothing of a session stays on the page after it: the next person at this screen sees nothing. */
  private forget(reason: SignedOut): void {
    this.queries.setQueryData<State>(this.key, { session: null, reason });
    this.queries.removeQueries({ predicate: (query) => query.queryKey[1] !== "session" });
  }
}

const SessionContext = createContext<{ people: PeopleSession; session: PersonSession } | null>(null);

export function useSession(): { people: PeopleSession; session: PersonSession } {
  const value = useContext(SessionContext);
  if (value === null) throw new Error("nobody is signed in here");
  return value;
}

/** Shows the pages to who is signed in, and the sign-in in their place to everybody else; the address stays. */
export function SignedIn({
  people,
  signIn,
  children,
}: {
  people: PeopleSession;
  signIn: (reason: SignedOut) => ReactNode;
  children: ReactNode;
}) {
  const state = useQuery({ queryKey: people.key, queryFn: () => people.open(), staleTime: Infinity, gcTime: Infinity });
  const languages = useLanguages();
  const language = state.data?.session?.language;
  useEffect(() => {
    if ((language === "hi" || language === "en") && remembered("language") === null) languages.setLanguage(language);
  }, [language, languages]);
  if (state.isPending) return <Frame>{<Loading />}</Frame>;
  if (state.isError) return <Frame>{<ProblemNotice error={state.error} retry={() => void state.refetch()} />}</Frame>;
  if (state.data.session === null) return <>{signIn(state.data.reason)}</>;
  return <SessionContext value={{ people, session: state.data.session }}>{children}</SessionContext>;
}

function Frame({ children }: { children: ReactNode }) {
  return (
    <main id="content" className="lone">
      {children}
    </main>
  );
}

/** After a sign-in: asks who it is now. */
export function useSignedIn(people: PeopleSession): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: people.key });
}
