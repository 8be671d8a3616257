import { useLanguages, type SharedKey, type Translate } from "../../shared/i18n";
import { en } from "./en";
import { hi } from "./hi";

export const messages = { en, hi };
export type AdminKey = keyof typeof en | SharedKey;

/** Texts of the operators' pages and the shared parts. */
export function useT(): Translate<AdminKey> {
  return useLanguages().translate;
}

/** A code of the service in words, where this version knows it; otherwise the code. */
export function useCode(): (prefix: "status" | "role" | "reason" | "kind", code: string | null | undefined) => string {
  const { translate } = useLanguages();
  return (prefix, code) => {
    if (!code) return "–";
    const key = `${prefix}.${code}`;
    return key in en ? translate(key) : code.replaceAll("_", " ");
  };
}
