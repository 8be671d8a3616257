import { useCallback } from "react";
import { useLanguages, type SharedKey, type Translate } from "../../shared/i18n";
import { en } from "./en";
import { hi } from "./hi";

export const messages = { en, hi };
export type TextKey = keyof typeof en | SharedKey;

/** Texts of these pages and the shared parts. */
export function useT(): Translate<TextKey> {
  return useLanguages().translate;
}

/** The text of a code that a service answered; a code that is not known here is shown as it came. */
export function useCode(): (prefix: string, code: string) => string {
  const { language, translate } = useLanguages();
  return useCallback(
    (prefix, code) => (`${prefix}.${code}` in messages[language] ? translate(`${prefix}.${code}`) : code),
    [language, translate],
  );
}
