/** Parts that several of the operators' pages use. */
import { useInfiniteQuery, useQueryClient, type UseInfiniteQueryResult, type InfiniteData } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Link } from "react-router";
import type { CallOptions } from "../shared/api/client";
import { Problem } from "../shared/api/problem";
import { ConfirmDialog, SelectField, TextField } from "../shared/ui/forms";
import { Badge, Exact, Facts, Instant, type Tone } from "../shared/ui/parts";
import { Loading, MissingRoute, ProblemNotice } from "../shared/ui/states";
import { DataTable, type TableProps } from "../shared/ui/table";
import { useCode, useT } from "./i18n";
import { useClient } from "./session";

const TONES: Record<string, Tone> = {
  ...{ active: "good", announced: "good", executed: "good", resolved: "good", approved: "good", met: "good", done: "good" },
  ...{ proposed: "warn", open: "warn", due_soon: "warn", contained: "info", acknowledged: "info", requested: "info" },
  ...{ suspended: "bad", revoked: "bad", rejected: "bad", overdue: "bad", missed: "bad", P1: "bad", P2: "warn" },
};
/** What retailers are asked to consent to. */
export const PURPOSES = ["working_capital_loan", "trade_credit", "invoice_financing", "term_loan"];
export const TICKET = "[A-Z]{2,10}-[0-9]{1,8}";

export function Status({ status }: { status: string }) {
  const code = useCode();
  return <Badge tone={TONES[status] ?? "calm"}>{code("status", status)}</Badge>;
}

export interface CursorPage<T> {
  items: T[];
  next: string | null | undefined;
}
type CursorQuery<T> = UseInfiniteQueryResult<InfiniteData<CursorPage<T>, string | undefined>>;

/** A list that is read page by page. Args: read: takes the items and the cursor out of an answer. */
export function useCursorList<T>(
  path: string,
  options: CallOptions,
  read: (answer: never) => CursorPage<T>,
  { isEnabled = true, refetchInterval = false }: { isEnabled?: boolean; refetchInterval?: number | false } = {},
): CursorQuery<T> {
  const client = useClient();
  return useInfiniteQuery({
    queryKey: [path, options.query, options.path, options.headers],
    enabled: isEnabled,
    refetchInterval,
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...options.query, cursor: pageParam };
      return read((await client.call("GET", path, undefined, { ...options, query, signal })) as never);
    },
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

export const itemsOf = <T,>(answer: { items: T[]; next_cursor?: string | null }): CursorPage<T> => ({
  items: answer.items,
  next: answer.next_cursor,
});

/** A table of such a list. An absent route is said to be absent: nothing takes its place. */
export function CursorTable<T extends object>({ query, ...table }: { query: CursorQuery<T> } & Omit<TableProps<T>, "rows">) {
  const t = useT();
  if (query.isPending) return <Loading />;
  if (query.isError) {
    if (query.error instanceof Problem && query.error.isMissingRoute) return <MissingRoute />;
    return <ProblemNotice error={query.error} retry={() => void query.refetch()} />;
  }
  const more = query.hasNextPage && (
    <div className="form-actions no-print">
      <button type="button" className="button" disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
        {query.isFetchingNextPage ? t("state.loading") : t("state.more")}
      </button>
    </div>
  );
  return <DataTable {...table} rows={query.data.pages.flatMap((page) => page.items)} footer={more} />;
}

export interface Requested {
  approval_id: string;
  state: string;
  content: unknown;
  content_sha256: string;
  expires_at: string;
}

export function isRequested(answer: unknown): answer is Requested {
  return (
    typeof answer === "object" && answer !== null && "approval_id" in answer && "content_sha256" in answer && "expires_at" in answer
  );
}

/** What came of an action: carried out, or waiting for another person. */
export function Outcome({ answer, children }: { answer: unknown; children?: ReactNode }) {
  const t = useT();
  if (!isRequested(answer))
    return (
      <div className="notice notice-good">
        <p className="notice-title">{t("outcome.done")}</p>
        {children}
        <Exact title={t("outcome.answer")} value={answer} />
      </div>
    );
  return (
    <div className="notice notice-warn">
      <p className="notice-title">{t("outcome.waits")}</p>
      <p>
        {t("outcome.waits.do")}{" "}
        <Link to={`/approvals/${answer.approval_id}`}>{answer.approval_id}</Link>
      </p>
      <Facts
        items={[
          [t("approvals.digest"), <code key="digest">{answer.content_sha256}</code>],
          [t("approvals.expires"), <Instant key="expires" at={answer.expires_at} />],
        ]}
      />
    </div>
  );
}

export function ReasonField({ reasons, error }: { reasons: readonly string[]; error?: string | undefined }) {
  const t = useT();
  const code = useCode();
  return (
    <SelectField
      name="reason"
      label={t("common.reason")}
      choices={reasons.map((value) => ({ value, label: code("reason", value) }))}
      error={error}
    />
  );
}

/** For which lenders retailers may be asked. */
export function LenderChoices({ lenders, error }: { lenders: { lender_id: string; name: string }[]; error: string | undefined }) {
  const t = useT();
  return (
    <fieldset>
      <legend>{t("invitations.lenders")}</legend>
      {lenders.map((row) => (
        <label key={row.lender_id} className="check">
          <input type="checkbox" name="lender_scope" value={row.lender_id} />
          {row.name}
        </label>
      ))}
      {error !== undefined && <p className="field-error">{error}</p>}
    </fieldset>
  );
}

export function TicketField({ isOptional = false, error, value }: { isOptional?: boolean; error?: string | undefined; value?: string }) {
  const t = useT();
  return (
    <TextField
      name="ticket"
      label={t("common.ticket")}
      hint={t("common.ticket.hint")}
      pattern={TICKET}
      isOptional={isOptional}
      error={error}
      {...(value === undefined ? {} : { value })}
    />
  );
}

/** The header that says why personal data are looked at. */
export function justification(ticket: string | null | undefined): { headers?: Record<string, string> } {
  return ticket ? { headers: { "X-Justification-Ticket": ticket } } : {};
}

/** Asks once more before a call; once it is answered the list is read anew, and a refusal stays in the dialog. */
export function ConfirmedCall({
  title,
  text,
  typed,
  isDangerous,
  list,
  call,
  onDone,
}: {
  title: string;
  text: string;
  typed?: string;
  isDangerous: boolean;
  list: string;
  call: () => Promise<unknown>;
  onDone: () => void;
}) {
  const queries = useQueryClient();
  const [error, setError] = useState<unknown>(undefined);
  const answered = (isConfirmed: boolean) => {
    if (!isConfirmed) {
      onDone();
      return;
    }
    call()
      .then(() => {
        onDone();
        return queries.invalidateQueries({ queryKey: [list] });
      })
      .catch(setError);
  };
  return (
    <ConfirmDialog
      title={title}
      text={
        <>
          <p>{text}</p>
          {error !== undefined && <ProblemNotice error={error} />}
        </>
      }
      {...(typed === undefined ? {} : { typed })}
      confirmLabel={title}
      isDangerous={isDangerous}
      onAnswer={answered}
    />
  );
}
