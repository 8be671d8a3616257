/** The audit log: search in all chains, the proof of an entry, files that keep sequence and previous hash. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { csv, download } from "../../shared/csv";
import { instantOfInput } from "../../shared/format";
import { TextField } from "../../shared/ui/forms";
import { Badge, Exact, Facts, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { type ColumnDef } from "../../shared/ui/table";
import type { components } from "../api/schema";
import { useT } from "../i18n";
import { CursorTable, justification, TicketField, useCursorList } from "../parts";
import { useClient } from "../session";

export interface Entry {
  chain: string;
  seq: number;
  event_id: string;
  occurred_at: string;
  recorded_at: string;
  action: string;
  payload: string;
  prev_hash: string;
  entry_hash: string;
}

/** Columns of the file: the position and both hashes first, so that a reader can follow the chain. */
export const FILE_COLUMNS = ["chain", "seq", "prev_hash", "entry_hash", "event_id", "occurred_at", "recorded_at", "action", "payload"];
const FIELDS = ["action", "actor", "request_id", "retailer_id", "lender_id"] as const;

function payloadOf(entry: Entry): Record<string, unknown> {
  try {
    return JSON.parse(entry.payload) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const plain = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "–");

export function AuditPage() {
  const t = useT();
  const [parameters, setParameters] = useSearchParams();
  const [selected, setSelected] = useState<Entry>();
  const asked = Object.fromEntries([...parameters].filter(([, value]) => value !== ""));
  const { ticket, ...filters } = asked;
  const query = useCursorList<Entry>(
    "/v1/admin/audit/search",
    { query: { ...filters, limit: 100 }, ...justification(ticket) },
    (answer: components["schemas"]["AuditSearchOut"]) => ({ items: answer.events as unknown as Entry[], next: answer.next }),
    { isEnabled: Object.keys(asked).length > 0 },
  );
  const entries = query.data?.pages.flatMap((page) => page.items) ?? [];
  const columns: ColumnDef<Entry>[] = [
    { accessorKey: "occurred_at", header: t("audit.at"), cell: ({ row }) => <Instant at={row.original.occurred_at} /> },
    { accessorKey: "action", header: t("audit.action"), cell: ({ row }) => <code>{row.original.action}</code> },
    { id: "actor", accessorFn: (entry) => plain(payloadOf(entry).actor), header: t("audit.actor") },
    { id: "outcome", accessorFn: (entry) => plain(payloadOf(entry).outcome), header: t("audit.outcome") },
    { accessorKey: "chain", header: t("audit.chain"), cell: ({ row }) => <Badge>{row.original.chain}</Badge> },
    { accessorKey: "seq", header: t("audit.seq"), meta: { isNumber: true } },
    {
      id: "show",
      header: t("audit.entry"),
      enableSorting: false,
      cell: ({ row }) => (
        <button
          type="button"
          className="button button-small"
          onClick={() => {
            setSelected(row.original);
          }}
        >
          {t("audit.show")}
        </button>
      ),
    },
  ];
  return (
    <>
      <PageTitle title={t("nav.audit")} lead={t("audit.lead")} />
      <Section title={t("audit.search")}>
        <SearchForm
          key={parameters.toString()}
          asked={asked}
          onSearch={(values) => {
            setSelected(undefined);
            setParameters(values);
          }}
        />
      </Section>
      {Object.keys(asked).length === 0 ? (
        <Empty title={t("audit.begin")}>{t("audit.begin.do")}</Empty>
      ) : (
        <Section title={t("audit.entries")} aside={entries.length > 0 && <Files entries={entries} />}>
          <CursorTable query={query} name={t("audit.entries")} columns={columns} empty={<Empty title={t("audit.nothing")}>{t("audit.nothing.do")}</Empty>} />
        </Section>
      )}
      {selected !== undefined && <EntrySection key={selected.entry_hash} entry={selected} ticket={ticket} />}
    </>
  );
}

function Files({ entries }: { entries: Entry[] }) {
  const t = useT();
  return (
    <div className="page-actions no-print">
      <button
        type="button"
        className="button button-small"
        onClick={() => {
          download("audit.csv", csv(FILE_COLUMNS, entries as unknown as Record<string, unknown>[]), "text/csv;charset=utf-8");
        }}
      >
        {t("table.csv")}
      </button>
      <button
        type="button"
        className="button button-small"
        onClick={() => {
          download("audit.json", JSON.stringify(entries, null, 2), "application/json");
        }}
      >
        {t("audit.json")}
      </button>
    </div>
  );
}

function SearchForm({ asked, onSearch }: { asked: Record<string, string>; onSearch: (values: Record<string, string>) => void }) {
  const t = useT();
  const submit = (form: HTMLFormElement) => {
    const values: Record<string, string> = {};
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== "string" || value.trim() === "") continue;
      values[name] = name === "since" || name === "until" ? (instantOfInput(value) ?? "") : value.trim();
    }
    onSearch(values);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        submit(event.currentTarget);
      }}
    >
      <div className="inline-form">
        {FIELDS.map((name) => (
          <TextField key={name} name={name} label={t(`audit.${name}`)} isOptional value={asked[name] ?? ""} />
        ))}
        <TextField name="since" type="datetime-local" label={t("audit.since")} isOptional value={(asked.since ?? "").slice(0, 16)} />
        <TextField name="until" type="datetime-local" label={t("audit.until")} isOptional value={(asked.until ?? "").slice(0, 16)} />
        <TicketField isOptional value={asked.ticket ?? ""} />
      </div>
      <button type="submit" className="button button-main">
        {t("audit.search")}
      </button>
    </form>
  );
}

function EntrySection({ entry, ticket }: { entry: Entry; ticket: string | undefined }) {
  const t = useT();
  const client = useClient();
  const [isAsked, setAsked] = useState(false);
  const proof = useQuery({
    queryKey: ["proof", entry.event_id],
    enabled: isAsked,
    queryFn: ({ signal }) => client.get("/v1/admin/audit/proofs", { query: { event_id: entry.event_id }, ...justification(ticket), signal }),
    refetchOnWindowFocus: false,
  });
  return (
    <Section title={`${t("audit.entry")} ${entry.chain} ${String(entry.seq)}`}>
      <Facts
        items={[
          [t("audit.action"), <code key="a">{entry.action}</code>],
          [t("audit.recorded"), <Instant key="r" at={entry.recorded_at} />],
          [t("audit.hash"), <code key="h">{entry.entry_hash}</code>],
          [t("audit.prev"), <code key="p">{entry.prev_hash}</code>],
        ]}
      />
      <Exact title={t("audit.payload")} value={payloadOf(entry)} />
      {isAsked ? (
        <Loaded query={proof}>
          {(data) =>
            data.proofs.length === 0 ? (
              <Empty title={t("audit.unsigned")}>{t("audit.unsigned.do")}</Empty>
            ) : (
              <>
                <div className="notice notice-good">
                  <p className="notice-title">{t("audit.proof.there")}</p>
                  <p>{t("audit.proof.do")}</p>
                  <button
                    type="button"
                    className="button"
                    onClick={() => {
                      download(`proof-${entry.event_id}.json`, JSON.stringify(data, null, 2), "application/json");
                    }}
                  >
                    {t("audit.proof.save")}
                  </button>
                </div>
                <Exact title={t("audit.proof")} value={data.proofs} />
              </>
            )
          }
        </Loaded>
      ) : (
        <button
          type="button"
          className="button no-print"
          onClick={() => {
            setAsked(true);
          }}
        >
          {t("audit.proof")}
        </button>
      )}
    </Section>
  );
}
