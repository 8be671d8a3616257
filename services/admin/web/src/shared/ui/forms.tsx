/** Parts of forms: a field with its label, hint and error; a form that sends once and says what came of it. */
import { useId, useRef, useState, type ReactNode, type SyntheticEvent } from "react";
import { Problem, type FieldProblem } from "../api/problem";
import { useT } from "../i18n";
import { ProblemNotice } from "./states";

interface Common {
  name: string;
  label: string;
  hint?: string | undefined;
  isOptional?: boolean;
  error?: string | undefined;
}

function Frame({
  common,
  children,
}: {
  common: Common;
  children: (ids: { id: string; describedBy: string | undefined; isInvalid: boolean }) => ReactNode;
}) {
  const t = useT();
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const describedBy = [common.hint && hintId, common.error && errorId].filter(Boolean).join(" ");
  return (
    <div className="field">
      <label htmlFor={id}>
        {common.label}
        {common.isOptional === true && <span className="quiet"> ({t("form.optional")})</span>}
      </label>
      {common.hint !== undefined && (
        <p id={hintId} className="hint">
          {common.hint}
        </p>
      )}
      {children({ id, describedBy: describedBy === "" ? undefined : describedBy, isInvalid: common.error !== undefined })}
      {common.error !== undefined && (
        <p id={errorId} className="field-error">
          {common.error}
        </p>
      )}
    </div>
  );
}

export function TextField({
  type = "text",
  pattern,
  value,
  autoComplete = "off",
  maxLength,
  min,
  max,
  ...common
}: Common & {
  type?: "text" | "number" | "password" | "datetime-local" | "date" | "search";
  pattern?: string;
  value?: string;
  autoComplete?: string;
  maxLength?: number;
  min?: number | string;
  max?: number | string;
}) {
  return (
    <Frame common={common}>
      {({ id, describedBy, isInvalid }) => (
        <input
          id={id}
          name={common.name}
          type={type}
          defaultValue={value}
          required={common.isOptional !== true}
          pattern={pattern}
          maxLength={maxLength}
          min={min}
          max={max}
          autoComplete={autoComplete}
          spellCheck={false}
          aria-describedby={describedBy}
          aria-invalid={isInvalid || undefined}
        />
      )}
    </Frame>
  );
}

export function TextArea({ rows = 4, value, isCode = false, maxLength, ...common }: Common & { rows?: number; value?: string; isCode?: boolean; maxLength?: number }) {
  return (
    <Frame common={common}>
      {({ id, describedBy, isInvalid }) => (
        <textarea
          id={id}
          name={common.name}
          rows={rows}
          className={isCode ? "code" : undefined}
          defaultValue={value}
          maxLength={maxLength}
          required={common.isOptional !== true}
          spellCheck={!isCode}
          aria-describedby={describedBy}
          aria-invalid={isInvalid || undefined}
        />
      )}
    </Frame>
  );
}

export interface Choice {
  value: string;
  label: string;
}

export function SelectField({ choices, value, ...common }: Common & { choices: Choice[]; value?: string }) {
  return (
    <Frame common={common}>
      {({ id, describedBy, isInvalid }) => (
        <select
          id={id}
          name={common.name}
          defaultValue={value ?? ""}
          required={common.isOptional !== true}
          aria-describedby={describedBy}
          aria-invalid={isInvalid || undefined}
        >
          {value === undefined && <option value="">–</option>}
          {choices.map((choice) => (
            <option key={choice.value} value={choice.value}>
              {choice.label}
            </option>
          ))}
        </select>
      )}
    </Frame>
  );
}

export function CheckField({ name, label, hint, value = "on" }: { name: string; label: string; hint?: string; value?: string }) {
  const id = useId();
  return (
    <div className="check">
      <input id={id} name={name} type="checkbox" value={value} aria-describedby={hint ? `${id}-hint` : undefined} />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint !== undefined && (
          <p id={`${id}-hint`} className="hint">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}

/** What a form's fields hold, as text. */
export class Fields {
  private readonly data: FormData;

  constructor(form: HTMLFormElement) {
    this.data = new FormData(form);
  }

  text(name: string): string {
    const value = this.data.get(name);
    return typeof value === "string" ? value.trim() : "";
  }

  optional(name: string): string | null {
    const value = this.text(name);
    return value === "" ? null : value;
  }

  number(name: string): number {
    return Number(this.text(name));
  }

  isChecked(name: string): boolean {
    return this.data.has(name);
  }

  all(name: string): string[] {
    return this.data.getAll(name).filter((value) => typeof value === "string");
  }

  /** Lines or comma-separated values, without the empty ones. */
  list(name: string): string[] {
    return this.text(name).split(/[\s,]+/).filter((value) => value !== "");
  }
}

export type FieldErrors = (name: string) => string | undefined;

export function errorsOf(fields: FieldProblem[]): FieldErrors {
  return (name) => fields.find((problem) => problem.field === name || problem.field.endsWith(`.${name}`))?.reason;
}

/** A form that sends once at a time and shows the service's answer; it clears nothing that was refused.
 *
 * Args:
 *   send: does the call; what it throws is shown, a refusal's fields at their places.
 *   confirm: asks before sending; the text that must be typed, where one is needed.
 */
export function SendForm<T>({
  title,
  description,
  sendLabel,
  isDangerous = false,
  confirm,
  send,
  done,
  children,
}: {
  title?: string;
  description?: ReactNode;
  sendLabel: string;
  isDangerous?: boolean;
  confirm?: { title: string; text: ReactNode; typed?: string };
  /** The id of the command: the same when the same content is sent again after a failure. */
  send: (fields: Fields, commandId: string) => Promise<T>;
  done?: (answer: T) => ReactNode;
  children?: (errors: FieldErrors) => ReactNode;
}) {
  const t = useT();
  const form = useRef<HTMLFormElement>(null);
  const [isSending, setSending] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  const [answer, setAnswer] = useState<{ value: T } | undefined>(undefined);
  const [commandId, setCommandId] = useState(() => crypto.randomUUID());
  const problem = error instanceof Problem ? error : undefined;

  const perform = async () => {
    if (form.current === null || isSending) return;
    setSending(true);
    setError(undefined);
    setAnswer(undefined);
    try {
      setAnswer({ value: await send(new Fields(form.current), commandId) });
      setCommandId(crypto.randomUUID());
      form.current.reset();
    } catch (failure) {
      setError(failure);
    } finally {
      setSending(false);
    }
  };
  const submitted = (event: SyntheticEvent) => {
    event.preventDefault();
    if (confirm === undefined) void perform();
    else setAsking(true);
  };
  return (
    <form
      ref={form}
      className="form"
      onSubmit={submitted}
      onChange={() => {
        setCommandId(crypto.randomUUID());
      }}
      aria-label={title}
    >
      {title !== undefined && <h3>{title}</h3>}
      {description !== undefined && <p className="quiet">{description}</p>}
      {children?.(errorsOf(problem?.fields ?? []))}
      {error !== undefined && <ProblemNotice error={error} />}
      <div className="form-actions">
        <button type="submit" className={isDangerous ? "button button-danger" : "button button-main"} disabled={isSending}>
          {isSending ? t("form.sending") : sendLabel}
        </button>
      </div>
      <div role="status">{answer !== undefined && done?.(answer.value)}</div>
      {confirm !== undefined && isAsking && (
        <ConfirmDialog
          {...confirm}
          isDangerous={isDangerous}
          confirmLabel={sendLabel}
          onAnswer={(isConfirmed) => {
            setAsking(false);
            if (isConfirmed) void perform();
          }}
        />
      )}
    </form>
  );
}

/** Asks before something that cannot be taken back; the browser's own dialog keeps the focus and gives it back. */
export function ConfirmDialog({
  title,
  text,
  typed,
  confirmLabel,
  isDangerous = false,
  onAnswer,
}: {
  title: string;
  text: ReactNode;
  typed?: string;
  confirmLabel: string;
  isDangerous?: boolean;
  onAnswer: (isConfirmed: boolean) => void;
}) {
  const t = useT();
  const [written, setWritten] = useState("");
  const id = useId();
  const open = (dialog: HTMLDialogElement | null) => {
    if (dialog !== null && !dialog.open) dialog.showModal();
  };
  return (
    <dialog
      ref={open}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onAnswer(false);
      }}
    >
      <h2 id={id}>{title}</h2>
      <div>{text}</div>
      {typed !== undefined && (
        <label className="field">
          {t("form.typeToConfirm", { text: typed })}
          <input
            value={written}
            autoComplete="off"
            onChange={(event) => {
              setWritten(event.target.value);
            }}
          />
        </label>
      )}
      <div className="form-actions">
        <button
          type="button"
          className="button"
          onClick={() => {
            onAnswer(false);
          }}
        >
          {t("form.cancel")}
        </button>
        <button
          type="button"
          className={isDangerous ? "button button-danger" : "button button-main"}
          disabled={typed !== undefined && written !== typed}
          onClick={() => {
            onAnswer(true);
          }}
        >
          {confirmLabel}
        </button>
      </div>
    </dialog>
  );
}
