/** Languages of the pages: Hindi and English, chosen by the person, kept in this browser. */
import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from "react";
import type { Language } from "../format";
import { remembered, remember } from "../preferences";
import { en } from "./en";
import { hi } from "./hi";

export type SharedKey = keyof typeof en;
export type Values = Record<string, string | number>;
export type Translate<K extends string> = (key: K, values?: Values) => string;
export type Messages = Record<Language, Record<string, string>>;

interface Languages {
  language: Language;
  setLanguage: (language: Language) => void;
  translate: Translate<string>;
}

const LanguageContext = createContext<Languages | null>(null);

export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

function initial(): Language {
  const kept = remembered("language");
  if (kept === "en" || kept === "hi") return kept;
  return navigator.language.startsWith("hi") ? "hi" : "en";
}

export function LanguageProvider({ messages, children }: { messages: Messages; children: ReactNode }) {
  const [language, choose] = useState<Language>(initial);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const setLanguage = useCallback((chosen: Language) => {
    remember("language", chosen);
    choose(chosen);
  }, []);
  const value = useMemo<Languages>(() => {
    const texts: Record<string, string> = { ...(language === "hi" ? hi : en), ...messages[language] };
    return { language, setLanguage, translate: (key, values) => fill(texts[key] ?? key, values) };
  }, [language, setLanguage, messages]);
  return <LanguageContext value={value}>{children}</LanguageContext>;
}

export function useLanguages(): Languages {
  const value = useContext(LanguageContext);
  if (value === null) throw new Error("LanguageProvider is missing");
  return value;
}

/** Texts of the shared parts; an entry has its own, which knows its keys too: see src/admin/i18n. */
export function useT(): Translate<SharedKey> {
  return useLanguages().translate;
}
