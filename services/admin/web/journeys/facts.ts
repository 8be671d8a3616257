/** What a journey finds on the target: written by `demo/browser_journeys.py` into the file that JOURNEYS names. */
import { readFileSync } from "node:fs";
import type { Credential } from "../tests/world";

export interface Facts {
  /** When the target was prepared, milliseconds since the epoch: counts of keys go on from there. */
  preparedAt: number;
  admin: string;
  portal: string;
  mail: string;
  sms: string;
  oidc: string;
  /** Digests of the public keys that the target's certificates are of. */
  trusted: string[];
  keys: Record<string, Credential>;
  grievance: string;
  /** The retailer who asks to be erased. */
  erased: string;
  /** What training stated about a model that waits to be promoted. */
  model: { version: string } & Record<string, unknown>;
  quarantine: { batch: string; distributor: string };
  lender: { id: string; officer: string; retailer: string; foreign: string };
  /** Whose ledger has the shop that its owner invites. */
  distributor: { id: string; owner: string; phone: string; shop: string };
}

export function facts(): Facts {
  const file = process.env.JOURNEYS;
  if (file === undefined) throw new Error("JOURNEYS names the file of python -m demo.browser_journeys");
  return JSON.parse(readFileSync(file, "utf-8")) as Facts;
}
