/** Events that a service set aside: where they stand and why, never what they hold. A replay or a dismissal follows a dry run. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useSearchParams } from "react-router";
import { SendForm } from "../../shared/ui/forms";
import { Badge, Exact, Facts, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { DataTable, type ColumnDef } from "../../shared/ui/table";
import { useT } from "../i18n";
import { isRequested, Outcome, ReasonField, TicketField } from "../parts";
import { useClient, useMay } from "../session";

interface Parked {
  id: number;
  topic: string;
  partition: number;
  offset: number;
  reason: string;
  holds_key: boolean;
  is_signed: boolean;
  bytes: number;
  sha256: string;
  parked_at: string;
}

interface OfService {
  service: string;
  state: "answers" | "silent" | "consumes_nothing" | "sets_nothing_aside";
  waiting: number | null;
  refused: number | null;
  oldest_at: string | null;
}

interface Order {
  order_id: string;
  event: number;
  action: "dry_run" | "replay" | "dismiss";
  done_at: string | null;
  outcome: "would_apply" | "would_be_refused" | "applied" | "refused" | "gone" | "unavailable" | "dismissed" | "needs_two_persons" | null;
  applied: number;
  refused: number;
  content: Record<string, unknown> | null;
  changes_access: boolean | null;
}

type Service = (typeof SERVICES)[number];
interface Chosen {
  service: Service;
  event: number;
  sha256: string | undefined;
}

const REASONS = ["published_anew", "superseded", "forged", "unreadable", "drill"] as const;
const SERVICES = ["admin", "score", "consent", "webhook", "notification", "scoring"] as const;
const TONES = { answers: "good", silent: "bad", consumes_nothing: "calm", sets_nothing_aside: "calm" } as const;

export function ParkedPage() {
  const t = useT();
  const may = useMay();
  const client = useClient();
  const [parameters, setParameters] = useSearchParams();
  const service = SERVICES.find((name) => name === parameters.get("service")) ?? "admin";
  const chosen = Number(parameters.get("event"));
  const query = useQuery({
    queryKey: ["parked", service],
    queryFn: async ({ signal }) =>
      (await client.call("GET", "/v1/admin/parked-events/{service}", undefined, { path: { service }, query: { limit: 500 }, signal })) as {
        items: Parked[];
        has_more: boolean;
      },
  });
  const columns: ColumnDef<Parked>[] = [
    { accessorKey: "id", header: t("audit.seq"), meta: { isNumber: true } },
    { accessorKey: "topic", header: t("parked.topic"), cell: ({ row }) => <code>{row.original.topic}</code> },
    { id: "place", header: t("parked.place"), accessorFn: (row) => `${row.partition}:${row.offset}` },
    { accessorKey: "reason", header: t("common.reason"), cell: ({ row }) => row.original.reason.replaceAll("_", " ") },
    {
      accessorKey: "holds_key",
      header: t("parked.holds"),
      cell: ({ row }) => (row.original.holds_key ? <Badge tone="warn">{t("yes")}</Badge> : t("no")),
    },
    { accessorKey: "is_signed", header: t("parked.signed"), cell: ({ row }) => (row.original.is_signed ? t("yes") : t("no")) },
    { accessorKey: "bytes", header: t("parked.bytes"), meta: { isNumber: true } },
    { accessorKey: "parked_at", header: t("parked.since"), cell: ({ row }) => <Instant at={row.original.parked_at} /> },
  ];
  if (may("replay_parked"))
    columns.push({
      id: "choose",
      header: t("parked.try"),
      enableSorting: false,
      cell: ({ row }) => (
        <button
          type="button"
          className="button"
          aria-label={`${t("parked.try")} ${row.original.id}`}
          onClick={() => {
            setParameters({ service, event: String(row.original.id) });
          }}
        >
          {t("parked.try")}
        </button>
      ),
    });
  return (
    <>
      <PageTitle title={t("nav.parked")} lead={t("parked.lead")} />
      <Services />
      <Section
        title={t("parked.events")}
        aside={
          <label className="no-print">
            {t("parked.service")}
            <select
              value={service}
              onChange={(event) => {
                setParameters({ service: event.target.value });
              }}
            >
              {SERVICES.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        }
      >
        <p className="quiet">{t("parked.repair")}</p>
        <Loaded query={query} isOptional>
          {(data) => (
            <>
              <DataTable
                name={t("nav.parked")}
                rows={data.items}
                columns={columns}
                csvName={`parked-${service}`}
                empty={<Empty title={t("parked.none")}>{t("parked.none.do")}</Empty>}
              />
              {data.has_more && <p className="notice notice-warn">{t("parked.more")}</p>}
            </>
          )}
        </Loaded>
      </Section>
      {may("replay_parked") && Number.isSafeInteger(chosen) && chosen > 0 && (
        <Repair key={`${service}/${chosen}`} service={service} event={chosen} sha256={query.data?.items.find((item) => item.id === chosen)?.sha256} />
      )}
    </>
  );
}

/** Every service, those that do not answer and those that set nothing aside included. */
function Services() {
  const t = useT();
  const client = useClient();
  const query = useQuery({
    queryKey: ["parked", "of every service"],
    queryFn: async ({ signal }) => (await client.call("GET", "/v1/admin/parked-events", undefined, { signal })) as { items: OfService[] },
  });
  const columns: ColumnDef<OfService>[] = [
    {
      accessorKey: "service",
      header: t("parked.service"),
      cell: ({ row: { original } }) =>
        SERVICES.some((name) => name === original.service) ? <Link to={`?service=${original.service}`}>{original.service}</Link> : original.service,
    },
    {
      id: "state",
      header: t("common.status"),
      accessorFn: (row) => t(`parked.state.${row.state}`),
      cell: ({ row: { original } }) => <Badge tone={TONES[original.state]}>{t(`parked.state.${original.state}`)}</Badge>,
    },
    { accessorKey: "waiting", header: t("parked.waiting"), meta: { isNumber: true }, cell: ({ row }) => row.original.waiting ?? "–" },
    { accessorKey: "refused", header: t("parked.notAuthentic"), meta: { isNumber: true }, cell: ({ row }) => row.original.refused ?? "–" },
    {
      accessorKey: "oldest_at",
      header: t("parked.oldest"),
      cell: ({ row }) => (row.original.oldest_at === null ? "–" : <Instant at={row.original.oldest_at} />),
    },
  ];
  return (
    <Section title={t("parked.services")}>
      <Loaded query={query} isOptional>
        {(data) => <DataTable name={t("parked.services")} rows={data.items} columns={columns} hasFilter={false} />}
      </Loaded>
    </Section>
  );
}

/** One event: a dry run first; only after one that went well can the replay be sent, and after any the dismissal. */
function Repair({ service, event, sha256 }: Chosen) {
  const t = useT();
  const client = useClient();
  const queries = useQueryClient();
  const [orderId, setOrderId] = useState<string | undefined>(undefined);
  const query = useQuery({
    queryKey: ["parked-order", service, orderId],
    enabled: orderId !== undefined,
    queryFn: async ({ signal }) => {
      const path = { service, order_id: orderId ?? "" };
      const order = (await client.call("GET", "/v1/admin/parked-events/{service}/orders/{order_id}", undefined, { path, signal })) as Order;
      if (order.done_at !== null && order.action !== "dry_run") void queries.invalidateQueries({ queryKey: ["parked"] });
      return order;
    },
    // A worker that is away is not asked about for ever.
    refetchInterval: ({ state }) => (state.dataUpdateCount < 30 && (state.data?.done_at ?? null) === null ? 2_000 : false),
  });
  const order = query.data;
  const send = (action: "dry-run" | "replay") => async (fields: { text: (name: string) => string }, commandId: string) => {
    const answer = (await client.call("POST", `/v1/admin/parked-events/{service}/{event}/${action}`, { ticket: fields.text("ticket") }, {
      path: { service, event: String(event) },
      commandId,
    })) as Order;
    setOrderId(answer.order_id);
    return answer;
  };
  return (
    <Section title={`${t("parked.try")}: ${service} ${event}`}>
      <SendForm description={t("parked.dryRun.lead")} sendLabel={t("parked.dryRun")} send={send("dry-run")}>
        {(error) => <TicketField error={error("ticket")} />}
      </SendForm>
      {orderId !== undefined && (
        <Loaded query={query}>
          {(state) => (
            <div role="status">
              <Facts
                items={[
                  [t("common.status"), <Badge key="s" tone={toneOf(state)}>{t(`parked.outcome.${state.outcome ?? "waits"}`)}</Badge>],
                  [t("parked.applied"), state.applied],
                  [t("parked.refused"), state.refused],
                ]}
              />
              {state.content !== null && <Exact title={t("parked.form")} value={state.content} />}
            </div>
          )}
        </Loaded>
      )}
      {order?.outcome === "would_apply" && (
        <SendForm
          isDangerous
          description={t("parked.replay.lead")}
          sendLabel={t("parked.replay")}
          confirm={{ title: t("parked.replay"), text: t("parked.replay.lead"), typed: String(event) }}
          send={send("replay")}
        >
          {(error) => <TicketField error={error("ticket")} />}
        </SendForm>
      )}
      {order?.action === "dry_run" && (order.outcome === "would_apply" || order.outcome === "would_be_refused") && sha256 !== undefined && (
        <Dismissal chosen={{ service, event, sha256 }} trial={order} ordered={setOrderId} />
      )}
    </Section>
  );
}

/** Put away for good: by one person, or by the approval of another where the event changes access. */
function Dismissal({ chosen, trial, ordered }: { chosen: Chosen; trial: Order; ordered: (orderId: string) => void }) {
  const t = useT();
  const client = useClient();
  const lead = t(trial.changes_access ? "parked.dismiss.two" : "parked.dismiss.lead");
  return (
    <SendForm
      isDangerous
      description={lead}
      sendLabel={t("parked.dismiss")}
      confirm={{ title: t("parked.dismiss"), text: lead, typed: String(chosen.event) }}
      send={async (fields, commandId) => {
        const body = { ticket: fields.text("ticket"), reason: fields.text("reason"), sha256: chosen.sha256 };
        const options = { path: { service: chosen.service, event: String(chosen.event) }, commandId };
        if (trial.changes_access)
          return client.call("POST", "/v1/admin/parked-events/{service}/{event}/dismissal-requests", { ...body, dry_run_id: trial.order_id }, options);
        const order = (await client.call("POST", "/v1/admin/parked-events/{service}/{event}/dismiss", body, options)) as Order;
        ordered(order.order_id);
        return order;
      }}
      done={(answer) => isRequested(answer) && <Outcome answer={answer} />}
    >
      {(error) => (
        <>
          <ReasonField reasons={REASONS} error={error("reason")} />
          <TicketField error={error("ticket")} />
        </>
      )}
    </SendForm>
  );
}

function toneOf({ outcome }: Order) {
  if (outcome === null) return "calm";
  return ["would_apply", "applied", "dismissed"].includes(outcome) ? "good" : "warn";
}
