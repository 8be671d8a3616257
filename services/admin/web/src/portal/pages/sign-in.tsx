/** Sign-in with two codes, or at the identity provider where one is configured. */
import { useEffect, useId, useRef, useState, type SyntheticEvent } from "react";
import { NoAnswer, Problem } from "../../shared/api/problem";
import { failureIn } from "../../shared/people/failed";
import { useSignedIn, type PeopleSession, type SignedOut } from "../../shared/people/session";
import { goToProvider } from "../../shared/people/provider";
import { Brand, Preferences } from "../../shared/ui/layout";
import { useT, type TextKey } from "../i18n";

const CODE = /^\d{6}$/;
const DISTRIBUTOR = /^dist_[a-z0-9_]{1,48}$/;
const EMAIL = /^\S+@\S+\.\S+$/;
const REASONS: Record<SignedOut, TextKey | null> = { never: null, ended: "signin.ended", left: "signin.left" };

/** The sentence for a refusal; what exactly was wrong is never told. */
export function refusalOf(error: unknown): TextKey {
  if (error instanceof NoAnswer) return "signin.unreachable";
  if (!(error instanceof Problem)) return "problem.internal";
  if (error.status === 429) return "signin.toomany";
  if (error.code === "SIGN_IN_AT_PROVIDER") return "signin.provider";
  if (error.code === "NO_IDENTITY_PROVIDER") return "signin.noprovider";
  if (error.status === 400 || error.status === 422) return "signin.email.invalid";
  return error.status >= 500 ? "signin.unreachable" : "signin.refused";
}

/** What came of a sign-in that the provider's page ended. */
export function failureOf(search: string): TextKey | null {
  const failure = failureIn(search, ["refused", "unavailable"]);
  if (failure === undefined) return null;
  return failure === "refused" ? "signin.company.refused" : "signin.unreachable";
}

export function SignInPage({ people, reason }: { people: PeopleSession; reason: SignedOut }) {
  const t = useT();
  const [challenge, setChallenge] = useState<{ id: string; email: string } | null>(null);
  const why = failureOf(window.location.search) ?? REASONS[reason];
  return (
    <>
      <header className="top">
        <Preferences />
      </header>
      <main className="lone" id="content">
        <Brand name={t("portal.name")} />
        {why !== null && (
          <div className="notice" role="status">
            {t(why)}
          </div>
        )}
        <section className="card">
          {challenge === null ? (
            <>
              <EmailForm people={people} onSent={(id, email) => setChallenge({ id, email })} />
              <hr />
              <CompanyForm />
            </>
          ) : (
            <CodesForm people={people} challenge={challenge} onBack={() => setChallenge(null)} />
          )}
        </section>
        <p className="quiet small">{t("signin.help")}</p>
      </main>
    </>
  );
}

function Heading({ text }: { text: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${text} · AltScore`;
    heading.current?.focus();
  }, [text]);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {text}
    </h1>
  );
}

/** Sends once at a time and keeps the sentence of the last refusal. */
function useSending() {
  const [isSending, setSending] = useState(false);
  const [refusal, setRefusal] = useState<TextKey | null>(null);
  const send = async (action: () => Promise<void>) => {
    setSending(true);
    setRefusal(null);
    try {
      await action();
    } catch (error) {
      setRefusal(refusalOf(error));
    } finally {
      setSending(false);
    }
  };
  return { isSending, refusal, setRefusal, send };
}

function EmailForm({ people, onSent }: { people: PeopleSession; onSent: (id: string, email: string) => void }) {
  const t = useT();
  const id = useId();
  const [email, setEmail] = useState("");
  const { isSending, refusal, setRefusal, send } = useSending();
  const submitted = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!EMAIL.test(email.trim())) {
      setRefusal("signin.email.invalid");
      return;
    }
    void send(async () => {
      const answer = await people.client.call("POST", "/v1/portal/otp", { email: email.trim() });
      onSent((answer as { challenge_id: string }).challenge_id, email.trim());
    });
  };
  return (
    <form onSubmit={submitted} noValidate>
      <Heading text={t("signin.title")} />
      <p className="lead">{t("signin.intro")}</p>
      <div className="field">
        <label htmlFor={id}>{t("signin.email")}</label>
        <p className="hint" id={`${id}-hint`}>
          {t("signin.email.hint")}
        </p>
        <input
          id={id}
          name="email"
          type="email"
          autoComplete="email"
          value={email}
          aria-describedby={refusal === null ? `${id}-hint` : `${id}-hint ${id}-error`}
          aria-invalid={refusal === "signin.email.invalid" || undefined}
          onChange={(event) => setEmail(event.target.value)}
        />
        <p className="field-error" id={`${id}-error`} role="alert">
          {refusal !== null && t(refusal)}
        </p>
      </div>
      <div className="form-actions">
        <button type="submit" className="button button-main" disabled={isSending}>
          {t(isSending ? "signin.sending" : "signin.send")}
        </button>
      </div>
    </form>
  );
}

/** At the provider that distributors share, or with an id at the distributor's own. */
function CompanyForm() {
  const t = useT();
  const id = useId();
  const [distributor, setDistributor] = useState("");
  const { isSending, refusal, setRefusal, send } = useSending();
  const submitted = (event: SyntheticEvent) => {
    event.preventDefault();
    const named = distributor.trim();
    if (named !== "" && !DISTRIBUTOR.test(named)) {
      setRefusal("signin.company.invalid");
      return;
    }
    void send(() => goToProvider("/v1/portal", named === "" ? {} : { distributor_id: named }));
  };
  return (
    <form onSubmit={submitted} noValidate>
      <div className="field">
        <label htmlFor={id}>{t("signin.company.id")}</label>
        <p className="hint" id={`${id}-hint`}>
          {t("signin.company.id.hint")}
        </p>
        <input
          id={id}
          name="distributor_id"
          autoComplete="organization"
          autoCapitalize="none"
          spellCheck={false}
          value={distributor}
          aria-describedby={`${id}-hint ${id}-error`}
          aria-invalid={refusal === "signin.company.invalid" || undefined}
          onChange={(event) => setDistributor(event.target.value)}
        />
        <p className="field-error" id={`${id}-error`} role="alert">
          {refusal !== null && t(refusal)}
        </p>
      </div>
      <div className="form-actions">
        <button type="submit" className="button" disabled={isSending}>
          {t("signin.company")}
        </button>
      </div>
    </form>
  );
}

function CodesForm({
  people,
  challenge,
  onBack,
}: {
  people: PeopleSession;
  challenge: { id: string; email: string };
  onBack: () => void;
}) {
  const t = useT();
  const id = useId();
  const [codes, setCodes] = useState({ email: "", phone: "" });
  const { isSending, refusal, setRefusal, send } = useSending();
  const signedIn = useSignedIn(people);
  const submitted = (event: SyntheticEvent) => {
    event.preventDefault();
    if (!CODE.test(codes.email) || !CODE.test(codes.phone)) {
      setRefusal("signin.code.invalid");
      return;
    }
    void send(async () => {
      await people.client.call("POST", "/v1/portal/otp/verify", {
        challenge_id: challenge.id,
        email_code: codes.email,
        phone_code: codes.phone,
      });
      await signedIn();
    });
  };
  return (
    <form onSubmit={submitted} noValidate>
      <Heading text={t("signin.codes")} />
      <p>{t("signin.codes.intro", { email: challenge.email })}</p>
      <div className="code-pair">
        {(["email", "phone"] as const).map((channel) => (
          <div className="field" key={channel}>
            <label htmlFor={`${id}-${channel}`}>{t(`signin.code.${channel}`)}</label>
            <input
              id={`${id}-${channel}`}
              className="code-input"
              name={`${channel}_code`}
              inputMode="numeric"
              autoComplete={channel === "phone" ? "one-time-code" : "off"}
              maxLength={6}
              value={codes[channel]}
              aria-describedby={refusal === null ? undefined : `${id}-error`}
              aria-invalid={refusal === null ? undefined : true}
              onChange={(event) => setCodes({ ...codes, [channel]: event.target.value.replace(/\D/g, "") })}
            />
          </div>
        ))}
      </div>
      <p className="field-error" id={`${id}-error`} role="alert">
        {refusal !== null && t(refusal)}
      </p>
      <div className="form-actions">
        <button type="submit" className="button button-main" disabled={isSending}>
          {t(isSending ? "signin.verifying" : "signin.verify")}
        </button>
        <button type="button" className="button" onClick={onBack}>
          {t("signin.another")}
        </button>
      </div>
    </form>
  );
}
