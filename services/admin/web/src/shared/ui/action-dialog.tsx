/** Shows exactly what will be sent and has the person confirm it with their key: what is shown is what is signed. */
import { useId, useState } from "react";
import type { Action } from "../api/client";
import { useT } from "../i18n";
import { ProblemNotice } from "./states";

function readable(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body;
  }
}

export function ActionDialog({
  action,
  confirm,
  onAnswer,
}: {
  action: Action;
  confirm: (action: Action) => Promise<string | undefined>;
  onAnswer: (assertion: string | undefined) => void;
}) {
  const t = useT();
  const id = useId();
  const [isWaiting, setWaiting] = useState(false);
  const [isDeclined, setDeclined] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const open = (dialog: HTMLDialogElement | null) => {
    if (dialog !== null && !dialog.open) dialog.showModal();
  };
  const touch = async () => {
    setWaiting(true);
    setDeclined(false);
    setError(undefined);
    try {
      const assertion = await confirm(action);
      if (assertion === undefined) setDeclined(true);
      else onAnswer(assertion);
    } catch (failure) {
      setError(failure);
    } finally {
      setWaiting(false);
    }
  };
  return (
    <dialog
      ref={open}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onAnswer(undefined);
      }}
    >
      <h2 id={id}>{t("key.title")}</h2>
      <p>{t("key.do")}</p>
      <pre tabIndex={0} role="region" aria-label={t("form.exact")}>
        {`${action.method} ${action.path}${action.body === "" ? "" : `\n\n${readable(action.body)}`}`}
      </pre>
      {isDeclined && (
        <p className="notice notice-warn" role="alert">
          {t("key.declined")}
        </p>
      )}
      {error !== undefined && <ProblemNotice error={error} />}
      <div className="form-actions">
        <button
          type="button"
          className="button"
          onClick={() => {
            onAnswer(undefined);
          }}
        >
          {t("form.cancel")}
        </button>
        <button type="button" className="button button-main" disabled={isWaiting} onClick={() => void touch()}>
          {isWaiting ? t("form.sending") : t("key.touch")}
        </button>
      </div>
    </dialog>
  );
}
