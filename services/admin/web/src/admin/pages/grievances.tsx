/** Grievances: what retailers object to through their lender, with the clocks of the answer. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams, useSearchParams } from "react-router";
import { SelectField, SendForm, TextArea, TextField } from "../../shared/ui/forms";
import { Clock, Exact, Facts, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { type ColumnDef } from "../../shared/ui/table";
import type { components } from "../api/schema";
import { useCode, useT } from "../i18n";
import { CursorTable, Outcome, Status, useCursorList } from "../parts";
import { useClient, useMay, useSession } from "../session";

type Grievance = components["schemas"]["GrievanceOut"];

const STATUSES = ["open", "acknowledged", "resolved"];
const OPERATOR = "[a-z][a-z0-9_.@\\-]{0,63}";
const OUTCOMES = ["data_corrected", "score_confirmed", "consent_settled", "answered"];

/** What a version with assignment, notes and evidence answers in addition. */
interface Wide {
  assigned_to: string | null;
  rescoring_requested_at: string | null;
  status: string;
}

function isWide(grievance: object): grievance is Wide {
  return "assigned_to" in grievance;
}

function useClockTexts() {
  const t = useT();
  return { left: (time: string) => t("clock.left", { time }), over: (time: string) => t("clock.over", { time }) };
}

export function GrievancesPage() {
  const t = useT();
  const code = useCode();
  const clock = useClockTexts();
  const [parameters, setParameters] = useSearchParams();
  const filters = filtersOf(parameters);
  const query = useCursorList<Grievance>(
    "/v1/admin/grievances",
    { query: { ...filters, limit: 100 } },
    (answer: components["schemas"]["GrievancesOut"]) => ({ items: answer.grievances, next: answer.next_cursor }),
    { refetchInterval: 60_000 },
  );
  const columns: ColumnDef<Grievance>[] = [
    { accessorKey: "grievance_id", header: t("common.id"), cell: ({ row }) => <Link to={`/grievances/${row.original.grievance_id}`}>{row.original.grievance_id}</Link> },
    { accessorKey: "grievance_type", header: t("grievances.type"), cell: ({ row }) => code("kind", row.original.grievance_type) },
    { accessorKey: "status", header: t("common.status"), cell: ({ row }) => <Status status={row.original.status} /> },
    { id: "due", accessorFn: (row) => row.sla.due_at, header: t("grievances.due"), cell: ({ row }) => <Clock dueAt={row.original.sla.due_at} isDone={row.original.status === "resolved"} {...clock} /> },
    { accessorKey: "assigned_to", header: t("grievances.assignedTo"), cell: ({ row }) => row.original.assigned_to ?? "–" },
    { accessorKey: "lender_id", header: t("common.lender") },
    { accessorKey: "filed_at", header: t("grievances.filed"), cell: ({ row }) => <Instant at={row.original.filed_at} /> },
  ];
  const isFiltered = Object.values(filters).some((value) => value !== undefined);
  return (
    <>
      <PageTitle title={t("nav.grievances")} lead={t("grievances.lead")} />
      <Section title={filters.status === "resolved" ? code("status", "resolved") : t("grievances.open")} aside={<FilterBar filters={filters} onFilter={setParameters} />}>
        <CursorTable
          query={query}
          name={t("nav.grievances")}
          columns={columns}
          csvName="grievances"
          empty={isFiltered ? <Empty title={t("table.noMatch")}>{t("grievances.noMatch.do")}</Empty> : <Empty title={t("grievances.none")}>{t("grievances.none.do")}</Empty>}
        />
      </Section>
    </>
  );
}

interface Filters {
  status: string | undefined;
  overdue: "true" | undefined;
  assignee: string | undefined;
}

/** What the address asks for; a value that the service does not know is no filter. */
function filtersOf(parameters: URLSearchParams): Filters {
  const assignee = parameters.get("assignee") ?? "";
  return {
    status: STATUSES.find((name) => name === parameters.get("status")),
    overdue: parameters.get("overdue") === "true" ? "true" : undefined,
    assignee: new RegExp(`^(?:${OPERATOR})$`).test(assignee) ? assignee : undefined,
  };
}

function FilterBar({ filters, onFilter }: { filters: Filters; onFilter: (parameters: Record<string, string>) => void }) {
  const t = useT();
  const code = useCode();
  const { session } = useSession();
  const people = [...new Set([session?.operator_id, filters.assignee])].filter((name) => name !== undefined);
  const choices: [keyof Filters, string, string, [string, string][]][] = [
    ["status", t("common.status"), t("grievances.unresolved"), STATUSES.map((name) => [name, code("status", name)])],
    ["overdue", t("grievances.due"), t("grievances.anyClock"), [["true", code("status", "overdue")]]],
    ["assignee", t("grievances.assignedTo"), t("grievances.anybody"), people.map((name) => [name, name])],
  ];
  return (
    <div className="page-actions no-print">
      {choices.map(([name, label, every, options]) => (
        <label key={name}>
          {label}
          <select
            value={filters[name] ?? ""}
            onChange={(event) => {
              const asked = Object.entries({ ...filters, [name]: event.target.value }).filter(([, value]) => value !== undefined && value !== "");
              onFilter(Object.fromEntries(asked) as Record<string, string>);
            }}
          >
            <option value="">{every}</option>
            {options.map(([value, text]) => (
              <option key={value} value={value}>
                {text}
              </option>
            ))}
          </select>
        </label>
      ))}
    </div>
  );
}

export function GrievancePage() {
  const t = useT();
  const code = useCode();
  const may = useMay();
  const client = useClient();
  const queries = useQueryClient();
  const clock = useClockTexts();
  const { grievanceId = "" } = useParams();
  const path = { grievance_id: grievanceId };
  const query = useQuery({
    queryKey: ["grievance", grievanceId],
    queryFn: ({ signal }) => client.get("/v1/admin/grievances/{grievance_id}", { path, signal }),
    refetchOnWindowFocus: false, // each reading decrypts the description and is audited
  });
  const changed = () => {
    void queries.invalidateQueries({ queryKey: ["grievance", grievanceId] });
    void queries.invalidateQueries({ queryKey: ["/v1/admin/grievances"] });
  };
  return (
    <>
      <PageTitle title={t("grievances.title")} lead={<code>{grievanceId}</code>} />
      <Loaded query={query}>
        {(data) => (
          <>
            <Section title={t("common.facts")}>
              <Facts
                items={[
                  [t("common.status"), <Status key="s" status={data.status} />],
                  [t("grievances.due"), <Clock key="d" dueAt={data.sla.due_at} isDone={data.status === "resolved"} {...clock} />],
                  [t("grievances.type"), code("kind", data.grievance_type)],
                  [t("common.lender"), <Link key="l" to={`/lenders/${data.lender_id}`}>{data.lender_id}</Link>],
                  [t("common.retailer"), <Link key="r" to={`/retailers/${data.retailer_id}`}>{data.retailer_id}</Link>],
                  [t("grievances.score"), <code key="c">{data.score_id}</code>],
                  [t("grievances.filed"), <Instant key="f" at={data.filed_at} />],
                  [t("grievances.acknowledged"), data.acknowledged_by === null ? "–" : <span key="a"><Instant at={data.acknowledged_at} /> · {data.acknowledged_by}</span>],
                ]}
              />
            </Section>
            <Section title={t("grievances.description")}>
              <p className="hint">{t("grievances.description.hint")}</p>
              {data.description === null ? <p>{t("grievances.undecryptable")}</p> : <blockquote className="prose">{data.description}</blockquote>}
            </Section>
            {data.resolution !== null && (
              <Section title={t("grievances.resolution")}>
                <p className="prose">{data.resolution}</p>
                <p className="quiet small">
                  <Instant at={data.resolved_at} /> · {data.resolved_by}
                </p>
              </Section>
            )}
            {isWide(data) && may("handle_grievances") && <HandlerSections grievanceId={grievanceId} grievance={data} onChanged={changed} />}
            {may("handle_grievances") && data.status !== "resolved" && (
              <div className="columns">
                {data.status === "open" && (
                  <Section title={t("grievances.acknowledge")}>
                    <SendForm
                      description={t("grievances.acknowledge.lead")}
                      sendLabel={t("grievances.acknowledge")}
                      send={async (_, commandId) => {
                        const answer = await client.call("POST", "/v1/admin/grievances/{grievance_id}/acknowledge", undefined, { path, commandId });
                        changed();
                        return answer;
                      }}
                      done={(answer) => <Outcome answer={answer} />}
                    />
                  </Section>
                )}
                <Section title={t("grievances.resolve")}>
                  <SendForm
                    description={t("grievances.resolve.lead")}
                    sendLabel={t("grievances.resolve")}
                    confirm={{ title: t("grievances.resolve"), text: t("grievances.resolve.confirm") }}
                    send={async (fields, commandId) => {
                      const body = { resolution: fields.text("resolution"), ...(isWide(data) ? { outcome: fields.text("outcome") } : {}) };
                      const answer = await client.call("POST", "/v1/admin/grievances/{grievance_id}/resolve", body, { path, commandId });
                      changed();
                      return answer;
                    }}
                    done={(answer) => <Outcome answer={answer} />}
                  >
                    {(error) => (
                      <>
                        {isWide(data) && (
                          <SelectField name="outcome" label={t("audit.outcome")} choices={OUTCOMES.map((value) => ({ value, label: code("kind", value) }))} error={error("outcome")} />
                        )}
                        <TextArea name="resolution" label={t("grievances.resolution")} hint={t("grievances.resolution.hint")} rows={6} maxLength={2000} error={error("resolution")} />
                      </>
                    )}
                  </SendForm>
                </Section>
              </div>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

interface Notes {
  items: { seq: number; author: string; noted_at: string; text: string | null }[];
}

function HandlerSections({ grievanceId, grievance, onChanged }: { grievanceId: string; grievance: Wide; onChanged: () => void }) {
  const t = useT();
  const client = useClient();
  const queries = useQueryClient();
  const path = { grievance_id: grievanceId };
  const base = "/v1/admin/grievances/{grievance_id}";
  const evidence = useQuery({
    queryKey: ["grievance-evidence", grievanceId],
    queryFn: ({ signal }) => client.call("GET", `${base}/evidence`, undefined, { path, signal }),
    refetchOnWindowFocus: false,
  });
  const notes = useQuery({
    queryKey: ["grievance-notes", grievanceId],
    queryFn: async ({ signal }) => (await client.call("GET", `${base}/notes`, undefined, { path, signal })) as Notes,
    refetchOnWindowFocus: false,
  });
  const send = async (part: string, body: unknown, commandId: string) => {
    const answer = await client.call("POST", `${base}/${part}`, body, { path, commandId });
    onChanged();
    void queries.invalidateQueries({ queryKey: ["grievance-notes", grievanceId] });
    return answer;
  };
  return (
    <div className="columns">
      <Section title={t("grievances.evidence")}>
        <p className="quiet">{t("grievances.evidence.lead")}</p>
        <Loaded query={evidence} isOptional>
          {(data) => <Exact title={t("grievances.evidence")} value={data} />}
        </Loaded>
        {grievance.rescoring_requested_at === null ? (
          <SendForm
            sendLabel={t("grievances.rescore")}
            description={t("grievances.rescore.lead")}
            send={(_, commandId) => send("request-rescoring", undefined, commandId)}
            done={(answer) => <Outcome answer={answer} />}
          />
        ) : (
          <p>
            {t("grievances.rescored")} <Instant at={grievance.rescoring_requested_at} />
          </p>
        )}
      </Section>
      <Section title={t("grievances.notes")}>
        <Loaded query={notes} isOptional>
          {(data) => (
            <ol className="timeline">
              {data.items.map((note) => (
                <li key={note.seq}>
                  <div className="prose">{note.text ?? t("grievances.undecryptable")}</div>
                  <span className="quiet small">
                    {note.author} · <Instant at={note.noted_at} />
                  </span>
                </li>
              ))}
            </ol>
          )}
        </Loaded>
        <SendForm sendLabel={t("grievances.note")} send={(fields, commandId) => send("notes", { note: fields.text("note") }, commandId)}>
          {(error) => <TextArea name="note" label={t("grievances.note")} maxLength={2000} error={error("note")} />}
        </SendForm>
      </Section>
      <Section title={t("grievances.assign")}>
        <Facts items={[[t("grievances.assignedTo"), grievance.assigned_to ?? "–"]]} />
        <SendForm sendLabel={t("grievances.assign")} send={(fields, commandId) => send("assign", { assignee: fields.optional("assignee") }, commandId)}>
          {(error) => <TextField name="assignee" label={t("operators.operator")} hint={t("grievances.assign.hint")} isOptional pattern={OPERATOR} error={error("assignee")} />}
        </SendForm>
      </Section>
    </div>
  );
}
