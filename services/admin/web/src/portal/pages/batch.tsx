/** One batch: where its records went, and why some were set aside. */
import { Link, useParams } from "react-router";
import { Problem } from "../../shared/api/problem";
import { useAnswer } from "../../shared/people/pages";
import { Badge, Facts, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import type { BatchDetail } from "../api";
import { useCode, useT } from "../i18n";
import { AdviceText } from "./advice";

export function BatchPage() {
  const t = useT();
  const { batchId = "" } = useParams();
  const query = useAnswer<BatchDetail>("/batches/{batch_id}", { batch_id: batchId });
  const isUnknown = query.error instanceof Problem && [404, 400, 422].includes(query.error.status);
  return (
    <>
      <PageTitle title={t("batch.title")} lead={<code>{batchId}</code>} />
      {isUnknown ? (
        <Empty title={t("batch.missing")}>{t("batch.missing.do")}</Empty>
      ) : (
        <Loaded query={query}>{(data) => <Detail data={data} />}</Loaded>
      )}
      <p>
        <Link to="/batches">{t("batch.back")}</Link>
      </p>
    </>
  );
}

function Detail({ data: { batch, reasons } }: { data: BatchDetail }) {
  const t = useT();
  const code = useCode();
  const sum =
    batch.accepted === null || batch.quarantined === null || batch.duplicate === null
      ? t("batch.sum.open", { submitted: batch.submitted })
      : t("batch.sum", {
          submitted: batch.submitted,
          accepted: batch.accepted,
          quarantined: batch.quarantined,
          duplicate: batch.duplicate,
        });
  return (
    <>
      <Section title={sum}>
        <Facts
          items={[
            [t("batches.column.received"), <Instant key="at" at={batch.received_at} />],
            [t("batches.column.source"), code("batches.source", batch.erp_type)],
            [
              t("batches.column.state"),
              <Badge key="state" tone={batch.state === "complete" ? "good" : "info"}>
                {code("batches.state", batch.state)}
              </Badge>,
            ],
          ]}
        />
      </Section>
      <Section title={t("batch.setaside")}>
        {reasons.length === 0 ? (
          <p>{t("batch.setaside.none")}</p>
        ) : (
          <ul className="fix-list">
            {reasons.map((item) => (
              <li key={`${item.table} ${item.field} ${item.reason}`}>
                <h3>
                  {t("quarantine.records", { count: item.records, table: code("quarantine.table", item.table) })}
                </h3>
                <AdviceText reason={item} />
              </li>
            ))}
          </ul>
        )}
      </Section>
    </>
  );
}
