/** Who is signed in: by SAML and a security key with cookies, or in development by a token that lives in memory alone. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import { Client, type Action } from "../shared/api/client";
import { actionAssertion, actionDescription, assertionOf, type Challenge } from "../shared/api/keys";
import { Problem } from "../shared/api/problem";
import { ActionDialog } from "../shared/ui/action-dialog";
import type { paths } from "./api/schema";

export interface Session {
  operator_id: string;
  roles: string[];
  /** Null: this version does not tell them; then every page is offered and the service decides. */
  permissions: string[] | null;
  sign_in: "saml" | "token" | "development";
  session_expires_at: string | null;
  token_expires_at: string | null;
  csrf_token: string | null;
}

interface Sessions {
  client: Client<paths>;
  session: Session | null;
  isLoading: boolean;
  error: unknown;
  signIn: (token: string) => Promise<void>;
  /** The touch of a security key that opens 15 minutes of work; false where the person declined. */
  touchKey: () => Promise<boolean>;
  signOut: () => Promise<void>;
  retry: () => void;
}

const SessionContext = createContext<Sessions | null>(null);

/** Holds the token and the CSRF value outside of React, where a call reads them and no rendering can leak them. */
class Keyring {
  private token: string | undefined;
  private csrf: string | undefined;
  private onEnded: () => void = () => undefined;
  private onConfirm: (action: Action) => Promise<string | undefined> = () => Promise.resolve(undefined);
  readonly client = new Client<paths>({
    headers: () => {
      const headers: Record<string, string> = {};
      if (this.token !== undefined) headers.Authorization = `Bearer ${this.token}`;
      return headers;
    },
    csrf: () => this.csrf,
    ended: () => this.onEnded(),
    confirm: (action) => this.onConfirm(action),
  });

  /** Whether cookies carry the session, which the service then has to end. */
  get hasCookies(): boolean {
    return this.csrf !== undefined;
  }

  hold(token: string): void {
    this.token = token;
  }

  forget(): void {
    this.token = undefined;
    this.csrf = undefined;
  }

  listen(onEnded: () => void, onConfirm: (action: Action) => Promise<string | undefined>): void {
    this.onEnded = onEnded;
    this.onConfirm = onConfirm;
  }

  async session(signal?: AbortSignal): Promise<Session | null> {
    try {
      const session = (await this.client.call("GET", "/v1/admin/session", undefined, { signal })) as Session;
      this.csrf = session.csrf_token ?? undefined;
      return session;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 401) return null;
      if (!error.isMissingRoute) throw error;
      return this.token === undefined ? null : this.tokenSession(signal);
    }
  }

  /** A version without session routes takes development tokens alone: whether this one is good shows the first answer. */
  private async tokenSession(signal?: AbortSignal): Promise<Session | null> {
    try {
      await this.client.get("/v1/admin/overview", { signal });
    } catch (error) {
      if (error instanceof Problem && error.status === 401) return null;
      throw error;
    }
    return {
      operator_id: "development",
      roles: [],
      permissions: null,
      sign_in: "development",
      session_expires_at: null,
      token_expires_at: null,
      csrf_token: null,
    };
  }
}

interface Question {
  action: Action;
  answer: (assertion: string | undefined) => void;
}

export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [keyring] = useState(() => new Keyring());
  const [question, setQuestion] = useState<Question>();
  const query = useQuery({
    queryKey: ["session"],
    queryFn: ({ signal }) => keyring.session(signal),
    staleTime: 60_000,
    // When the token of the last touch is over, the page must offer another touch.
    refetchInterval: ({ state }) => {
      const endsAt = state.data?.token_expires_at;
      return endsAt ? Math.max(5_000, Date.parse(endsAt) - Date.now() + 500) : false;
    },
  });

  const signIn = useCallback(
    async (token: string) => {
      keyring.hold(token);
      const session = await keyring.session();
      if (session === null) {
        keyring.forget();
        throw new Problem(401, { code: "UNAUTHORIZED" });
      }
      queries.setQueryData(["session"], session);
    },
    [keyring, queries],
  );
  const touchKey = useCallback(async () => {
    const challenge = (await keyring.client.call("POST", "/v1/admin/session/challenge", undefined)) as Challenge;
    const credential = await assertionOf(challenge);
    if (credential === undefined) return false;
    await keyring.client.call("POST", "/v1/admin/session/token", { challenge_id: challenge.challenge_id, credential });
    await queries.invalidateQueries();
    return true;
  }, [keyring, queries]);
  const signOut = useCallback(async () => {
    if (keyring.hasCookies) await keyring.client.call("POST", "/v1/admin/session/logout", {});
    keyring.forget();
    queries.setQueryData(["session"], null);
    // Nothing of a session stays on the page after it. The session's own entry stays: the page listens to it.
    queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "session" });
  }, [keyring, queries]);
  const { refetch } = query;
  const retry = useCallback(() => void refetch(), [refetch]);

  useEffect(() => {
    keyring.listen(
      () => {
        if (queries.getQueryData(["session"]) !== undefined) queries.setQueryData(["session"], null);
      },
      (action) =>
        new Promise((answer) => {
          setQuestion({ action, answer });
        }),
    );
  }, [keyring, queries]);
  const value = useMemo<Sessions>(() => ({
    client: keyring.client,
    session: query.data ?? null,
    isLoading: query.isPending,
    error: query.error,
    signIn,
    touchKey,
    signOut,
    retry,
  }), [keyring, query.data, query.isPending, query.error, signIn, touchKey, signOut, retry]);


  const confirmAction = async (action: Action): Promise<string | undefined> => {
    const description = await actionDescription(action);
    const challenge = (await keyring.client.call("POST", "/v1/admin/action-challenges", description)) as Challenge;
    const credential = await assertionOf(challenge);
    return credential === undefined ? undefined : actionAssertion(challenge.challenge_id, credential);
  };
  return (
    <SessionContext value={value}>
      {children}
      {question !== undefined && (
        <ActionDialog
          action={question.action}
          confirm={confirmAction}
          onAnswer={(assertion) => {
            setQuestion(undefined);
            question.answer(assertion);
          }}
        />
      )}
    </SessionContext>
  );
}

export function useSession(): Sessions {
  const value = useContext(SessionContext);
  if (value === null) throw new Error("SessionProvider is missing");
  return value;
}

export function useClient(): Client<paths> {
  return useSession().client;
}

/** Whether the page offers an action; the service decides in any case. */
export function useMay(): (permission: string) => boolean {
  const { session } = useSession();
  return (permission) => session !== null && (session.permissions === null || session.permissions.includes(permission));
}
