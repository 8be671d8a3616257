/** Whom to invite: pasted ids or rows chosen in the list; nothing is sent before the exact number is confirmed. */
import { useId, useState } from "react";
import { Link } from "react-router";
import { NoAnswer } from "../../shared/api/problem";
import { useLanguages } from "../../shared/i18n";
import { ConfirmDialog } from "../../shared/ui/forms";
import { ProblemNotice } from "../../shared/ui/states";
import { MAX_INVITED, type InvitesResult } from "../api";
import { useT, type TextKey } from "../i18n";
import { readPastedIds, type PastedIds } from "../retailerIds";

const OUTCOMES = ["invited", "already_open", "unreachable", "refused", "unknown"] as const;
const SHOWN_INVALID = 10;

type Outcome = { state: "idle" | "asking" | "sending" } | { state: "done"; result: InvitesResult } | { state: "failed"; error: unknown };

export function InviteForm({
  chosen,
  invite,
}: {
  chosen: string[];
  invite: (retailerIds: readonly string[], language: string) => Promise<InvitesResult>;
}) {
  const t = useT();
  const id = useId();
  const languages = useLanguages();
  const [text, setText] = useState(chosen.join("\n"));
  const [language, setLanguage] = useState<"hi" | "en">("hi");
  const [isEmpty, setEmpty] = useState(false);
  const [outcome, setOutcome] = useState<Outcome>({ state: "idle" });
  const pasted = readPastedIds(text);
  const over = pasted.ids.length - MAX_INVITED;
  const isBlocked = pasted.invalid.length > 0 || over > 0;
  const ask = () => {
    setEmpty(pasted.ids.length === 0);
    if (pasted.ids.length > 0 && !isBlocked) setOutcome({ state: "asking" });
  };
  const send = async () => {
    setOutcome({ state: "sending" });
    try {
      const result = await invite(pasted.ids, language);
      setOutcome({ state: "done", result });
      setText("");
    } catch (error) {
      setOutcome({ state: "failed", error });
    }
  };
  const name = t(`invites.language.${language}`);
  return (
    <form
      className="form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        ask();
      }}
    >
      <div className="field">
        <label htmlFor={id}>{t("invites.paste")}</label>
        <p className="hint" id={`${id}-hint`}>
          {t("invites.paste.hint")} <Link to="/retailers">{t("invites.how.list")}</Link>
        </p>
        <textarea
          id={id}
          className="code"
          rows={Math.min(10, Math.max(4, pasted.ids.length + 1))}
          value={text}
          spellCheck={false}
          aria-describedby={`${id}-hint ${id}-read`}
          aria-invalid={isBlocked || isEmpty || undefined}
          onChange={(event) => {
            setText(event.target.value);
            setEmpty(false);
          }}
        />
        <div id={`${id}-read`} role="status">
          <Read pasted={pasted} over={over} isEmpty={isEmpty} />
        </div>
      </div>
      <fieldset>
        <legend>{t("invites.language")}</legend>
        {(["hi", "en"] as const).map((choice) => (
          <label className="check" key={choice}>
            <input type="radio" name={`${id}-language`} checked={language === choice} onChange={() => setLanguage(choice)} />
            {t(`invites.language.${choice}`)}
          </label>
        ))}
      </fieldset>
      <div className="form-actions">
        <button type="submit" className="button button-main" disabled={outcome.state === "sending"}>
          {t(outcome.state === "sending" ? "form.sending" : "invites.continue")}
        </button>
      </div>
      <div role="status">
        {outcome.state === "done" && <Result result={outcome.result} />}
        {outcome.state === "failed" && <Failure error={outcome.error} />}
      </div>
      {outcome.state === "asking" && (
        <ConfirmDialog
          key={languages.language}
          title={counted(t, "invites.confirm.title", pasted.ids, name)}
          text={<p>{counted(t, "invites.confirm.text", pasted.ids, name)}</p>}
          confirmLabel={counted(t, "invites.confirm.send", pasted.ids, name)}
          onAnswer={(isConfirmed) => {
            if (isConfirmed) void send();
            else setOutcome({ state: "idle" });
          }}
        />
      )}
    </form>
  );
}

/** A text about exactly these shops; of a single one it names the id. */
function counted(t: ReturnType<typeof useT>, key: "invites.confirm.title" | "invites.confirm.text" | "invites.confirm.send", ids: readonly string[], language: string): string {
  const values = { count: ids.length, id: ids[0] ?? "", language };
  return ids.length === 1 ? t(`${key}.single`, values) : t(key, values);
}

function Read({ pasted, over, isEmpty }: { pasted: PastedIds; over: number; isEmpty: boolean }) {
  const t = useT();
  if (isEmpty) return <p className="field-error">{t("invites.none")}</p>;
  return (
    <>
      {pasted.ids.length > 0 && (
        <p className="hint">
          {t("invites.read", { count: pasted.ids.length })}
          {pasted.repeated > 0 && <>; {t("invites.repeated", { count: pasted.repeated })}</>}
        </p>
      )}
      {over > 0 && <p className="field-error">{t("invites.toomany", { max: MAX_INVITED, over })}</p>}
      {pasted.invalid.length > 0 && (
        <p className="field-error">
          {t("invites.invalid", { count: pasted.invalid.length })}{" "}
          {pasted.invalid.slice(0, SHOWN_INVALID).map((piece, index) => (
            <code key={index}>{piece.slice(0, 40)} </code>
          ))}
        </p>
      )}
    </>
  );
}

/** Every outcome with its number, the ones that concern nobody left out. */
export function Result({ result }: { result: InvitesResult }) {
  const t = useT();
  return (
    <div className="notice notice-good">
      <p className="notice-title">{t("invites.result")}</p>
      <ul className="advice">
        {OUTCOMES.filter((outcome) => outcome === "invited" || result[outcome] > 0).map((outcome) => (
          <li key={outcome}>
            <strong>{result[outcome]}</strong> {t(`invites.result.${outcome}` as TextKey)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Without an answer nobody knows what was sent, and the page does not guess. */
function Failure({ error }: { error: unknown }) {
  const t = useT();
  return error instanceof NoAnswer ? (
    <div className="notice notice-warn">
      <p>{t("invites.result.unsure")}</p>
    </div>
  ) : (
    <ProblemNotice error={error} />
  );
}
