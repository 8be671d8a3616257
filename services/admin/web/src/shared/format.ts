/** Numbers, money and times as people in India write them. */
export type Language = "en" | "hi";

// Digits are Latin in both languages: amounts and ids are compared with papers that have them so.
const LOCALES: Record<Language, string> = { en: "en-IN", hi: "hi-IN-u-nu-latn" };
const ZONE = "Asia/Kolkata";
const DECIMAL = /^-?\d+(\.\d+)?$/;

export const NOTHING = "–";

/** Rupees with lakh grouping. A decimal arrives as text and stays exact: no float touches money. */
export function money(amount: string | number | null | undefined, language: Language = "en"): string {
  if (amount === null || amount === undefined) return NOTHING;
  const text = String(amount);
  if (!DECIMAL.test(text)) return text; // a band such as "₹1–5 lakh" is shown as answered
  const digits = text.includes(".") ? 2 : 0;
  return new Intl.NumberFormat(LOCALES[language], {
    style: "currency",
    currency: "INR",
    minimumFractionDigits: digits,
    maximumFractionDigits: 2,
  }).format(text as unknown as number);
}

export function count(value: number | null | undefined, language: Language = "en"): string {
  return value === null || value === undefined ? NOTHING : new Intl.NumberFormat(LOCALES[language]).format(value);
}

export function ratio(value: number | null | undefined, digits = 2): string {
  return value === null || value === undefined ? NOTHING : value.toFixed(digits);
}

/** An instant in Indian time, with the zone's name: "30 Nov 2026, 02:35 IST". */
export function instant(at: string | null | undefined, language: Language = "en"): string {
  if (!at) return NOTHING;
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  const text = new Intl.DateTimeFormat(LOCALES[language], {
    timeZone: ZONE,
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  }).format(time);
  return `${text} IST`;
}

export function day(on: string | null | undefined, language: Language = "en"): string {
  if (!on) return NOTHING;
  const time = new Date(on.length === 10 ? `${on}T00:00:00+05:30` : on);
  if (Number.isNaN(time.getTime())) return on;
  return new Intl.DateTimeFormat(LOCALES[language], { timeZone: ZONE, day: "numeric", month: "short", year: "numeric" }).format(time);
}

/** A length of time in its two largest units: "2 d 4 h", "35 min". Negative ones are lengths too. */
export function duration(seconds: number, language: Language = "en"): string {
  const units: [number, string, string][] = [
    [86_400, "d", "दिन"],
    [3_600, "h", "घं"],
    [60, "min", "मि"],
    [1, "s", "से"],
  ];
  let rest = Math.abs(Math.trunc(seconds));
  const parts: string[] = [];
  for (const [size, english, hindi] of units) {
    const whole = Math.floor(rest / size);
    if (whole > 0 && parts.length < 2) parts.push(`${String(whole)} ${language === "hi" ? hindi : english}`);
    else if (parts.length > 0) break;
    rest -= whole * size;
  }
  return parts.length > 0 ? parts.join(" ") : `0 ${language === "hi" ? "से" : "s"}`;
}

/** The value of <input type="datetime-local">, read as Indian time. */
export function instantOfInput(value: string): string | undefined {
  return value === "" ? undefined : `${value.length === 16 ? `${value}:00` : value}+05:30`;
}
