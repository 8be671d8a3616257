/** Sign-in: the identity provider by SAML; in a development profile a token, kept in this page's memory alone. */
import { useEffect, useState, type SyntheticEvent } from "react";
import { Problem } from "../../shared/api/problem";
import { failureIn, withoutFailure } from "../../shared/people/failed";
import { Brand, Preferences } from "../../shared/ui/layout";
import { ProblemNotice } from "../../shared/ui/states";
import { TextField } from "../../shared/ui/forms";
import { useT } from "../i18n";
import { useSession } from "../session";

/** Only an address of these pages may be gone back to. */
export function returnAddress(path: string): string {
  return /^\/(?![/\\])/.test(path) && !path.startsWith("/v1/") ? path : "/";
}

export function SignInPage() {
  const t = useT();
  const { signIn: signInByToken } = useSession();
  const [error, setError] = useState<unknown>(undefined);
  const [isSending, setSending] = useState(false);
  useEffect(() => {
    document.title = `${t("signIn.title")} · AltScore`;
  }, [t]);
  const failure = failureIn(window.location.search, ["refused", "no_role"]);
  const next = encodeURIComponent(returnAddress(window.location.pathname + withoutFailure(window.location.search)));
  const submitted = (event: SyntheticEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get("token");
    if (typeof token !== "string" || token.trim() === "") return;
    setSending(true);
    setError(undefined);
    signInByToken(token.trim())
      .catch(setError)
      .finally(() => {
        setSending(false);
      });
  };
  return (
    <>
      <header className="top">
        <Preferences />
      </header>
      <main className="lone" id="content">
        <Brand name={t("admin.name")} />
        <div className="card">
          <h1>{t("signIn.title")}</h1>
          {failure !== undefined && (
            <p className="notice notice-error" role="alert">
              {t(`signIn.failed.${failure}`)}
            </p>
          )}
          <p className="lead">{t("signIn.lead")}</p>
          <div className="form-actions">
            <a className="button button-main" href={`/v1/admin/saml/login?next=${next}`}>
              {t("signIn.saml")}
            </a>
          </div>
          <p className="quiet small">{t("signIn.key")}</p>
        </div>
        <details className="card">
          <summary>{t("signIn.token")}</summary>
          <p className="hint">{t("signIn.token.hint")}</p>
          <form onSubmit={submitted}>
            <TextField name="token" type="password" label={t("signIn.token.label")} />
            {error !== undefined &&
              (error instanceof Problem && error.status === 401 ? (
                <p className="notice notice-error" role="alert">
                  {t("signIn.token.refused")}
                </p>
              ) : (
                <ProblemNotice error={error} />
              ))}
            <button type="submit" className="button" disabled={isSending}>
              {isSending ? t("form.sending") : t("signIn.token.send")}
            </button>
          </form>
        </details>
      </main>
    </>
  );
}
