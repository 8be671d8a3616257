/** Distributors: who delivers ERP data, with which keys, and what became of their quarantined records. */
import { useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { money } from "../../shared/format";
import { SendForm, TextArea, TextField, CheckField } from "../../shared/ui/forms";
import { Count, Facts, Instant, PageTitle, Secrets, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { DataTable, type ColumnDef } from "../../shared/ui/table";
import type { components } from "../api/schema";
import { useT } from "../i18n";
import { Outcome, ReasonField, Status } from "../parts";
import { useClient, useMay } from "../session";
import { useOverview } from "./overview";
import { PortalPeople } from "./portal-people";

type Row = components["schemas"]["DistributorRow"];

export function DistributorsPage() {
  const t = useT();
  const may = useMay();
  const overview = useOverview();
  const columns: ColumnDef<Row>[] = [
    { accessorKey: "name", header: t("common.name"), cell: ({ row }) => <Link to={`/distributors/${row.original.distributor_id}`}>{row.original.name}</Link> },
    { accessorKey: "distributor_id", header: t("common.id"), cell: ({ row }) => <code>{row.original.distributor_id}</code> },
    { accessorKey: "status", header: t("common.status"), cell: ({ row }) => <Status status={row.original.status} /> },
    { accessorKey: "invited", header: t("distributors.invited"), cell: ({ row }) => <Count value={row.original.invited} />, meta: { isNumber: true } },
    { accessorKey: "requested_at", header: t("common.since"), cell: ({ row }) => <Instant at={row.original.requested_at} /> },
  ];
  return (
    <>
      <PageTitle
        title={t("nav.distributors")}
        lead={t("distributors.lead")}
        actions={
          may("onboard") && (
            <Link className="button button-main" to="/distributors/new">
              {t("distributors.onboard")}
            </Link>
          )
        }
      />
      <Section title={t("nav.distributors")}>
        <Loaded query={overview}>
          {(data) => (
            <DataTable name={t("nav.distributors")} rows={data.distributors} columns={columns} csvName="distributors" empty={<Empty>{t("distributors.none")}</Empty>} />
          )}
        </Loaded>
      </Section>
    </>
  );
}

export function OnboardDistributorPage() {
  const t = useT();
  const client = useClient();
  const queries = useQueryClient();
  return (
    <>
      <PageTitle title={t("distributors.onboard")} lead={t("distributors.onboard.lead")} />
      <Section title={t("distributors.onboard")}>
        <SendForm
          sendLabel={t("distributors.onboard")}
          send={async (fields, commandId) => {
            const body = { name: fields.text("name"), distributor_id: fields.optional("distributor_id"), csr_pem: `${fields.text("csr_pem")}\n` };
            const answer = await client.post("/v1/admin/distributors", body, { commandId });
            void queries.invalidateQueries({ queryKey: ["overview"] });
            return answer;
          }}
          done={(answer) => (
            <>
              {answer.api_key === null && <p className="notice notice-warn">{t("secret.already")}</p>}
              <Facts items={[[t("common.id"), <Link key="id" to={`/distributors/${answer.distributor_id}`}>{answer.distributor_id}</Link>]]} />
              <Secrets
                items={[
                  [t("distributors.apiKey"), answer.api_key],
                  [t("distributors.signingSecret"), answer.signing_secret],
                  [t("distributors.certificate"), answer.certificate_pem],
                  [t("distributors.ca"), answer.ca_pem],
                ]}
              />
            </>
          )}
        >
          {(error) => (
            <>
              <TextField name="name" label={t("common.name")} maxLength={120} error={error("name")} />
              <TextField name="distributor_id" label={t("common.id")} hint={t("distributors.id.hint")} pattern="dist_[a-z0-9_]{1,48}" isOptional error={error("distributor_id")} />
              <TextArea name="csr_pem" label={t("distributors.csr")} hint={t("distributors.csr.hint")} rows={8} isCode maxLength={8192} error={error("csr_pem")} />
            </>
          )}
        </SendForm>
      </Section>
    </>
  );
}

export function DistributorPage() {
  const t = useT();
  const may = useMay();
  const overview = useOverview();
  const { distributorId = "" } = useParams();
  return (
    <Loaded query={overview}>
      {(data) => {
        const row = data.distributors.find((item) => item.distributor_id === distributorId);
        if (row === undefined) return <Empty title={t("problem.notFound")}>{t("problem.notFound.do")}</Empty>;
        return (
          <>
            <PageTitle title={row.name} lead={<code>{row.distributor_id}</code>} />
            <Section title={t("common.facts")}>
              <Facts
                items={[
                  [t("common.status"), <Status key="status" status={row.status} />],
                  [t("common.since"), <Instant key="since" at={row.requested_at} />],
                  [t("distributors.invited"), <Count key="invited" value={row.invited} />],
                ]}
              />
            </Section>
            <div className="columns">
              {may("reprocess") && <QuarantineSection distributorId={distributorId} />}
              {may("backfill") && <QuotaSection distributorId={distributorId} />}
              {may("connector_access") && <KeysSection distributorId={distributorId} />}
              {may("connector_access") && <SftpSection distributorId={distributorId} />}
              {may("connector_access") && <RevokeSection distributorId={distributorId} />}
              {may("connector_access") && <AccessSection distributorId={distributorId} action="suspend" />}
              {may("connector_access") && <AccessSection distributorId={distributorId} action="reactivate" />}
            </div>
            {may("onboard") && row.status === "active" && <PortalPeople organisation={{ kind: "distributor", id: distributorId }} />}
          </>
        );
      }}
    </Loaded>
  );
}

interface Of {
  distributorId: string;
}

function KeysSection({ distributorId }: Of) {
  const t = useT();
  const client = useClient();
  return (
    <Section title={t("distributors.rotate")}>
      <SendForm
        description={t("distributors.rotate.lead")}
        sendLabel={t("distributors.rotate")}
        confirm={{ title: t("distributors.rotate"), text: t("distributors.rotate.confirm", { id: distributorId }) }}
        send={(fields, commandId) =>
          client.post(
            "/v1/admin/distributors/{distributor_id}/rotate-key",
            { csr_pem: fields.optional("csr_pem"), end_previous: fields.isChecked("end_previous") },
            { path: { distributor_id: distributorId }, commandId },
          )
        }
        done={(answer) => (
          <>
            <Facts
              items={[
                [t("distributors.validUntil"), <Instant key="until" at={answer.expires_at} />],
                [t("distributors.previousUntil"), <Instant key="previous" at={answer.previous_valid_until} />],
              ]}
            />
            <Secrets
              items={[
                [t("distributors.apiKey"), answer.api_key],
                [t("distributors.signingSecret"), answer.signing_secret],
                [t("distributors.certificate"), answer.certificate_pem],
                [t("distributors.ca"), answer.ca_pem],
              ]}
            />
          </>
        )}
      >
        {(error) => (
          <>
            <TextArea name="csr_pem" label={t("distributors.csr")} hint={t("distributors.csr.rotate")} isCode isOptional error={error("csr_pem")} />
            <CheckField name="end_previous" label={t("distributors.endPrevious")} hint={t("distributors.endPrevious.hint")} />
          </>
        )}
      </SendForm>
    </Section>
  );
}

function RevokeSection({ distributorId }: Of) {
  const t = useT();
  const client = useClient();
  return (
    <Section title={t("distributors.revoke")}>
      <SendForm
        isDangerous
        description={t("distributors.revoke.lead")}
        sendLabel={t("distributors.revoke")}
        confirm={{ title: t("distributors.revoke"), text: t("distributors.revoke.confirm"), typed: distributorId }}
        send={(_, commandId) =>
          client.call("POST", "/v1/admin/distributors/{distributor_id}/revoke", undefined, { path: { distributor_id: distributorId }, commandId })
        }
        done={(answer) => <Outcome answer={answer} />}
      />
    </Section>
  );
}

const ACCESS_REASONS = ["compromise", "distributor_request", "misuse", "offboarding", "drill", "resolved"] as const;

/** Under four eyes: the answer says that it waits for another person. */
function AccessSection({ distributorId, action }: Of & { action: "suspend" | "reactivate" }) {
  const t = useT();
  const client = useClient();
  return (
    <Section title={t(`distributors.${action}`)}>
      <SendForm
        isDangerous={action === "suspend"}
        description={t(`distributors.${action}.lead`)}
        sendLabel={t(`distributors.${action}`)}
        confirm={{ title: t(`distributors.${action}`), text: t(`distributors.${action}.lead`), typed: distributorId }}
        send={(fields, commandId) =>
          client.call("POST", `/v1/admin/distributors/{distributor_id}/${action}`, { reason: fields.text("reason") }, { path: { distributor_id: distributorId }, commandId })
        }
        done={(answer) => <Outcome answer={answer} />}
      >
        {(error) => <ReasonField reasons={ACCESS_REASONS} error={error("reason")} />}
      </SendForm>
    </Section>
  );
}

function QuotaSection({ distributorId }: Of) {
  const t = useT();
  const client = useClient();
  const path = { distributor_id: distributorId };
  return (
    <Section title={t("distributors.quota")}>
      <SendForm
        title={t("distributors.backfill")}
        description={t("distributors.backfill.lead")}
        sendLabel={t("distributors.backfill")}
        send={(fields, commandId) => client.post("/v1/admin/distributors/{distributor_id}/backfill", { hours: fields.number("hours") }, { path, commandId })}
        done={(answer) => (
          <p className="notice notice-good">
            {t("distributors.backfill.open")} <Instant at={answer.open_until} />
          </p>
        )}
      >
        {(error) => <TextField name="hours" type="number" min={1} max={24} label={t("distributors.hours")} error={error("hours")} />}
      </SendForm>
      <hr />
      <SendForm
        title={t("distributors.maxAmount")}
        description={t("distributors.maxAmount.lead")}
        sendLabel={t("distributors.maxAmount")}
        send={(fields, commandId) =>
          client.post("/v1/admin/distributors/{distributor_id}/max-amount", { max_amount_inr: fields.number("max_amount_inr") }, { path, commandId })
        }
        done={(answer) => <p className="notice notice-good">{money(answer.max_amount_inr)}</p>}
      >
        {(error) => (
          <TextField name="max_amount_inr" type="number" min={1_000_000_000} max={10_000_000_000} label={t("distributors.rupees")} error={error("max_amount_inr")} />
        )}
      </SendForm>
    </Section>
  );
}

function SftpSection({ distributorId }: Of) {
  const t = useT();
  const client = useClient();
  const path = { distributor_id: distributorId };
  return (
    <Section title={t("distributors.sftp")}>
      <SendForm
        description={t("distributors.sftp.lead")}
        sendLabel={t("distributors.sftp.add")}
        send={(fields, commandId) => client.post("/v1/admin/distributors/{distributor_id}/sftp-keys", { public_key: fields.text("public_key") }, { path, commandId })}
        done={(answer) => (
          <Facts
            items={[
              [t("distributors.sftp.user"), <code key="user">{answer.user}</code>],
              [t("distributors.sftp.fingerprint"), <code key="print">{answer.fingerprint}</code>],
            ]}
          />
        )}
      >
        {(error) => <TextArea name="public_key" label={t("distributors.sftp.key")} isCode rows={3} error={error("public_key")} />}
      </SendForm>
      <hr />
      <SendForm
        isDangerous
        description={t("distributors.sftp.end.lead")}
        sendLabel={t("distributors.sftp.end")}
        confirm={{ title: t("distributors.sftp.end"), text: t("distributors.sftp.end.lead"), typed: distributorId }}
        send={(_, commandId) => client.call("POST", "/v1/admin/distributors/{distributor_id}/sftp-keys/revoke", undefined, { path, commandId })}
        done={(answer) => <Outcome answer={answer} />}
      />
    </Section>
  );
}

interface Reprocessed {
  accepted: number;
  outdated: number;
  duplicate: number;
  remaining: { table: string; field: string; rule: string; records: number }[];
}

function isReprocessed(answer: unknown): answer is Reprocessed {
  return typeof answer === "object" && answer !== null && "remaining" in answer;
}

function QuarantineSection({ distributorId }: Of) {
  const t = useT();
  const client = useClient();
  return (
    <Section title={t("distributors.quarantine")}>
      <SendForm
        description={t("distributors.quarantine.lead")}
        sendLabel={t("distributors.reprocess")}
        send={(fields, commandId) =>
          client.call("POST", "/v1/admin/distributors/{distributor_id}/quarantine/{batch_id}/reprocess", undefined, {
            path: { distributor_id: distributorId, batch_id: fields.text("batch_id") },
            commandId,
          })
        }
        done={(answer) =>
          isReprocessed(answer) ? (
            <>
              <Facts
                items={[
                  [t("distributors.accepted"), <Count key="a" value={answer.accepted} />],
                  [t("distributors.outdated"), <Count key="o" value={answer.outdated} />],
                  [t("distributors.duplicate"), <Count key="d" value={answer.duplicate} />],
                ]}
              />
              <h3>{t("distributors.remaining")}</h3>
              <DataTable
                name={t("distributors.remaining")}
                rows={answer.remaining}
                columns={[
                  { accessorKey: "table", header: t("distributors.table") },
                  { accessorKey: "field", header: t("distributors.field") },
                  { accessorKey: "rule", header: t("distributors.rule") },
                  { accessorKey: "records", header: t("distributors.records"), meta: { isNumber: true } },
                ]}
                empty={<p>{t("none")}</p>}
              />
            </>
          ) : (
            <Outcome answer={answer} />
          )
        }
      >
        {(error) => <TextField name="batch_id" label={t("distributors.batch")} pattern="bat_[0-9a-f]{32}" error={error("batch_id")} />}
      </SendForm>
    </Section>
  );
}
