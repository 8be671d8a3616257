/** Small parts of pages. */
import { useEffect, useId, useState, type ReactNode } from "react";
import { count, duration, instant, NOTHING } from "../format";
import { useLanguages, useT } from "../i18n";

/** A page's heading; it names the tab and takes the focus after a change of pages, so that it is read out. */
export function PageTitle({ title, lead, actions }: { title: string; lead?: ReactNode; actions?: ReactNode }) {
  const t = useT();
  useEffect(() => {
    document.title = `${title} · AltScore`;
  }, [title]);
  return (
    <header className="page-title">
      <div>
        <h1 tabIndex={-1}>{title}</h1>
        {lead !== undefined && <p className="lead">{lead}</p>}
      </div>
      <div className="page-actions no-print">
        {actions}
        <button
          type="button"
          className="button"
          onClick={() => {
            window.print();
          }}
        >
          {t("app.print")}
        </button>
      </div>
    </header>
  );
}

export function Section({ title, children, aside }: { title: string; children: ReactNode; aside?: ReactNode }) {
  const id = useId();
  return (
    <section className="card" aria-labelledby={id}>
      <div className="card-head">
        <h2 id={id}>{title}</h2>
        {aside}
      </div>
      {children}
    </section>
  );
}

export type Tone = "good" | "warn" | "bad" | "calm" | "info";

/** A state as a word with a colour; the word alone carries the meaning. */
export function Badge({ tone = "calm", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`badge badge-${tone}`}>{children}</span>;
}

export function Figures({ items }: { items: { label: string; value: ReactNode; tone?: Tone; to?: ReactNode }[] }) {
  return (
    <dl className="figures">
      {items.map((item) => (
        <div key={item.label} className={item.tone === undefined ? "figure" : `figure figure-${item.tone}`}>
          <dt>{item.label}</dt>
          <dd>
            {item.value}
            {item.to !== undefined && <span className="figure-link">{item.to}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Names and values, as on a form that was filled in. */
export function Facts({ items }: { items: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {items.map(([label, value]) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd>{value ?? NOTHING}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Instant({ at }: { at: string | null | undefined }) {
  const { language } = useLanguages();
  return at ? <time dateTime={at}>{instant(at, language)}</time> : <>{NOTHING}</>;
}

export function Count({ value }: { value: number | null | undefined }) {
  const { language } = useLanguages();
  return <>{count(value, language)}</>;
}

/** Time until a due date, counted on from what the service answered; never guessed beyond it. */
export function Clock({ dueAt, isDone = false, left, over }: { dueAt: string; isDone?: boolean; left: (text: string) => string; over: (text: string) => string }) {
  const { language } = useLanguages();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (isDone) return undefined;
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 15_000);
    return () => {
      clearInterval(timer);
    };
  }, [isDone]);
  const seconds = (new Date(dueAt).getTime() - now) / 1000;
  if (isDone) return <Instant at={dueAt} />;
  const text = duration(seconds, language);
  const tone: Tone = seconds < 0 ? "bad" : seconds < 6 * 3600 ? "warn" : "calm";
  return (
    <span className="clock">
      <Badge tone={tone}>{seconds < 0 ? over(text) : left(text)}</Badge> <Instant at={dueAt} />
    </span>
  );
}

/** A value that the service masked; nothing here could uncover it. */
export function Masked({ value }: { value: string | null | undefined }) {
  const t = useT();
  if (!value) return <>{NOTHING}</>;
  return (
    <span className="masked">
      <code>{value}</code> <span className="visually-hidden">({t("masked")})</span>
    </span>
  );
}

/** Secrets that an answer holds once. Leaving the page loses them, as the text says. */
export function Secrets({ items, onDone }: { items: [string, string | null | undefined][]; onDone?: () => void }) {
  const t = useT();
  const present = items.filter((item): item is [string, string] => typeof item[1] === "string");
  if (present.length === 0) return null;
  return (
    <div className="notice notice-secret">
      <p className="notice-title">{t("secret.once")}</p>
      <p>{t("secret.once.do")}</p>
      <dl className="secrets">
        {present.map(([label, value]) => (
          <Secret key={label} label={label} value={value} />
        ))}
      </dl>
      {onDone !== undefined && (
        <button type="button" className="button" onClick={onDone}>
          {t("secret.done")}
        </button>
      )}
    </div>
  );
}

function Secret({ label, value }: { label: string; value: string }) {
  const t = useT();
  const [isShown, setShown] = useState(false);
  const [result, setResult] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setResult(t("secret.copied"));
    } catch {
      setShown(true);
      setResult(t("secret.notCopied"));
    }
  };
  return (
    <div className="secret">
      <dt>{label}</dt>
      <dd>
        <code className="secret-value">{isShown ? value : "•".repeat(24)}</code>
        <span className="secret-tools no-print">
          <button type="button" className="button button-small" aria-pressed={isShown} aria-label={`${t("secret.show")}: ${label}`} onClick={() => {
            setShown(!isShown);
          }}>
            {isShown ? t("secret.hide") : t("secret.show")}
          </button>
          <button type="button" className="button button-small" aria-label={`${t("secret.copy")}: ${label}`} onClick={() => void copy()}>
            {t("secret.copy")}
          </button>
          <span role="status" className="small quiet">
            {result}
          </span>
        </span>
      </dd>
    </div>
  );
}

/** JSON as it is, for people who compare digests. */
export function Exact({ title, value }: { title: string; value: unknown }) {
  return (
    <details className="exact">
      <summary>{title}</summary>
      <pre tabIndex={0} role="region" aria-label={title}>{typeof value === "string" ? value : JSON.stringify(value, null, 2)}</pre>
    </details>
  );
}
