/** The frame of every page: skip link, menu, person, language, appearance; it takes the focus to a new page's heading. */
import { useEffect, useRef, useState, type ReactNode } from "react";
import { NavLink, Outlet, useLocation, useNavigation } from "react-router";
import type { Language } from "../format";
import { useLanguages, useT } from "../i18n";
import { applyTheme, remember, remembered, themeOf, type Theme } from "../preferences";
import mark from "../styles/mark.svg";
import { ErrorBoundary, ProblemNotice } from "./states";

export interface NavGroup {
  title: string;
  links: { to: string; label: string }[];
}

export function Brand({ name }: { name: string }) {
  return (
    <span className="brand">
      <img src={mark} alt="" />
      <span>
        AltScore <small>{name}</small>
      </span>
    </span>
  );
}

export function Preferences() {
  const t = useT();
  const { language, setLanguage } = useLanguages();
  const [theme, setTheme] = useState<Theme>(() => themeOf(remembered("theme")));
  useEffect(() => applyTheme(theme), [theme]);
  return (
    <>
      <label>
        {t("app.language")}
        <select
          value={language}
          onChange={(event) => {
            setLanguage(event.target.value as Language);
          }}
        >
          <option value="en" lang="en">
            English
          </option>
          <option value="hi" lang="hi">
            हिन्दी
          </option>
        </select>
      </label>
      <label>
        {t("app.theme")}
        <select
          value={theme}
          onChange={(event) => {
            const chosen = themeOf(event.target.value);
            remember("theme", chosen);
            setTheme(chosen);
          }}
        >
          <option value="system">{t("app.theme.system")}</option>
          <option value="light">{t("app.theme.light")}</option>
          <option value="dark">{t("app.theme.dark")}</option>
        </select>
      </label>
    </>
  );
}

export function Layout({
  name,
  person,
  groups,
  notice,
  onSignOut,
}: {
  name: string;
  person: ReactNode;
  groups: NavGroup[];
  notice?: ReactNode;
  /** Ends the session; while it has not, the pages stay and say why. */
  onSignOut: () => Promise<void>;
}) {
  const t = useT();
  const { pathname } = useLocation();
  const navigation = useNavigation();
  // The address for which the menu was opened: another page closes it.
  const [openAt, setOpenAt] = useState<string>();
  const isOpen = openAt === pathname;
  const [stillIn, setStillIn] = useState<unknown>(undefined);
  const signOut = async () => {
    setStillIn(undefined);
    try {
      await onSignOut();
    } catch (error) {
      setStillIn(error);
    }
  };
  const content = useRef<HTMLElement>(null);
  useEffect(() => {
    const heading = content.current?.querySelector("h1") ?? content.current;
    heading?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [pathname]);
  return (
    <>
      <a className="skip" href="#content">
        {t("app.skip")}
      </a>
      <div className="frame">
        <nav className="side" aria-label={t("app.menu")} data-open={isOpen}>
          <Brand name={name} />
          {groups
            .filter((group) => group.links.length > 0)
            .map((group) => (
              <div key={group.title} className="nav-group">
                <h2>{group.title}</h2>
                <ul>
                  {group.links.map((link) => (
                    <li key={link.to}>
                      <NavLink to={link.to} end={link.to === "/"}>
                        {link.label}
                      </NavLink>
                    </li>
                  ))}
                </ul>
              </div>
            ))}
        </nav>
        <div>
          <header className="top">
            <button
              type="button"
              className="button button-small menu-button"
              aria-expanded={isOpen}
              onClick={() => {
                setOpenAt(isOpen ? undefined : pathname);
              }}
            >
              {t("app.menu")}
            </button>
            <span className="who">{person}</span>
            <Preferences />
            <button type="button" className="button button-small" onClick={() => void signOut()}>
              {t("app.signOut")}
            </button>
          </header>
          <main id="content" className="content" ref={content} tabIndex={-1} aria-busy={navigation.state !== "idle"}>
            {stillIn !== undefined && <ProblemNotice error={stillIn} retry={() => void signOut()} />}
            {notice}
            <ErrorBoundary key={pathname}>
              <Outlet />
            </ErrorBoundary>
          </main>
        </div>
      </div>
    </>
  );
}
