/** Models: two persons decide which one scores; each states the same, and the service compares. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { SendForm, TextArea, TextField, type FieldErrors, type Fields } from "../../shared/ui/forms";
import { Badge, Facts, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { DataTable } from "../../shared/ui/table";
import { Problem } from "../../shared/api/problem";
import type { components } from "../api/schema";
import { useT } from "../i18n";
import { isRequested, Outcome, ReasonField, Status, TicketField } from "../parts";
import { useClient, useMay } from "../session";
import { useOverview, usePromotionColumns } from "./overview";

type Statement = components["schemas"]["PromoteIn"];
const FREEZE_REASONS = ["model_error", "data_error", "fairness", "fraud", "regulator", "drill"] as const;
const ACTIONS = ["promote", "rollback", "challenger", "challenger/withdraw", "freeze", "unfreeze"] as const;
type ModelAction = (typeof ACTIONS)[number];
const NAME = "[A-Za-z0-9_.\\-]{1,64}";

/** Reads a statement; what is not one is said at the field and not sent. */
export function statementOf(text: string): Statement {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "model_sha256" in value && "evaluation" in value) return value as Statement;
  } catch {
    // said below
  }
  throw new Problem(400, { code: "INVALID_REQUEST", errors: [{ field: "statement", reason: "JSON: model_name, version, model_sha256, artifact_uri, evaluation, …" }] });
}

export function ModelsPage() {
  const t = useT();
  const may = useMay();
  const overview = useOverview();
  const columns = usePromotionColumns();
  const [action, setAction] = useState<ModelAction>("promote");
  return (
    <>
      <PageTitle title={t("nav.models")} lead={t("models.lead")} />
      <Section title={t("overview.promotions")}>
        <Loaded query={overview}>
          {(data) => <DataTable name={t("overview.promotions")} rows={data.promotions} columns={columns} empty={<Empty>{t("models.none")}</Empty>} />}
        </Loaded>
      </Section>
      {may("promote") && (
        <Section title={t("models.decide")}>
          <p className="quiet">{t("models.decide.lead")}</p>
          <div className="form-actions" role="group" aria-label={t("models.decide")}>
            {ACTIONS.map((name) => (
              <button
                key={name}
                type="button"
                className={name === action ? "button button-main" : "button"}
                aria-pressed={name === action}
                onClick={() => {
                  setAction(name);
                }}
              >
                {t(`models.${name}`)}
              </button>
            ))}
          </div>
          <ActionForm key={action} action={action} />
        </Section>
      )}
    </>
  );
}

interface Decision {
  status: string;
  approvals: { operator_id: string; at: string }[];
}

function isDecision(answer: unknown): answer is Decision {
  return typeof answer === "object" && answer !== null && "approvals" in answer;
}

function bodyOf(action: ModelAction, fields: Fields): unknown {
  if (action === "promote" || action === "challenger") return statementOf(fields.text("statement"));
  const model = { model_name: fields.text("model_name") };
  if (action === "rollback") return model;
  const ticketed = { ...model, ticket: fields.text("ticket") };
  if (action === "freeze") return { ...ticketed, reason: fields.text("reason") };
  return action === "unfreeze" ? { ...ticketed, freeze_id: fields.text("freeze_id") } : ticketed;
}

function ActionForm({ action }: { action: ModelAction }) {
  const t = useT();
  const client = useClient();
  const queries = useQueryClient();
  const title = t(`models.${action}`);
  return (
    <SendForm
      title={title}
      description={t(`models.${action}.lead`)}
      sendLabel={title}
      isDangerous={action === "freeze" || action === "rollback"}
      confirm={{ title, text: t("models.confirm") }}
      send={async (fields, commandId) => {
        const answer = await client.call("POST", `/v1/admin/models/${action}`, bodyOf(action, fields), { commandId });
        void queries.invalidateQueries({ queryKey: ["overview"] });
        return answer;
      }}
      done={(answer) =>
        isDecision(answer) && !isRequested(answer) ? (
          <div className="notice notice-good">
            <p className="notice-title">{answer.approvals.length < 2 ? t("models.first") : t("models.second")}</p>
            <Facts
              items={[
                [t("common.status"), <Status key="status" status={answer.status} />],
                [t("models.statedBy"), answer.approvals.map((item) => <Badge key={item.operator_id}>{item.operator_id}</Badge>)],
              ]}
            />
          </div>
        ) : (
          <Outcome answer={answer} />
        )
      }
    >
      {(error) => <ActionFields action={action} error={error} />}
    </SendForm>
  );
}

function ActionFields({ action, error }: { action: ModelAction; error: FieldErrors }) {
  const t = useT();
  if (action === "promote" || action === "challenger")
    return <TextArea name="statement" label={t("models.statement")} hint={t("models.statement.hint")} rows={14} isCode error={error("statement")} />;
  return (
    <>
      <TextField name="model_name" label={t("models.model")} pattern={NAME} error={error("model_name")} />
      {action === "freeze" && <ReasonField reasons={FREEZE_REASONS} error={error("reason")} />}
      {action === "unfreeze" && <TextField name="freeze_id" label={t("models.freezeId")} pattern="(dec|frz)_[A-Za-z0-9_.\-]{1,150}" error={error("freeze_id")} />}
      {action !== "rollback" && <TicketField error={error("ticket")} />}
    </>
  );
}
