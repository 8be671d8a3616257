/** Security keys in the browser: the options and answers of WebAuthn as JSON, without a library. */
import type { Action } from "./client";

export interface Challenge {
  challenge_id: string;
  options: PublicKeyCredentialRequestOptionsJSON;
}

/** Asks the person to touch their key.
 *
 * Returns: the answer as JSON; undefined where they decline, have no key, or the browser has no such thing.
 */
export async function assertionOf(challenge: Challenge): Promise<unknown> {
  if (typeof PublicKeyCredential === "undefined") return undefined;
  const options = PublicKeyCredential.parseRequestOptionsFromJSON(challenge.options);
  const credential = await navigator.credentials.get({ publicKey: options }).catch(() => null);
  return credential instanceof PublicKeyCredential ? credential.toJSON() : undefined;
}

/** Registers a key; the same rules as assertionOf. */
export async function registrationOf(options: PublicKeyCredentialCreationOptionsJSON): Promise<unknown> {
  if (typeof PublicKeyCredential === "undefined") return undefined;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey }).catch(() => null);
  return credential instanceof PublicKeyCredential ? credential.toJSON() : undefined;
}

export async function sha256Hex(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function base64Url(text: string): string {
  const binary = String.fromCharCode(...new TextEncoder().encode(text));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The header's value that carries the assertion of an action. */
export function actionAssertion(challengeId: string, credential: unknown): string {
  return base64Url(JSON.stringify({ challenge_id: challengeId, credential }));
}

/** What the challenge of an action is asked with. */
export async function actionDescription(action: Action): Promise<{ method: string; path: string; body_sha256: string }> {
  return { method: action.method, path: action.path, body_sha256: await sha256Hex(action.body) };
}
