/** What this browser remembers: the language and the appearance, and nothing about a person or a session. */
type Preference = "language" | "theme";

export function remembered(name: Preference): string | null {
  try {
    return localStorage.getItem(`altscore.${name}`);
  } catch {
    return null; // storage is forbidden in this browser: the choice lasts as long as the page
  }
}

export function remember(name: Preference, value: string): void {
  try {
    localStorage.setItem(`altscore.${name}`, value);
  } catch {
    // as above
  }
}

export type Theme = "system" | "light" | "dark";

export function themeOf(value: string | null): Theme {
  return value === "light" || value === "dark" ? value : "system";
}

export function applyTheme(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}
