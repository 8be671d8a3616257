/** Notices of an incident from approved templates: proposed by one person, approved by another, then sent. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "react-router";
import { SelectField, SendForm, TextArea } from "../../shared/ui/forms";
import { Count, Exact, Facts, Instant, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { useCode, useT } from "../i18n";
import { Outcome, Status } from "../parts";
import { useClient, useSession } from "../session";

interface Notice {
  notice_id: string;
  audience: string;
  language: string;
  status: string;
  content: Record<string, unknown>;
  content_sha256: string;
  approval_id: string;
  approval_sha256: string | null;
  proposed_by: string;
  proposed_at: string;
  approved_by: string | null;
  announced: number;
}

const AUDIENCES = ["retailers", "lenders", "distributors", "cert_in", "board"];
const FACTS = ["nature", "extent", "consequences", "measures", "contact"] as const;

export function NoticesSection({ incidentId, isOpen }: { incidentId: string; isOpen: boolean }) {
  const t = useT();
  const code = useCode();
  const client = useClient();
  const queries = useQueryClient();
  const path = { incident_id: incidentId };
  const base = "/v1/admin/incidents/{incident_id}/notices";
  const query = useQuery({
    queryKey: ["notices", incidentId],
    queryFn: async ({ signal }) => (await client.call("GET", base, undefined, { path, signal })) as { items: Notice[] },
  });
  const changed = () => queries.invalidateQueries({ queryKey: ["notices", incidentId] });
  return (
    <Section title={t("notices.title")}>
      <p className="quiet">{t("notices.lead")}</p>
      <Loaded query={query} isOptional>
        {(data) => (
          <>
            {data.items.length === 0 && <Empty title={t("notices.none")} />}
            {data.items.map((notice) => (
              <NoticeView
                key={notice.notice_id}
                notice={notice}
                approve={async (commandId) => {
                  const body = { content_sha256: notice.approval_sha256 };
                  const values = { approval_id: notice.approval_id };
                  const answer = await client.call("POST", "/v1/admin/approvals/{approval_id}/approve", body, { path: values, commandId });
                  void changed();
                  void queries.invalidateQueries({ queryKey: ["/v1/admin/approvals"] });
                  return answer;
                }}
              />
            ))}
            {isOpen && (
              <SendForm
                title={t("notices.propose")}
                sendLabel={t("notices.propose")}
                send={async (fields, commandId) => {
                  const facts = Object.fromEntries(FACTS.map((name) => [name, fields.text(name)]));
                  const body = { audience: fields.text("audience"), language: fields.text("language"), facts };
                  const answer = await client.call("POST", base, body, { path, commandId });
                  void changed();
                  return answer;
                }}
                done={(answer) => <Outcome answer={answer} />}
              >
                {(error) => (
                  <>
                    <SelectField name="audience" label={t("notices.audience")} choices={AUDIENCES.map((value) => ({ value, label: code("kind", value) }))} error={error("audience")} />
                    <SelectField
                      name="language"
                      label={t("invitations.language")}
                      value="hi"
                      choices={[
                        { value: "hi", label: "हिन्दी" },
                        { value: "en", label: "English" },
                      ]}
                      error={error("language")}
                    />
                    {FACTS.map((name) => (
                      <TextArea key={name} name={name} label={t(`notices.${name}`)} rows={2} maxLength={2000} isOptional error={error(name)} />
                    ))}
                  </>
                )}
              </SendForm>
            )}
          </>
        )}
      </Loaded>
    </Section>
  );
}

function NoticeView({ notice, approve }: { notice: Notice; approve: (commandId: string) => Promise<unknown> }) {
  const t = useT();
  const code = useCode();
  const { session } = useSession();
  return (
    <div className="notice">
      <Facts
        items={[
          [t("notices.audience"), code("kind", notice.audience)],
          [t("common.status"), <Status key="s" status={notice.status} />],
          [t("models.proposedBy"), notice.proposed_by],
          [t("models.proposedAt"), <Instant key="p" at={notice.proposed_at} />],
          [t("models.approvedBy"), notice.approved_by ?? "–"],
          [t("notices.announced"), <Count key="a" value={notice.announced} />],
          [t("approvals.title"), <Link key="r" to={`/approvals/${notice.approval_id}`}>{notice.approval_id}</Link>],
        ]}
      />
      <Exact title={t("approvals.content")} value={notice.content} />
      {notice.status === "proposed" &&
        (session?.operator_id === notice.proposed_by ? (
          <p>{t("approvals.own")}</p>
        ) : (
          <SendForm
            isDangerous
            sendLabel={t("approvals.approve")}
            confirm={{ title: t("approvals.approve"), text: t("notices.confirm") }}
            send={(_, commandId) => approve(commandId)}
            done={(answer) => <Outcome answer={answer} />}
          />
        ))}
    </div>
  );
}
