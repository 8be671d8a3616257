/** Sign-in at an organisation's own identity provider. */
import { NoAnswer, Problem, problemOf } from "../api/problem";
import { withoutFailure } from "./failed";

/** Where the person comes back to: this very page, without its origin, so that it leads to nowhere else. */
export function returnPath(place: Pick<Location, "pathname" | "search">): string {
  // The router names the first page /portal or /lender; the service knows it with its slash alone.
  const pathname = /^\/[^/]+$/.test(place.pathname) ? `${place.pathname}/` : place.pathname;
  return pathname + withoutFailure(place.search);
}

/** Leaves for the provider. Asks first whether there is one, so that a refusal is a sentence and not a page of JSON.
 *
 * Throws: Problem or NoAnswer where there is no way to it.
 */
export async function goToProvider(prefix: string, parameters: Record<string, string> = {}): Promise<void> {
  await leaveFor(`${prefix}/oidc/login`, parameters);
}

/** Leaves for a lender's provider, by the protocol that it speaks.
 *
 * Throws: Problem or NoAnswer where there is no way to it.
 */
export async function goToLendersProvider(lenderId: string): Promise<void> {
  try {
    await goToProvider("/v1/lender", { lender_id: lenderId });
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== "SIGN_IN_BY_SAML") throw error;
    await leaveFor(`/v1/lender/saml/${lenderId}/login`, {});
  }
}

async function leaveFor(login: string, parameters: Record<string, string>): Promise<void> {
  const query = new URLSearchParams({ ...parameters, next: returnPath(window.location) });
  const address = `${login}?${query.toString()}`;
  let response: Response;
  try {
    response = await fetch(address, { redirect: "manual", credentials: "same-origin" });
  } catch {
    throw new NoAnswer();
  }
  if (response.type !== "opaqueredirect") {
    throw response.ok ? new Problem(502, { code: "UNEXPECTED_CONTENT" }) : await problemOf(response);
  }
  window.location.assign(address);
}
