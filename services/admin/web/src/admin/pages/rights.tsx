/** Rights of retailers (DPDP): access, correction, erasure, nomination, each on a clock. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams, useSearchParams } from "react-router";
import { download } from "../../shared/csv";
import { CheckField, SelectField, SendForm, TextField, type Fields } from "../../shared/ui/forms";
import { Badge, Clock, Exact, Facts, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { type ColumnDef } from "../../shared/ui/table";
import { useCode, useT, type AdminKey } from "../i18n";
import { CursorTable, itemsOf, Outcome, ReasonField, Status, TicketField, TICKET, useCursorList } from "../parts";
import { useClient, useMay } from "../session";

interface Right {
  request_id: string;
  kind: string;
  retailer_id: string;
  state: string;
  channel: string;
  ticket: string;
  language: string;
  requester: string;
  is_minor: boolean;
  evidence: string[];
  refusal: string | null;
  outcome: string | null;
  opened_by: string;
  received_at: string;
  ended_at: string | null;
  notice_at: string | null;
  erasable_at: string | null;
  clock: { state: string; due_at: string };
}
interface RightWhole extends Right {
  steps: { seq: number; step: string; actor: string; at: string; details: Record<string, string> }[];
}

const KINDS = ["access", "correction", "erasure", "nominee"];
const CHANNELS = ["whatsapp", "phone", "letter", "lender"];
const REQUESTERS = ["retailer", "nominee", "guardian"];
const STATES = ["received", "verified", "exported", "correcting", "corrected", "notifying", "notified", "approved", "erasing", "closed"];
const METHODS = ["whatsapp_reply", "phone_callback", "signed_letter", "lender_kyc"];
const SUBJECTS = ["invoices", "payments", "returns", "identity", "other_records"];
const OUTCOMES = ["answered", "corrected", "nothing_to_correct", "nomination_recorded"];
const REFUSALS = ["nominee_evidence_required", "guardian_evidence_required", "requester_not_verified", "not_the_retailers_data", "legal_hold", "repeated_request"] as const;

function useChoices() {
  const code = useCode();
  return (values: readonly string[]) => values.map((value) => ({ value, label: code("kind", value) }));
}

export function RightsPage() {
  const t = useT();
  const code = useCode();
  const may = useMay();
  const [parameters, setParameters] = useSearchParams();
  const state = parameters.get("state") ?? "";
  const query = useCursorList<Right>("/v1/admin/rights", { query: { state } }, itemsOf<Right>);
  const columns: ColumnDef<Right>[] = [
    { accessorKey: "request_id", header: t("common.id"), cell: ({ row }) => <Link to={`/rights/${row.original.request_id}`}>{row.original.request_id}</Link> },
    { accessorKey: "kind", header: t("rights.kind"), cell: ({ row }) => code("kind", row.original.kind) },
    { accessorKey: "state", header: t("common.status"), cell: ({ row }) => <Status status={row.original.state} /> },
    {
      id: "due",
      accessorFn: (row) => row.clock.due_at,
      header: t("grievances.due"),
      cell: ({ row }) => <Clock dueAt={row.original.clock.due_at} isDone={row.original.ended_at !== null} left={(time) => t("clock.left", { time })} over={(time) => t("clock.over", { time })} />,
    },
    { accessorKey: "retailer_id", header: t("common.retailer"), cell: ({ row }) => <code>{row.original.retailer_id}</code> },
    { accessorKey: "received_at", header: t("rights.received"), cell: ({ row }) => <Instant at={row.original.received_at} /> },
  ];
  return (
    <>
      <PageTitle
        title={t("nav.rights")}
        lead={t("rights.lead")}
        actions={
          may("handle_rights") && (
            <Link className="button button-main" to="/rights/new">
              {t("rights.new")}
            </Link>
          )
        }
      />
      <Section
        title={t("rights.requests")}
        aside={
          <label className="no-print">
            {t("common.status")}
            <select
              value={state}
              onChange={(event) => {
                setParameters(event.target.value === "" ? {} : { state: event.target.value });
              }}
            >
              <option value="">{t("rights.allOpen")}</option>
              {STATES.map((name) => (
                <option key={name} value={name}>
                  {code("status", name)}
                </option>
              ))}
            </select>
          </label>
        }
      >
        <CursorTable query={query} name={t("nav.rights")} columns={columns} csvName="rights" empty={<Empty title={t("rights.none")}>{t("rights.none.do")}</Empty>} />
      </Section>
    </>
  );
}

export function NewRightPage() {
  const t = useT();
  const client = useClient();
  const choices = useChoices();
  return (
    <>
      <PageTitle title={t("rights.new")} lead={t("rights.new.lead")} />
      <Section title={t("rights.new")}>
        <SendForm
          sendLabel={t("rights.new")}
          send={async (fields, commandId) => {
            const body = {
              kind: fields.text("kind"),
              retailer_id: fields.text("retailer_id"),
              channel: fields.text("channel"),
              ticket: fields.text("ticket"),
              language: fields.text("language"),
              requester: fields.text("requester"),
              is_minor: fields.isChecked("is_minor"),
              evidence: fields.list("evidence"),
            };
            return (await client.call("POST", "/v1/admin/rights", body, { commandId })) as Right;
          }}
          done={(answer) => (
            <Outcome answer={answer}>
              <Link to={`/rights/${answer.request_id}`}>{answer.request_id}</Link>
            </Outcome>
          )}
        >
          {(error) => (
            <>
              <SelectField name="kind" label={t("rights.kind")} choices={choices(KINDS)} error={error("kind")} />
              <TextField name="retailer_id" label={t("common.retailer")} pattern="ret_[0-9a-f]{16}" error={error("retailer_id")} />
              <SelectField name="channel" label={t("rights.channel")} choices={choices(CHANNELS)} error={error("channel")} />
              <TicketField error={error("ticket")} />
              <SelectField name="language" label={t("invitations.language")} value="hi" choices={[{ value: "hi", label: "हिन्दी" }, { value: "en", label: "English" }]} error={error("language")} />
              <SelectField name="requester" label={t("rights.requester")} value="retailer" choices={choices(REQUESTERS)} error={error("requester")} />
              <CheckField name="is_minor" label={t("rights.minor")} />
              <TextField name="evidence" label={t("rights.evidence")} hint={t("rights.evidence.hint")} isOptional error={error("evidence")} />
            </>
          )}
        </SendForm>
      </Section>
    </>
  );
}

/** Steps that the person may take in a state; the service refuses what does not come next. */
const STEPS: { name: string; states: string[]; kinds?: string[] }[] = [
  { name: "verify", states: ["received"] },
  { name: "notice", states: ["verified", "notifying"], kinds: ["erasure"] },
  { name: "object", states: ["received", "verified", "notifying", "notified"] },
  { name: "correction", states: ["verified"], kinds: ["correction"] },
  { name: "correction/confirm", states: ["correcting"], kinds: ["correction"] },
  { name: "nomination", states: ["verified"], kinds: ["nominee"] },
  { name: "request-rescoring", states: ["corrected"], kinds: ["correction"] },
  { name: "close", states: ["exported", "corrected", "correcting"] },
  { name: "refuse", states: ["received", "verified", "correcting", "corrected", "notifying", "notified"] },
];

export function RightPage() {
  const t = useT();
  const code = useCode();
  const may = useMay();
  const client = useClient();
  const queries = useQueryClient();
  const { requestId = "" } = useParams();
  const path = { request_id: requestId };
  const query = useQuery({
    queryKey: ["right", requestId],
    queryFn: async ({ signal }) => (await client.call("GET", "/v1/admin/rights/{request_id}", undefined, { path, signal })) as RightWhole,
  });
  const send = async (method: string, template: string, body: unknown, commandId: string) => {
    const answer = await client.call(method, template, body, { path, commandId });
    void queries.invalidateQueries({ queryKey: ["right", requestId] });
    void queries.invalidateQueries({ queryKey: ["/v1/admin/rights"] });
    return answer;
  };
  return (
    <>
      <PageTitle title={t("rights.title")} lead={<code>{requestId}</code>} />
      <Loaded query={query} isOptional>
        {(data) => (
          <>
            <Section title={t("common.facts")}>
              <Facts
                items={[
                  [t("rights.kind"), code("kind", data.kind)],
                  [t("common.status"), <Status key="s" status={data.state} />],
                  [t("grievances.due"), <Clock key="c" dueAt={data.clock.due_at} isDone={data.ended_at !== null} left={(time) => t("clock.left", { time })} over={(time) => t("clock.over", { time })} />],
                  [t("common.retailer"), <Link key="r" to={`/retailers/${data.retailer_id}`}>{data.retailer_id}</Link>],
                  [t("rights.channel"), code("kind", data.channel)],
                  [t("common.ticket"), data.ticket],
                  [t("rights.requester"), <span key="q">{code("kind", data.requester)} {data.is_minor && <Badge tone="warn">{t("rights.minor")}</Badge>}</span>],
                  [t("rights.evidence"), data.evidence.length === 0 ? "–" : data.evidence.join(", ")],
                  [t("rights.erasable"), <Instant key="e" at={data.erasable_at} />],
                  [t("rights.refusal"), data.refusal === null ? "–" : code("reason", data.refusal)],
                ]}
              />
            </Section>
            <Section title={t("rights.log")}>
              <ol className="timeline">
                {data.steps.map((step) => (
                  <li key={step.seq}>
                    <strong>{code("kind", step.step)}</strong> <span className="quiet">{step.actor} · <Instant at={step.at} /></span>
                    {Object.entries(step.details).map(([name, value]) => (
                      <div key={name} className="small quiet">
                        {name.replaceAll("_", " ")}: {value}
                      </div>
                    ))}
                  </li>
                ))}
              </ol>
            </Section>
            {data.kind === "access" && ["verified", "exported"].includes(data.state) && may("handle_rights") && (
              <Section title={t("rights.export")}>
                <SendForm
                  description={t("rights.export.lead")}
                  sendLabel={t("rights.export")}
                  send={async (_, commandId) => {
                    const answer = await client.call("GET", "/v1/admin/retailers/{retailer_id}/export", undefined, {
                      path: { retailer_id: data.retailer_id },
                      headers: { "X-Justification-Ticket": data.ticket },
                      commandId,
                    });
                    download(`export-${requestId}.json`, JSON.stringify(answer, null, 2), "application/json");
                    void queries.invalidateQueries({ queryKey: ["right", requestId] });
                  }}
                  done={() => <p className="notice notice-good">{t("rights.exported")}</p>}
                />
              </Section>
            )}
            {data.kind === "erasure" && data.state === "closed" && <ProofSection requestId={requestId} />}
            {may("handle_rights") && data.ended_at === null && (
              <div className="columns">
                {STEPS.filter((step) => step.states.includes(data.state) && (step.kinds?.includes(data.kind) ?? true)).map((step) => (
                  <Section key={step.name} title={t(`rights.${step.name}` as AdminKey)}>
                    <SendForm
                      sendLabel={t(`rights.${step.name}` as AdminKey)}
                      isDangerous={step.name === "refuse"}
                      send={(fields, commandId) => send("POST", `/v1/admin/rights/{request_id}/${step.name}`, bodyOf(step.name, fields), commandId)}
                      done={(answer) => <Outcome answer={answer} />}
                    >
                      {(error) => <StepFields name={step.name} error={error} />}
                    </SendForm>
                  </Section>
                ))}
                {data.kind === "erasure" && data.state === "notified" && (
                  <Section title={t("rights.propose")}>
                    <SendForm
                      isDangerous
                      description={t("rights.propose.lead")}
                      sendLabel={t("rights.propose")}
                      confirm={{ title: t("rights.propose"), text: t("rights.erase.confirm"), typed: data.retailer_id }}
                      send={(_, commandId) => send("POST", "/v1/admin/rights/{request_id}/propose-erasure", undefined, commandId)}
                      done={(answer) => <Outcome answer={answer} />}
                    />
                  </Section>
                )}
              </div>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

function ProofSection({ requestId }: { requestId: string }) {
  const t = useT();
  const client = useClient();
  const query = useQuery({
    queryKey: ["erasure-proof", requestId],
    queryFn: ({ signal }) => client.call("GET", "/v1/admin/rights/{request_id}/proof", undefined, { path: { request_id: requestId }, signal }),
  });
  return (
    <Section title={t("rights.proof")}>
      <p className="quiet">{t("rights.proof.lead")}</p>
      <Loaded query={query} isOptional>
        {(data) => (
          <>
            <button
              type="button"
              className="button no-print"
              onClick={() => {
                download(`erasure-${requestId}.json`, JSON.stringify(data, null, 2), "application/json");
              }}
            >
              {t("audit.proof.save")}
            </button>
            <Exact title={t("rights.proof")} value={data} />
          </>
        )}
      </Loaded>
    </Section>
  );
}

function bodyOf(step: string, fields: Fields): unknown {
  const ticket = fields.text("ticket");
  switch (step) {
    case "verify":
      return { method: fields.text("method"), evidence: fields.text("evidence") };
    case "request-rescoring":
      return undefined;
    case "close":
      return { outcome: fields.text("outcome") };
    case "refuse":
      return { reason: fields.text("reason") };
    case "notice":
    case "object":
      return { channel: fields.text("channel"), ticket };
    case "correction":
      return { distributor_id: fields.text("distributor_id"), subject: fields.text("subject"), ticket };
    default:
      return { ticket };
  }
}

function StepFields({ name, error }: { name: string; error: (field: string) => string | undefined }) {
  const t = useT();
  const choices = useChoices();
  if (name === "verify")
    return (
      <>
        <SelectField name="method" label={t("rights.method")} choices={choices(METHODS)} error={error("method")} />
        <TextField name="evidence" label={t("rights.evidence")} pattern={TICKET} error={error("evidence")} />
      </>
    );
  if (name === "close") return <SelectField name="outcome" label={t("audit.outcome")} choices={choices(OUTCOMES)} error={error("outcome")} />;
  if (name === "refuse") return <ReasonField reasons={REFUSALS} error={error("reason")} />;
  return (
    <>
      {(name === "notice" || name === "object") && <SelectField name="channel" label={t("rights.channel")} choices={choices(CHANNELS)} error={error("channel")} />}
      {name === "correction" && (
        <>
          <TextField name="distributor_id" label={t("invitations.distributor")} pattern="dist_[a-z0-9_]{1,48}" error={error("distributor_id")} />
          <SelectField name="subject" label={t("rights.subject")} choices={choices(SUBJECTS)} error={error("subject")} />
        </>
      )}
      <TicketField error={error("ticket")} />
    </>
  );
}
