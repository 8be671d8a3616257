/** Requests under four eyes: the second person sees exactly what was asked for and approves its digest. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, NavLink, useParams, useSearchParams } from "react-router";
import { SendForm } from "../../shared/ui/forms";
import { Exact, Facts, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { type ColumnDef } from "../../shared/ui/table";
import { useCode, useT } from "../i18n";
import { CursorTable, itemsOf, Outcome, ReasonField, Status, useCursorList, type Requested } from "../parts";
import { useClient, useSession } from "../session";

interface Approval extends Requested {
  kind: string;
  subject: string;
  proposed_by: string;
  proposed_at: string;
  approved_by: string | null;
  approved_at: string | null;
  result: Record<string, unknown> | null;
  closed_by: string | null;
  closed_at: string | null;
  close_reason: string | null;
  failed_at: string | null;
  failure: string | null;
}

const STATES = ["open", "executed", "rejected", "withdrawn", "expired"] as const;
const REJECTIONS = ["wrong_content", "not_needed", "not_authorised", "duplicate", "suspicious"] as const;

export function ApprovalsPage() {
  const t = useT();
  const code = useCode();
  const [parameters] = useSearchParams();
  const state = STATES.find((name) => name === parameters.get("state")) ?? "open";
  const query = useCursorList<Approval>("/v1/admin/approvals", { query: { state } }, itemsOf<Approval>);
  const columns: ColumnDef<Approval>[] = [
    { accessorKey: "approval_id", header: t("common.id"), cell: ({ row }) => <Link to={`/approvals/${row.original.approval_id}`}>{row.original.approval_id}</Link> },
    { accessorKey: "kind", header: t("approvals.kind"), cell: ({ row }) => code("kind", row.original.kind) },
    { accessorKey: "subject", header: t("approvals.subject"), cell: ({ row }) => <code>{row.original.subject}</code> },
    { accessorKey: "proposed_by", header: t("models.proposedBy") },
    { accessorKey: "proposed_at", header: t("models.proposedAt"), cell: ({ row }) => <Instant at={row.original.proposed_at} /> },
    { accessorKey: "expires_at", header: t("approvals.expires"), cell: ({ row }) => <Instant at={row.original.expires_at} /> },
  ];
  return (
    <>
      <PageTitle title={t("nav.approvals")} lead={t("approvals.lead")} />
      <nav className="tabs" aria-label={t("approvals.states")}>
        {STATES.map((name) => (
          <NavLink key={name} to={`/approvals?state=${name}`} aria-current={name === state ? "page" : undefined} className={() => ""}>
            {code("status", name)}
          </NavLink>
        ))}
      </nav>
      <Section title={code("status", state)}>
        <CursorTable query={query} name={t("nav.approvals")} columns={columns} empty={<Empty title={t("approvals.none")}>{t("approvals.none.do")}</Empty>} />
      </Section>
    </>
  );
}

export function ApprovalPage() {
  const t = useT();
  const code = useCode();
  const client = useClient();
  const queries = useQueryClient();
  const { session } = useSession();
  const { approvalId = "" } = useParams();
  const path = { approval_id: approvalId };
  const query = useQuery({
    queryKey: ["approval", approvalId],
    queryFn: async ({ signal }) => (await client.call("GET", "/v1/admin/approvals/{approval_id}", undefined, { path, signal })) as Approval,
  });
  const act = async (action: "approve" | "reject", body: unknown, commandId: string) => {
    const answer = await client.call("POST", `/v1/admin/approvals/{approval_id}/${action}`, body, { path, commandId });
    await queries.invalidateQueries({ queryKey: ["approval", approvalId] });
    void queries.invalidateQueries({ queryKey: ["/v1/admin/approvals"] });
    return answer;
  };
  return (
    <>
      <PageTitle title={t("approvals.title")} lead={<code>{approvalId}</code>} />
      <Loaded query={query} isOptional>
        {(data) => (
          <>
            <Section title={t("approvals.what")}>
              <Facts
                items={[
                  [t("approvals.kind"), code("kind", data.kind)],
                  [t("approvals.subject"), <code key="s">{data.subject}</code>],
                  [t("common.status"), <Status key="t" status={data.state} />],
                  [t("models.proposedBy"), data.proposed_by],
                  [t("models.proposedAt"), <Instant key="p" at={data.proposed_at} />],
                  [t("approvals.expires"), <Instant key="e" at={data.expires_at} />],
                  [t("approvals.digest"), <code key="d">{data.content_sha256}</code>],
                  ...(data.approved_by === null ? [] : ([[t("models.approvedBy"), data.approved_by]] satisfies [string, string][])),
                  ...(data.close_reason ? ([[t("common.reason"), code("reason", data.close_reason)]] satisfies [string, string][]) : []),
                  ...(data.failure ? ([[t("approvals.failure"), data.failure]] satisfies [string, string][]) : []),
                ]}
              />
              <h3>{t("approvals.content")}</h3>
              <pre tabIndex={0} role="region" aria-label={t("approvals.content")}>
                {JSON.stringify(data.content, null, 2)}
              </pre>
              {data.result !== null && <Exact title={t("approvals.result")} value={data.result} />}
            </Section>
            {data.state === "open" && (
              <div className="columns">
                <Section title={t("approvals.approve")}>
                  {session?.operator_id === data.proposed_by ? (
                    <p>{t("approvals.own")}</p>
                  ) : (
                    <SendForm
                      description={t("approvals.approve.lead")}
                      sendLabel={t("approvals.approve")}
                      confirm={{ title: t("approvals.approve"), text: t("approvals.approve.confirm") }}
                      send={(_, commandId) => act("approve", { content_sha256: data.content_sha256 }, commandId)}
                      done={(answer) => <Outcome answer={(answer as Approval).result ?? answer} />}
                    />
                  )}
                </Section>
                <Section title={t("approvals.reject")}>
                  <SendForm
                    isDangerous
                    description={t("approvals.reject.lead")}
                    sendLabel={t("approvals.reject")}
                    send={(fields, commandId) => act("reject", { reason: fields.text("reason") }, commandId)}
                  >
                    {(error) => <ReasonField reasons={REJECTIONS} error={error("reason")} />}
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
