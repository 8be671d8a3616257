/** Sign-in of a lender's people at their own identity provider. */
import { useEffect, useId, useRef, useState, type SyntheticEvent } from "react";
import { NoAnswer, Problem } from "../../shared/api/problem";
import { failureIn } from "../../shared/people/failed";
import { goToLendersProvider } from "../../shared/people/provider";
import type { SignedOut } from "../../shared/people/session";
import { Brand, Preferences } from "../../shared/ui/layout";
import { useT, type TextKey } from "../i18n";

const LENDER = /^lender_[a-z0-9_]{1,48}$/;
const REASONS: Record<SignedOut, TextKey | null> = { never: null, ended: "signin.ended", left: "signin.left" };

export function refusalOf(error: unknown): TextKey {
  if (error instanceof NoAnswer) return "problem.noAnswer.do";
  if (!(error instanceof Problem)) return "problem.internal";
  if (error.code === "NO_IDENTITY_PROVIDER" || error.status === 404) return "signin.none";
  if (error.status === 429) return "problem.tooMany.do";
  if (error.status === 400 || error.status === 422) return "signin.lender.invalid";
  return error.status >= 500 ? "problem.unavailable.do" : "signin.failed";
}

/** What came of a sign-in that the provider's page ended. */
export function failureOf(search: string): TextKey | null {
  const failure = failureIn(search, ["refused", "unavailable"]);
  if (failure === undefined) return null;
  return failure === "refused" ? "signin.failed" : "problem.unavailable.do";
}

export function SignInPage({ reason }: { reason: SignedOut }) {
  const t = useT();
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const [lender, setLender] = useState("");
  const [refusal, setRefusal] = useState<TextKey | null>(() => failureOf(window.location.search));
  const [isLeaving, setLeaving] = useState(false);
  const title = t("signin.title");
  useEffect(() => {
    document.title = `${title} · AltScore`;
    heading.current?.focus();
  }, [title]);
  const submitted = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!LENDER.test(lender.trim())) {
      setRefusal("signin.lender.invalid");
      return;
    }
    setLeaving(true);
    setRefusal(null);
    goToLendersProvider(lender.trim()).catch((error: unknown) => {
      setRefusal(refusalOf(error));
      setLeaving(false);
    });
  };
  const why = REASONS[reason];
  return (
    <>
      <header className="top">
        <Preferences />
      </header>
      <main className="lone" id="content">
        <Brand name={t("lender.name")} />
        {why !== null && (
          <div className="notice" role="status">
            {t(why)}
          </div>
        )}
        <section className="card">
          <form onSubmit={submitted} noValidate>
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            <p className="lead">{t("signin.intro")}</p>
            <div className="field">
              <label htmlFor={id}>{t("signin.lender")}</label>
              <p className="hint" id={`${id}-hint`}>
                {t("signin.lender.hint")}
              </p>
              <input
                id={id}
                name="lender_id"
                autoComplete="organization"
                autoCapitalize="none"
                spellCheck={false}
                value={lender}
                aria-describedby={`${id}-hint ${id}-error`}
                aria-invalid={refusal === "signin.lender.invalid" || undefined}
                onChange={(event) => setLender(event.target.value)}
              />
              <p className="field-error" id={`${id}-error`} role="alert">
                {refusal !== null && t(refusal)}
              </p>
            </div>
            <div className="form-actions">
              <button type="submit" className="button button-main" disabled={isLeaving}>
                {t("signin.go")}
              </button>
            </div>
          </form>
        </section>
        <p className="quiet small">{t("signin.do")}</p>
      </main>
    </>
  );
}
