/** When certificates and keys end, and what to do about it. */
import type { Credentials } from "./api";

const DAY_MS = 86_400_000;

export type CredentialKind = "certificate" | "api_key" | "ssh_key";
/** `renewing`: the connector renews it by itself these days; `late`: it should have; `replaced`: a newer one is there. */
export type DeadlineState = "fine" | "renewing" | "late" | "ended" | "endless" | "revoked" | "replaced";

// The connector renews the key 7 days and the certificate 30 days before its end (docs/distributors); a renewal that
// has not happened some days into that period needs a person.
const RENEWS_DAYS: Readonly<Record<CredentialKind, number>> = { certificate: 30, api_key: 7, ssh_key: 0 };
const LATE_DAYS: Readonly<Record<CredentialKind, number>> = { certificate: 21, api_key: 4, ssh_key: 0 };

export interface Credential {
  readonly kind: CredentialKind;
  /** A fingerprint or a number: nothing that proves anything. */
  readonly name: string;
  readonly issuedAt: string;
  readonly endsAt: string | null;
  readonly revokedAt: string | null;
}

export interface JudgedCredential extends Credential {
  readonly state: DeadlineState;
  /** Whole days that remain; null for what has no end or is revoked, 0 on the last day and after. */
  readonly daysLeft: number | null;
}

/** All credentials as rows of one table. */
export function listCredentials(answer: Credentials): Credential[] {
  const certificates = answer.certificates.map((item): Credential => ({
    kind: "certificate",
    name: item.fingerprint,
    issuedAt: item.created_at,
    endsAt: item.accepted_until,
    revokedAt: item.revoked_at,
  }));
  const keys = answer.api_keys.map((item): Credential => ({
    kind: "api_key",
    name: `#${String(item.key_number)}`,
    issuedAt: item.valid_from,
    endsAt: item.accepted_until,
    revokedAt: item.revoked_at,
  }));
  const ssh = answer.ssh_keys.map((item): Credential => ({
    kind: "ssh_key",
    name: item.fingerprint,
    issuedAt: item.created_at,
    endsAt: null,
    revokedAt: item.revoked_at,
  }));
  return [...certificates, ...keys, ...ssh];
}

/** States at an instant. Only the newest of a kind that is not revoked asks for anything; older ones are replaced. */
export function judgeCredentials(credentials: readonly Credential[], now: Date): JudgedCredential[] {
  return credentials.map((credential) => {
    if (credential.revokedAt !== null) return { ...credential, state: "revoked", daysLeft: null };
    if (credential.endsAt === null) return { ...credential, state: "endless", daysLeft: null };
    const remaining = Date.parse(credential.endsAt) - now.getTime();
    if (Number.isNaN(remaining)) throw new RangeError("not an instant");
    const daysLeft = Math.max(0, Math.floor(remaining / DAY_MS));
    if (isReplaced(credential, credentials, now)) return { ...credential, state: "replaced", daysLeft };
    if (remaining <= 0) return { ...credential, state: "ended", daysLeft };
    if (daysLeft < LATE_DAYS[credential.kind]) return { ...credential, state: "late", daysLeft };
    return { ...credential, state: daysLeft < RENEWS_DAYS[credential.kind] ? "renewing" : "fine", daysLeft };
  });
}

function isReplaced(credential: Credential, all: readonly Credential[], now: Date): boolean {
  return all.some(
    (other) =>
      other.kind === credential.kind &&
      other.revokedAt === null &&
      other.endsAt !== null &&
      Date.parse(other.endsAt) > now.getTime() &&
      (Date.parse(other.issuedAt) > Date.parse(credential.issuedAt) ||
        (other.issuedAt === credential.issuedAt && other.name > credential.name)),
  );
}

/** Those that count come first; the rest are what has been. */
export function isCurrent(credential: JudgedCredential): boolean {
  return credential.state !== "revoked" && credential.state !== "replaced";
}
