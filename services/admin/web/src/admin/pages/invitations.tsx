/** Invitations: retailers of one distributor are asked for their consent, all or by list. */
import { useQueryClient } from "@tanstack/react-query";
import { SelectField, SendForm, TextArea } from "../../shared/ui/forms";
import { Count, Facts, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { useCode, useT } from "../i18n";
import { LenderChoices, PURPOSES } from "../parts";
import { useClient } from "../session";
import { useOverview } from "./overview";

export function InvitationsPage() {
  const t = useT();
  const code = useCode();
  const client = useClient();
  const queries = useQueryClient();
  const overview = useOverview();
  return (
    <>
      <PageTitle title={t("nav.invitations")} lead={t("invitations.lead")} />
      <Section title={t("invitations.send")}>
        <Loaded query={overview}>
          {(data) =>
            data.distributors.length === 0 || data.lenders.length === 0 ? (
              <Empty title={t("invitations.nobody")}>{t("invitations.nobody.do")}</Empty>
            ) : (
              <SendForm
                sendLabel={t("invitations.send")}
                confirm={{ title: t("invitations.send"), text: t("invitations.confirm") }}
                send={async (fields, commandId) => {
                  const listed = fields.list("retailer_ids");
                  const answer = await client.post(
                    "/v1/admin/distributors/{distributor_id}/invites",
                    {
                      lender_scope: fields.all("lender_scope"),
                      purpose: fields.text("purpose"),
                      language: fields.text("language") === "en" ? "en" : "hi",
                      retailer_ids: listed.length === 0 ? null : listed,
                    },
                    { path: { distributor_id: fields.text("distributor_id") }, commandId },
                  );
                  void queries.invalidateQueries({ queryKey: ["overview"] });
                  return answer;
                }}
                done={(answer) => (
                  <div className="notice notice-good">
                    <p className="notice-title">{t("outcome.done")}</p>
                    <Facts
                      items={[
                        [t("invitations.invited"), <Count key="i" value={answer.invited} />],
                        [t("invitations.alreadyOpen"), <Count key="a" value={answer.already_open} />],
                        [t("invitations.refused"), <Count key="r" value={answer.refused} />],
                        [t("invitations.unreachable"), <Count key="u" value={answer.unreachable} />],
                        [t("invitations.unknown"), <Count key="k" value={answer.unknown} />],
                      ]}
                    />
                  </div>
                )}
              >
                {(error) => (
                  <>
                    <SelectField
                      name="distributor_id"
                      label={t("invitations.distributor")}
                      choices={data.distributors.map((row) => ({ value: row.distributor_id, label: `${row.name} (${row.distributor_id})` }))}
                    />
                    <LenderChoices lenders={data.lenders} error={error("lender_scope")} />
                    <SelectField name="purpose" label={t("invitations.purpose")} choices={PURPOSES.map((value) => ({ value, label: code("kind", value) }))} error={error("purpose")} />
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
                    <TextArea name="retailer_ids" label={t("invitations.list")} hint={t("invitations.list.hint")} isOptional isCode error={error("retailer_ids")} />
                  </>
                )}
              </SendForm>
            )
          }
        </Loaded>
      </Section>
    </>
  );
}
