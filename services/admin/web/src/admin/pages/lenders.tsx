/** Lenders: who asks for scores, with which secrets. */
import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { SendForm, TextField } from "../../shared/ui/forms";
import { Facts, Instant, PageTitle, Secrets, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { DataTable, type ColumnDef } from "../../shared/ui/table";
import type { components } from "../api/schema";
import { useT } from "../i18n";
import { isRequested, Outcome, ReasonField, Status } from "../parts";
import { useClient, useMay } from "../session";
import { useOverview } from "./overview";
import { PortalPeople } from "./portal-people";

type Row = components["schemas"]["LenderRow"];
const REASONS = ["compromise", "lender_request", "misuse", "offboarding", "rotation", "drill", "resolved"] as const;

export function LendersPage() {
  const t = useT();
  const may = useMay();
  const overview = useOverview();
  const columns: ColumnDef<Row>[] = [
    { accessorKey: "name", header: t("common.name"), cell: ({ row }) => <Link to={`/lenders/${row.original.lender_id}`}>{row.original.name}</Link> },
    { accessorKey: "lender_id", header: t("common.id"), cell: ({ row }) => <code>{row.original.lender_id}</code> },
    { accessorKey: "status", header: t("common.status"), cell: ({ row }) => <Status status={row.original.status} /> },
    { accessorKey: "requested_at", header: t("common.since"), cell: ({ row }) => <Instant at={row.original.requested_at} /> },
  ];
  return (
    <>
      <PageTitle
        title={t("nav.lenders")}
        lead={t("lenders.lead")}
        actions={
          may("onboard") && (
            <Link className="button button-main" to="/lenders/new">
              {t("lenders.onboard")}
            </Link>
          )
        }
      />
      <Section title={t("nav.lenders")}>
        <Loaded query={overview}>
          {(data) => <DataTable name={t("nav.lenders")} rows={data.lenders} columns={columns} csvName="lenders" empty={<Empty>{t("lenders.none")}</Empty>} />}
        </Loaded>
      </Section>
    </>
  );
}

export function OnboardLenderPage() {
  const t = useT();
  const client = useClient();
  const queries = useQueryClient();
  return (
    <>
      <PageTitle title={t("lenders.onboard")} lead={t("lenders.onboard.lead")} />
      <Section title={t("lenders.onboard")}>
        <SendForm
          sendLabel={t("lenders.onboard")}
          send={async (fields, commandId) => {
            const answer = await client.post("/v1/admin/lenders", { lender_id: fields.text("lender_id"), name: fields.text("name") }, { commandId });
            void queries.invalidateQueries({ queryKey: ["overview"] });
            return answer;
          }}
          done={(answer) => (
            <>
              {answer.client_secret === null && <p className="notice notice-warn">{t("secret.already")}</p>}
              <Facts
                items={[
                  [t("common.id"), <Link key="id" to={`/lenders/${answer.lender_id}`}>{answer.lender_id}</Link>],
                  [t("lenders.clientId"), <code key="client">{answer.client_id}</code>],
                  [t("lenders.testClientId"), answer.test_client_id && <code key="test">{answer.test_client_id}</code>],
                ]}
              />
              <Secrets
                items={[
                  [t("lenders.secret"), answer.client_secret],
                  [t("lenders.testSecret"), answer.test_client_secret],
                ]}
              />
            </>
          )}
        >
          {(error) => (
            <>
              <TextField name="name" label={t("common.name")} maxLength={120} error={error("name")} />
              <TextField name="lender_id" label={t("common.id")} hint={t("lenders.id.hint")} pattern="lender_[a-z0-9_]{1,48}" error={error("lender_id")} />
            </>
          )}
        </SendForm>
      </Section>
    </>
  );
}

export function LenderPage() {
  const t = useT();
  const may = useMay();
  const overview = useOverview();
  const { lenderId = "" } = useParams();
  return (
    <Loaded query={overview}>
      {(data) => {
        const row = data.lenders.find((item) => item.lender_id === lenderId);
        if (row === undefined) return <Empty title={t("problem.notFound")}>{t("problem.notFound.do")}</Empty>;
        return (
          <>
            <PageTitle title={row.name} lead={<code>{row.lender_id}</code>} />
            <Section title={t("common.facts")}>
              <Facts
                items={[
                  [t("common.status"), <Status key="status" status={row.status} />],
                  [t("common.since"), <Instant key="since" at={row.requested_at} />],
                ]}
              />
            </Section>
            {may("lender_access") && (
              <div className="columns">
                <Command lenderId={lenderId} kind="rotate-secret" hasOverlap />
                <Command lenderId={lenderId} kind="revoke-tokens" isDangerous />
                <Command lenderId={lenderId} kind="suspend" isDangerous />
                <Command lenderId={lenderId} kind="reactivate" />
              </div>
            )}
            {may("lender_access") && row.status === "active" && <PortalPeople organisation={{ kind: "lender", id: lenderId }} />}
          </>
        );
      }}
    </Loaded>
  );
}

type CommandKind = "rotate-secret" | "revoke-tokens" | "suspend" | "reactivate";

function Command({ lenderId, kind, isDangerous = false, hasOverlap = false }: { lenderId: string; kind: CommandKind; isDangerous?: boolean; hasOverlap?: boolean }) {
  const t = useT();
  const client = useClient();
  const queries = useQueryClient();
  const title = t(`lenders.${kind}`);
  return (
    <Section title={title}>
      <SendForm
        isDangerous={isDangerous}
        description={t(`lenders.${kind}.lead`)}
        sendLabel={title}
        confirm={{ title, text: t(`lenders.${kind}.lead`), ...(isDangerous ? { typed: lenderId } : {}) }}
        send={async (fields, commandId) => {
          const body = { reason: fields.text("reason"), ...(hasOverlap ? { overlap_s: fields.number("overlap_hours") * 3600 } : {}) };
          const answer = await client.call("POST", `/v1/admin/lenders/{lender_id}/${kind}`, body, { path: { lender_id: lenderId }, commandId });
          void queries.invalidateQueries({ queryKey: ["overview"] });
          return answer;
        }}
        done={(answer) => {
          const secret = typeof answer === "object" && answer !== null && "client_secret" in answer ? answer.client_secret : null;
          if (isRequested(answer) || typeof secret !== "string") return <Outcome answer={answer} />;
          return <Secrets items={[[t("lenders.secret"), secret]]} />;
        }}
      >
        {(error) => (
          <>
            <ReasonField reasons={REASONS} error={error("reason")} />
            {hasOverlap && (
              <TextField name="overlap_hours" type="number" min={0} max={168} value="0" label={t("lenders.overlap")} hint={t("lenders.overlap.hint")} error={error("overlap_s")} />
            )}
          </>
        )}
      </SendForm>
    </Section>
  );
}
