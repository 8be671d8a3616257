/** Calls of the services, typed by the paths of an OpenAPI document. */
import { NoAnswer, Problem, problemOf } from "./problem";

export type Method = "get" | "post" | "put" | "delete";
type Scalar = string | number | boolean | null | undefined;

/** Paths of a generated document that know a method. */
type Operation<P, Path extends keyof P, M extends Method> = P[Path] extends Record<M, infer O> ? O : never;
type JsonOf<T> = T extends { content: { "application/json": infer J } } ? J : never;
type Answers<O> = O extends { responses: infer R }
  ? { [K in keyof R]: K extends 200 | 201 | 202 ? JsonOf<R[K]> : never }[keyof R]
  : never;
export type Answer<P, Path extends keyof P, M extends Method> = Answers<Operation<P, Path, M>>;
export type Body<P, Path extends keyof P, M extends Method> =
  Operation<P, Path, M> extends { requestBody: infer B } ? JsonOf<B> : undefined;

export interface CallOptions {
  path?: Record<string, string>;
  query?: Record<string, Scalar>;
  headers?: Record<string, string>;
  /** Of a command: repeated with the same id it is carried out once. */
  commandId?: string;
  signal?: AbortSignal | undefined;
}

/** An action as it is sent; what a person confirms with their key is exactly this. */
export interface Action {
  method: string;
  path: string;
  body: string;
}

/** What a session adds to calls: see shared/session. */
export interface Credentials {
  /** Headers of every call: a development token, or nothing where cookies carry the session. */
  headers: () => Record<string, string>;
  /** The value of X-CSRF-Token; undefined where no cookie session is open. */
  csrf: () => string | undefined;
  /** Called when a call is answered 401: the session is over. */
  ended: () => void;
  /** A fresh assertion for exactly this action, as the header's value; undefined where the person declines. */
  confirm?: (action: Action) => Promise<string | undefined>;
}

export const CONFIRMATION_CODES: ReadonlySet<string> = new Set(["ACTION_CONFIRMATION_REQUIRED"]);
/** The session holds, and needs a touch of the key before anything can be done. */
export const TOUCH_CODES: ReadonlySet<string> = new Set(["ADMIN_TOKEN_REQUIRED"]);
export const PATIENCE_MS = 20_000;

export function address(template: string, options: CallOptions = {}): string {
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = options.path?.[name];
    if (value === undefined || value === "") throw new Error(`the path ${template} needs ${name}`);
    return encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(options.query ?? {})) {
    if (value !== undefined && value !== null && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

export class Client<P extends object> {
  private readonly credentials: Credentials;

  constructor(credentials: Credentials) {
    this.credentials = credentials;
  }

  get<Path extends keyof P & string>(path: Path, options?: CallOptions): Promise<Answer<P, Path, "get">> {
    return this.call("GET", path, undefined, options) as Promise<Answer<P, Path, "get">>;
  }

  post<Path extends keyof P & string>(
    path: Path,
    body: Body<P, Path, "post">,
    options?: CallOptions,
  ): Promise<Answer<P, Path, "post">> {
    return this.call("POST", path, body, options) as Promise<Answer<P, Path, "post">>;
  }

  /** A call of a route that the document of this version does not hold (yet). */
  async call(method: string, template: string, body: unknown, options: CallOptions = {}): Promise<unknown> {
    const path = address(template, options);
    const text = body === undefined ? "" : JSON.stringify(body);
    const command = { "X-Request-ID": options.commandId ?? crypto.randomUUID() };
    const response = await this.send(method, path, text, options, command);
    if (response.ok) return read(response);
    const problem = await problemOf(response);
    if (problem.status === 401 && !CONFIRMATION_CODES.has(problem.code) && !TOUCH_CODES.has(problem.code))
      this.credentials.ended();
    if (!CONFIRMATION_CODES.has(problem.code) || this.credentials.confirm === undefined) throw problem;
    const assertion = await this.credentials.confirm({ method, path, body: text });
    if (assertion === undefined) throw problem;
    const again = await this.send(method, path, text, options, { ...command, "X-Action-Assertion": assertion });
    if (again.ok) return read(again);
    throw await problemOf(again);
  }

  private async send(
    method: string,
    path: string,
    body: string,
    options: CallOptions,
    extra: Record<string, string>,
  ): Promise<Response> {
    const headers: Record<string, string> = {
      Accept: "application/json",
      ...this.credentials.headers(),
      ...options.headers,
      ...extra,
    };
    const csrf = this.credentials.csrf();
    if (method !== "GET" && csrf !== undefined) headers["X-CSRF-Token"] = csrf;
    if (body !== "") headers["Content-Type"] = "application/json";
    const limit = AbortSignal.timeout(PATIENCE_MS);
    try {
      return await fetch(path, {
        method,
        headers,
        credentials: "same-origin",
        redirect: "error",
        signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit,
        ...(body === "" ? {} : { body }),
      });
    } catch (error) {
      if (options.signal?.aborted === true) throw error;
      throw new NoAnswer();
    }
  }
}

async function read(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined;
  const kind = response.headers.get("content-type") ?? "";
  if (!kind.includes("json")) throw new Problem(502, { code: "UNEXPECTED_CONTENT" });
  return response.json();
}
