/** Incidents: severity, clocks of the law, steps of the response, switches, affected people, timeline; a drill too. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { csv, download } from "../../shared/csv";
import { instantOfInput } from "../../shared/format";
import { CheckField, SelectField, SendForm, TextArea, TextField } from "../../shared/ui/forms";
import { Badge, Clock, Count, Facts, Instant, PageTitle, Section, type Tone } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { DataTable, type ColumnDef } from "../../shared/ui/table";
import { useCode, useT } from "../i18n";
import { CursorTable, itemsOf, Outcome, Status, useCursorList } from "../parts";
import { useClient } from "../session";
import { NoticesSection } from "./incident-notices";

interface ClockRow {
  clock: string;
  due_at: string;
  state: string;
  seconds_left: number | null;
  met_at: string | null;
  met_by: string | null;
}
interface Summary {
  incident_id: string;
  title: string;
  kind: string;
  severity: string;
  is_drill: boolean;
  is_reportable: boolean | null;
  status: string;
  aware_at: string;
  opened_by: string;
  opened_at: string;
  clocks: ClockRow[];
}
interface Step {
  step: string;
  text: string;
  state: string | null;
  by: string | null;
  at: string | null;
  note: string | null;
}
interface Incident extends Summary {
  steps: Step[];
}
interface TimelineEntry {
  seq: number;
  at: string;
  by: string;
  kind: string;
  subject: string;
  outcome: string;
  note: string;
  entry_sha256: string;
  audit_chain: string | null;
  audit_seq: number | null;
}

const KINDS = ["data_breach", "unauthorised_access", "ransomware", "platform_outage", "authentication_down", "model_serving_down", "consent_down", "anomalous_access", "component_degraded", "test_finding", "policy_violation", "vulnerability"];
const SEVERITIES = ["P1", "P2", "P3", "P4"];
const SWITCHES = ["revoke_tokens", "stop_ingestion", "stop_serving"] as const;
const CLOCK_TONES: Record<string, Tone> = { running: "info", due_soon: "warn", overdue: "bad", met: "good", missed: "bad", void: "calm" };

export function IncidentsPage() {
  const t = useT();
  const code = useCode();
  const query = useCursorList<Summary>("/v1/admin/incidents", {}, itemsOf<Summary>);
  const columns: ColumnDef<Summary>[] = [
    { accessorKey: "severity", header: t("incidents.severity"), cell: ({ row }) => <Status status={row.original.severity} /> },
    {
      accessorKey: "title",
      header: t("incidents.name"),
      cell: ({ row }) => (
        <>
          <Link to={`/incidents/${row.original.incident_id}`}>{row.original.title}</Link> {row.original.is_drill && <Badge tone="info">{t("incidents.drill")}</Badge>}
        </>
      ),
    },
    { accessorKey: "kind", header: t("incidents.kind"), cell: ({ row }) => code("kind", row.original.kind) },
    { accessorKey: "status", header: t("common.status"), cell: ({ row }) => <Status status={row.original.status} /> },
    { id: "clock", header: t("incidents.next"), enableSorting: false, cell: ({ row }) => <NextClock clocks={row.original.clocks} /> },
    { accessorKey: "aware_at", header: t("incidents.aware"), cell: ({ row }) => <Instant at={row.original.aware_at} /> },
  ];
  return (
    <>
      <PageTitle
        title={t("nav.incidents")}
        lead={t("incidents.lead")}
        actions={
          <Link className="button button-main" to="/incidents/new">
            {t("incidents.new")}
          </Link>
        }
      />
      <Section title={t("nav.incidents")}>
        <CursorTable query={query} name={t("nav.incidents")} columns={columns} empty={<Empty title={t("incidents.none")}>{t("incidents.none.do")}</Empty>} />
      </Section>
    </>
  );
}

function NextClock({ clocks }: { clocks: ClockRow[] }) {
  const t = useT();
  const code = useCode();
  const next = clocks.filter((row) => row.seconds_left !== null).sort((a, b) => a.due_at.localeCompare(b.due_at))[0];
  if (next === undefined) return <>–</>;
  return (
    <>
      {code("kind", next.clock)}: <Clock dueAt={next.due_at} left={(time) => t("clock.left", { time })} over={(time) => t("clock.over", { time })} />
    </>
  );
}

export function NewIncidentPage() {
  const t = useT();
  const code = useCode();
  const client = useClient();
  return (
    <>
      <PageTitle title={t("incidents.new")} lead={t("incidents.new.lead")} />
      <Section title={t("incidents.new")}>
        <SendForm
          isDangerous
          sendLabel={t("incidents.new")}
          send={async (fields, commandId) => {
            const aware = instantOfInput(fields.text("aware_at"));
            const body = {
              title: fields.text("title"),
              kind: fields.text("kind"),
              severity: fields.text("severity"),
              is_drill: fields.isChecked("is_drill"),
              ...(aware === undefined ? {} : { aware_at: aware }),
            };
            return (await client.call("POST", "/v1/admin/incidents", body, { commandId })) as Incident;
          }}
          done={(answer) => (
            <Outcome answer={answer}>
              <Link to={`/incidents/${answer.incident_id}`}>{t("incidents.go")}</Link>
            </Outcome>
          )}
        >
          {(error) => (
            <>
              <TextField name="title" label={t("incidents.name")} hint={t("incidents.name.hint")} maxLength={200} error={error("title")} />
              <SelectField name="kind" label={t("incidents.kind")} choices={KINDS.map((value) => ({ value, label: code("kind", value) }))} error={error("kind")} />
              <SelectField name="severity" label={t("incidents.severity")} choices={SEVERITIES.map((value) => ({ value, label: code("status", value) }))} error={error("severity")} />
              <TextField name="aware_at" type="datetime-local" label={t("incidents.aware")} hint={t("incidents.aware.hint")} isOptional error={error("aware_at")} />
              <CheckField name="is_drill" label={t("incidents.drill")} hint={t("incidents.drill.hint")} />
            </>
          )}
        </SendForm>
      </Section>
    </>
  );
}

export function IncidentPage() {
  const t = useT();
  const code = useCode();
  const client = useClient();
  const queries = useQueryClient();
  const { incidentId = "" } = useParams();
  const path = { incident_id: incidentId };
  const query = useQuery({
    queryKey: ["incident", incidentId],
    queryFn: async ({ signal }) => (await client.call("GET", "/v1/admin/incidents/{incident_id}", undefined, { path, signal })) as Incident,
    refetchInterval: 30_000,
  });
  const send = async (part: string, body: unknown, commandId: string) => {
    const answer = await client.call("POST", `/v1/admin/incidents/{incident_id}/${part}`, body, { path, commandId });
    void queries.invalidateQueries({ queryKey: ["incident", incidentId] });
    void queries.invalidateQueries({ queryKey: ["timeline", incidentId] });
    return answer;
  };
  return (
    <Loaded query={query} isOptional>
      {(data) => (
        <>
          <PageTitle title={data.title} lead={<code>{incidentId}</code>} />
          {data.is_drill && (
            <p className="notice notice-warn">
              <strong>{t("incidents.drill")}</strong>: {t("incidents.drill.hint")}
            </p>
          )}
          <Section title={t("common.facts")}>
            <Facts
              items={[
                [t("incidents.severity"), <Status key="s" status={data.severity} />],
                [t("common.status"), <Status key="t" status={data.status} />],
                [t("incidents.kind"), code("kind", data.kind)],
                [t("incidents.aware"), <Instant key="a" at={data.aware_at} />],
                [t("incidents.reportable"), data.is_reportable === null ? t("unknown") : data.is_reportable ? t("yes") : t("no")],
                [t("incidents.openedBy"), data.opened_by],
              ]}
            />
          </Section>
          <ClocksSection clocks={data.clocks} />
          <Section title={t("incidents.steps")}>
            <DataTable name={t("incidents.steps")} rows={data.steps} columns={stepColumns(t)} hasFilter={false} />
          </Section>
          {data.status !== "closed" && (
            <div className="columns">
              <Section title={t("incidents.step")}>
                <SendForm sendLabel={t("incidents.step")} send={(fields, commandId) => send("steps", { step: fields.text("step"), state: fields.text("state"), note: fields.text("note") }, commandId)}>
                  {(error) => (
                    <>
                      <SelectField name="step" label={t("incidents.step")} choices={data.steps.map((step) => ({ value: step.step, label: step.text }))} error={error("step")} />
                      <SelectField name="state" label={t("common.status")} value="done" choices={["done", "not_needed"].map((value) => ({ value, label: code("status", value) }))} error={error("state")} />
                      <TextArea name="note" label={t("incidents.note")} hint={t("incidents.note.hint")} isOptional maxLength={2000} error={error("note")} />
                    </>
                  )}
                </SendForm>
              </Section>
              <Section title={t("incidents.switches")}>
                <SendForm
                  isDangerous
                  description={t("incidents.switches.lead")}
                  sendLabel={t("incidents.switch")}
                  confirm={{ title: t("incidents.switch"), text: t("incidents.switch.confirm"), typed: data.severity }}
                  send={(fields, commandId) => send("switches", { switch: fields.text("switch"), note: fields.text("note") }, commandId)}
                  done={(answer) => <SwitchOutcome answer={answer as SwitchAnswer} />}
                >
                  {(error) => (
                    <>
                      <SelectField name="switch" label={t("incidents.switch")} choices={SWITCHES.map((value) => ({ value, label: code("kind", value) }))} error={error("switch")} />
                      <TextArea name="note" label={t("incidents.note")} isOptional maxLength={2000} error={error("note")} />
                    </>
                  )}
                </SendForm>
              </Section>
              <Section title={t("incidents.close")}>
                <SendForm sendLabel={t("incidents.close")} description={t("incidents.close.lead")} send={(fields, commandId) => send("close", { note: fields.text("note") }, commandId)} done={(answer) => <Outcome answer={answer} />}>
                  {(error) => <TextArea name="note" label={t("incidents.note")} isOptional maxLength={2000} error={error("note")} />}
                </SendForm>
              </Section>
            </div>
          )}
          <Section title={t("incidents.affected")}>
            <Affected incidentId={incidentId} isOpen={data.status !== "closed"} send={send} />
          </Section>
          <NoticesSection incidentId={incidentId} isOpen={data.status !== "closed"} />
          <TimelineSection incidentId={incidentId} />
        </>
      )}
    </Loaded>
  );
}

interface SwitchAnswer {
  status: "ok" | "incomplete" | "simulated";
  switched_off: string[];
  failed: { target: string; code: string }[];
}

/** 207 is no success: what is still on is named. */
function SwitchOutcome({ answer }: { answer: SwitchAnswer }) {
  const t = useT();
  if (answer.status === "ok") return <Outcome answer={answer} />;
  if (answer.status === "simulated") {
    return (
      <p className="notice notice-warn">
        {t("incidents.drill.hint")} {answer.switched_off.join(", ")}
      </p>
    );
  }
  return (
    <div className="notice notice-error" role="alert">
      <p className="notice-title">{t("incidents.switch.incomplete")}</p>
      <ul>
        {answer.failed.map((item) => (
          <li key={item.target}>
            <code>{item.target}</code>: {item.code}
          </li>
        ))}
      </ul>
    </div>
  );
}

function ClocksSection({ clocks }: { clocks: ClockRow[] }) {
  const t = useT();
  const code = useCode();
  const columns: ColumnDef<ClockRow>[] = [
    { accessorKey: "clock", header: t("incidents.clock"), cell: ({ row }) => code("kind", row.original.clock) },
    { accessorKey: "state", header: t("common.status"), cell: ({ row }) => <Badge tone={CLOCK_TONES[row.original.state] ?? "calm"}>{code("status", row.original.state)}</Badge> },
    {
      accessorKey: "due_at",
      header: t("grievances.due"),
      cell: ({ row }) => <Clock dueAt={row.original.due_at} isDone={row.original.seconds_left === null} left={(time) => t("clock.left", { time })} over={(time) => t("clock.over", { time })} />,
    },
    { accessorKey: "met_at", header: t("incidents.met"), cell: ({ row }) => (row.original.met_at === null ? "–" : <><Instant at={row.original.met_at} /> · {row.original.met_by}</>) },
  ];
  return (
    <Section title={t("incidents.clocks")}>
      <DataTable name={t("incidents.clocks")} rows={clocks} columns={columns} hasFilter={false} />
    </Section>
  );
}

function stepColumns(t: ReturnType<typeof useT>): ColumnDef<Step>[] {
  return [
    { accessorKey: "text", header: t("incidents.stepName"), enableSorting: false },
    { accessorKey: "state", header: t("common.status"), enableSorting: false, cell: ({ row }) => (row.original.state === null ? <Badge>{t("incidents.waiting")}</Badge> : <Status status={row.original.state} />) },
    { accessorKey: "by", header: t("incidents.by"), enableSorting: false, cell: ({ row }) => row.original.by ?? "–" },
    { accessorKey: "at", header: t("audit.at"), enableSorting: false, cell: ({ row }) => <Instant at={row.original.at} /> },
    { accessorKey: "note", header: t("incidents.note"), enableSorting: false, cell: ({ row }) => row.original.note ?? "" },
  ];
}

interface AffectedPage {
  total: number;
  items: { retailer_id: string; source: string }[];
  next_cursor: string | null;
}

function Affected({ incidentId, isOpen, send }: { incidentId: string; isOpen: boolean; send: (part: string, body: unknown, commandId: string) => Promise<unknown> }) {
  const t = useT();
  const client = useClient();
  const queries = useQueryClient();
  const query = useQuery({
    queryKey: ["affected", incidentId],
    queryFn: async ({ signal }) =>
      (await client.call("GET", "/v1/admin/incidents/{incident_id}/affected", undefined, { path: { incident_id: incidentId }, query: { limit: 1000 }, signal })) as AffectedPage,
  });
  return (
    <>
      <Loaded query={query} isOptional>
        {(data) => (
          <>
            <p>
              {t("incidents.affected.total")}: <strong><Count value={data.total} /></strong>
            </p>
            <DataTable
              name={t("incidents.affected")}
              rows={data.items}
              columns={[
                { accessorKey: "retailer_id", header: t("common.retailer") },
                { accessorKey: "source", header: t("incidents.source") },
              ]}
              csvName="affected"
            />
          </>
        )}
      </Loaded>
      {isOpen && <SendForm
        description={t("incidents.affected.lead")}
        sendLabel={t("incidents.affected.add")}
        send={async (fields, commandId) => {
          const since = instantOfInput(fields.text("since"));
          const until = instantOfInput(fields.text("until"));
          const answer = await send(
            "affected",
            {
              distributor_ids: fields.list("distributor_ids"),
              lender_ids: fields.list("lender_ids"),
              retailer_ids: fields.list("retailer_ids"),
              ...(since === undefined ? {} : { since }),
              ...(until === undefined ? {} : { until }),
            },
            commandId,
          );
          void queries.invalidateQueries({ queryKey: ["affected", incidentId] });
          return answer;
        }}
        done={(answer) => <Outcome answer={answer} />}
      >
        {(error) => (
          <>
            <TextField name="distributor_ids" label={t("nav.distributors")} hint={t("incidents.ids.hint")} isOptional error={error("distributor_ids")} />
            <TextField name="lender_ids" label={t("nav.lenders")} isOptional error={error("lender_ids")} />
            <TextArea name="retailer_ids" label={t("nav.retailers")} isOptional isCode rows={3} error={error("retailer_ids")} />
            <TextField name="since" type="datetime-local" label={t("audit.since")} isOptional error={error("since")} />
            <TextField name="until" type="datetime-local" label={t("audit.until")} isOptional error={error("until")} />
          </>
        )}
      </SendForm>}
    </>
  );
}

const FILE_COLUMNS = ["seq", "at", "by", "kind", "subject", "outcome", "note", "entry_sha256", "audit_chain", "audit_seq"];

function TimelineSection({ incidentId }: { incidentId: string }) {
  const t = useT();
  const code = useCode();
  const client = useClient();
  const query = useQuery({
    queryKey: ["timeline", incidentId],
    queryFn: async ({ signal }) =>
      (await client.call("GET", "/v1/admin/incidents/{incident_id}/timeline", undefined, { path: { incident_id: incidentId }, signal })) as {
        is_intact: boolean;
        are_positions_complete: boolean;
        entries: TimelineEntry[];
      },
  });
  return (
    <Section title={t("incidents.timeline")}>
      <Loaded query={query} isOptional>
        {(data) => (
          <>
            <p>
              <Badge tone={data.is_intact ? "good" : "bad"}>{data.is_intact ? t("incidents.intact") : t("incidents.broken")}</Badge>{" "}
              <button
                type="button"
                className="button button-small no-print"
                onClick={() => {
                  download(`timeline-${incidentId}.csv`, csv(FILE_COLUMNS, data.entries as unknown as Record<string, unknown>[]), "text/csv;charset=utf-8");
                }}
              >
                {t("table.csv")}
              </button>
            </p>
            <ol className="timeline">
              {data.entries.map((entry) => (
                <li key={entry.seq}>
                  <strong>{code("kind", entry.kind)}</strong> {code("kind", entry.subject)} {entry.outcome !== "" && <Badge>{code("status", entry.outcome)}</Badge>}
                  <div className="quiet small">
                    {entry.by} · <Instant at={entry.at} /> {entry.audit_seq !== null && `· ${entry.audit_chain ?? ""} ${entry.audit_seq}`}
                  </div>
                  {entry.note !== "" && <div className="prose">{entry.note}</div>}
                </li>
              ))}
            </ol>
          </>
        )}
      </Loaded>
    </Section>
  );
}
