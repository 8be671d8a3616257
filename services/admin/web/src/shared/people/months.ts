/** Months as people name them. */
import { useLanguages } from "../i18n";

export function monthName(month: string, language: "en" | "hi"): string {
  const first = new Date(`${month}-01T00:00:00Z`);
  if (Number.isNaN(first.getTime())) return month;
  return new Intl.DateTimeFormat(language === "hi" ? "hi-IN-u-nu-latn" : "en-IN", {
    timeZone: "UTC",
    month: "short",
    year: "numeric",
  }).format(first);
}

export function useMonthName(): (month: string) => string {
  const { language } = useLanguages();
  return (month) => monthName(month, language);
}
