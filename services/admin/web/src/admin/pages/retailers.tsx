/** A retailer by id: anomalies, consent history, the phone of record. No name and no phone number is shown anywhere. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { plain } from "../../shared/csv";
import { SelectField, SendForm, TextField } from "../../shared/ui/forms";
import { Exact, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { DataTable, type ColumnDef } from "../../shared/ui/table";
import type { components } from "../api/schema";
import { useCode, useT } from "../i18n";
import { CursorTable, justification, Outcome, Status, TicketField, TICKET, useCursorList } from "../parts";
import { useClient, useMay } from "../session";

type Anomaly = components["schemas"]["AnomalyOut"];
const RETAILER = "ret_[0-9a-f]{16}";

function useAnomalyColumns(): ColumnDef<Anomaly>[] {
  const t = useT();
  return [
    { accessorKey: "anomaly_id", header: t("common.id"), cell: ({ row }) => <code>{row.original.anomaly_id}</code> },
    { accessorKey: "retailer_id", header: t("common.retailer"), cell: ({ row }) => <Link to={`/retailers/${row.original.retailer_id}`}>{row.original.retailer_id}</Link> },
    { accessorKey: "status", header: t("common.status"), cell: ({ row }) => <Status status={row.original.status} /> },
    { accessorKey: "score", header: t("anomalies.score"), cell: ({ row }) => row.original.score.toFixed(4), meta: { isNumber: true } },
    { accessorKey: "threshold", header: t("anomalies.threshold"), cell: ({ row }) => row.original.threshold.toFixed(4), meta: { isNumber: true } },
    { accessorKey: "detected_at", header: t("anomalies.detected"), cell: ({ row }) => <Instant at={row.original.detected_at} /> },
    { accessorKey: "run_id", header: t("anomalies.run"), cell: ({ row }) => <code>{row.original.run_id}</code> },
  ];
}

const anomaliesOf = (answer: components["schemas"]["AnomaliesOut"]) => ({ items: answer.anomalies, next: answer.next });

/** Asks why personal data are looked at; the number of the ticket enters the audit with the reading. */
function TicketBar({ ticket, onChange }: { ticket: string; onChange: (ticket: string) => void }) {
  const t = useT();
  return (
    <form
      className="inline-form no-print"
      onSubmit={(event) => {
        event.preventDefault();
        const value = new FormData(event.currentTarget).get("ticket");
        onChange(typeof value === "string" ? value.trim() : "");
      }}
    >
      <TicketField isOptional value={ticket} />
      <div className="field">
        <button type="submit" className="button">
          {t("common.read")}
        </button>
      </div>
    </form>
  );
}

function ReviewSection() {
  const t = useT();
  const client = useClient();
  const queries = useQueryClient();
  return (
    <Section title={t("anomalies.review")}>
      <SendForm
        description={t("anomalies.review.lead")}
        sendLabel={t("anomalies.review")}
        confirm={{ title: t("anomalies.review"), text: t("anomalies.review.lead") }}
        send={async (fields, commandId) => {
          const body = { decision: fields.text("decision"), ticket: fields.text("ticket") };
          const answer = await client.call("POST", "/v1/admin/anomalies/{anomaly_id}/review", body, { path: { anomaly_id: fields.text("anomaly_id") }, commandId });
          void queries.invalidateQueries({ queryKey: ["/v1/admin/anomalies"] });
          return answer;
        }}
        done={(answer) => <Outcome answer={answer} />}
      >
        {(error) => (
          <>
            <TextField name="anomaly_id" label={t("common.id")} pattern="anm_[0-9a-f]{32}" error={error("anomaly_id")} />
            <SelectField
              name="decision"
              label={t("anomalies.decision")}
              choices={["release", "confirm"].map((value) => ({ value, label: t(`anomalies.${value as "release" | "confirm"}`) }))}
              error={error("decision")}
            />
            <TicketField error={error("ticket")} />
          </>
        )}
      </SendForm>
    </Section>
  );
}

export function AnomaliesPage() {
  const t = useT();
  const may = useMay();
  const [ticket, setTicket] = useState("");
  const query = useCursorList<Anomaly>("/v1/admin/anomalies", { ...justification(ticket), query: { limit: 100 } }, anomaliesOf);
  const columns = useAnomalyColumns();
  return (
    <>
      <PageTitle title={t("nav.anomalies")} lead={t("anomalies.lead")} />
      <Section title={t("anomalies.open")}>
        <TicketBar ticket={ticket} onChange={setTicket} />
        <CursorTable query={query} name={t("nav.anomalies")} columns={columns} csvName="anomalies" empty={<Empty title={t("anomalies.none")}>{t("anomalies.none.do")}</Empty>} />
      </Section>
      {may("review_anomalies") && <ReviewSection />}
    </>
  );
}

export function RetailersPage() {
  const t = useT();
  const navigate = useNavigate();
  return (
    <>
      <PageTitle title={t("nav.retailers")} lead={t("retailers.lead")} />
      <Section title={t("retailers.open")}>
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            const value = new FormData(event.currentTarget).get("retailer_id");
            if (typeof value === "string") void navigate(`/retailers/${encodeURIComponent(value.trim())}`);
          }}
        >
          <TextField name="retailer_id" label={t("common.retailer")} hint={t("retailers.id.hint")} pattern={RETAILER} />
          <button type="submit" className="button button-main">
            {t("retailers.open")}
          </button>
        </form>
      </Section>
    </>
  );
}

export function RetailerPage() {
  const t = useT();
  const may = useMay();
  const { retailerId = "" } = useParams();
  const [parameters, setParameters] = useSearchParams();
  const ticket = parameters.get("ticket") ?? "";
  if (!new RegExp(`^${RETAILER}$`).test(retailerId)) return <Empty title={t("problem.notFound")}>{t("retailers.id.hint")}</Empty>;
  const usable = new RegExp(`^${TICKET}$`).test(ticket) ? ticket : "";
  return (
    <>
      <PageTitle title={t("retailers.title")} lead={<code>{retailerId}</code>} />
      <Section title={t("retailers.why")}>
        <p className="quiet">{t("retailers.why.lead")}</p>
        <TicketBar
          ticket={usable}
          onChange={(value) => {
            setParameters(value === "" ? {} : { ticket: value }, { replace: true });
          }}
        />
      </Section>
      {may("read_anomalies") && <RetailerAnomalies retailerId={retailerId} ticket={usable} />}
      {may("read_consent") && <ConsentHistory retailerId={retailerId} ticket={usable} />}
      {may("confirm_phone") && <PhoneSection retailerId={retailerId} />}
      {may("raw_access") && <RawAccessSection retailerId={retailerId} />}
    </>
  );
}

function RetailerAnomalies({ retailerId, ticket }: { retailerId: string; ticket: string }) {
  const t = useT();
  const columns = useAnomalyColumns();
  const query = useCursorList<Anomaly>(
    "/v1/admin/retailers/{retailer_id}/anomalies",
    { path: { retailer_id: retailerId }, ...justification(ticket), query: { limit: 100 } },
    anomaliesOf,
  );
  return (
    <Section title={t("nav.anomalies")}>
      <CursorTable query={query} name={t("nav.anomalies")} columns={columns} />
    </Section>
  );
}

function ConsentHistory({ retailerId, ticket }: { retailerId: string; ticket: string }) {
  const t = useT();
  const client = useClient();
  const query = useQuery({
    queryKey: ["consent-history", retailerId, ticket],
    queryFn: ({ signal }) =>
      client.get("/v1/admin/retailers/{retailer_id}/consent-history", { path: { retailer_id: retailerId }, ...justification(ticket), signal }),
    refetchOnWindowFocus: false,
  });
  return (
    <Section title={t("retailers.consent")}>
      <Loaded query={query}>
        {(data) => (
          <>
            <h3>{t("retailers.records")}</h3>
            <RawTable name={t("retailers.records")} rows={data.records} />
            <h3>{t("retailers.invites")}</h3>
            <RawTable name={t("retailers.invites")} rows={data.invites} />
            <Exact title={t("outcome.answer")} value={data} />
          </>
        )}
      </Loaded>
    </Section>
  );
}

/** Rows whose fields another service decides: their plain values are the columns. */
export function RawTable({ name, rows }: { name: string; rows: object[] }) {
  const names = [...new Set(rows.flatMap((row) => Object.entries(row).filter(([, value]) => typeof value !== "object" && String(value).length <= 80).map(([key]) => key)))].slice(0, 8);
  const columns: ColumnDef<Record<string, unknown>>[] = names.map((key) => ({
    id: key,
    accessorFn: (row) => row[key],
    header: key.replaceAll("_", " "),
    cell: ({ getValue }) => {
      const value = getValue();
      if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return <Instant at={value} />;
      return plain(value) || "–";
    },
  }));
  return <DataTable name={name} rows={rows as Record<string, unknown>[]} columns={columns} />;
}

const PURPOSES = ["rights_request", "grievance", "incident", "legal_order", "data_error", "drill"];

/** Identity data of one retailer, for a purpose and for minutes, after another person's approval. */
function RawAccessSection({ retailerId }: { retailerId: string }) {
  const t = useT();
  const code = useCode();
  const client = useClient();
  return (
    <Section title={t("retailers.raw")}>
      <SendForm
        isDangerous
        description={t("retailers.raw.lead")}
        sendLabel={t("retailers.raw")}
        send={(fields, commandId) =>
          client.call(
            "POST",
            "/v1/admin/raw-access",
            { retailer_id: retailerId, purpose: fields.text("purpose"), minutes: fields.number("minutes"), ticket: fields.text("ticket") },
            { commandId },
          )
        }
        done={(answer) => <Outcome answer={answer} />}
      >
        {(error) => (
          <>
            <SelectField name="purpose" label={t("invitations.purpose")} choices={PURPOSES.map((value) => ({ value, label: code("reason", value) }))} error={error("purpose")} />
            <TextField name="minutes" type="number" min={1} max={60} value="15" label={t("retailers.minutes")} error={error("minutes")} />
            <TicketField error={error("ticket")} />
          </>
        )}
      </SendForm>
      <SendForm
        description={t("retailers.identity.lead")}
        sendLabel={t("retailers.identity")}
        send={(_, commandId) => client.call("GET", "/v1/admin/retailers/{retailer_id}/identity", undefined, { path: { retailer_id: retailerId }, commandId })}
        done={(answer) => <Exact title={t("retailers.identity")} value={answer} />}
      />
    </Section>
  );
}

function PhoneSection({ retailerId }: { retailerId: string }) {
  const t = useT();
  const client = useClient();
  return (
    <Section title={t("retailers.phone")}>
      <SendForm
        description={t("retailers.phone.lead")}
        sendLabel={t("retailers.phone")}
        send={(fields, commandId) =>
          client.post(
            "/v1/admin/retailers/{retailer_id}/phones/confirm",
            { distributor_id: fields.text("distributor_id") },
            { path: { retailer_id: retailerId }, commandId },
          )
        }
        done={(answer) => <Outcome answer={answer} />}
      >
        {(error) => <TextField name="distributor_id" label={t("invitations.distributor")} pattern="dist_[a-z0-9_]{1,48}" error={error("distributor_id")} />}
      </SendForm>
    </Section>
  );
}
