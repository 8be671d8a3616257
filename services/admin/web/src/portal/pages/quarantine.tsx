/** Records set aside, by what is to be done about them. */
import { Link } from "react-router";
import { LoadedPages, usePages } from "../../shared/people/pages";
import { Badge, PageTitle, Section } from "../../shared/ui/parts";
import { Empty } from "../../shared/ui/states";
import type { Quarantined } from "../api";
import { useCode, useT } from "../i18n";
import { groupByRule, isActionable, type RuleGroup } from "../quarantine";
import { AdviceText } from "./advice";

const SHOWN = 12;

export function QuarantinePage() {
  const t = useT();
  const pages = usePages<Quarantined>("/quarantine");
  return (
    <>
      <PageTitle title={t("quarantine.title")} lead={t("quarantine.intro")} />
      <LoadedPages
        pages={pages}
        more={t("quarantine.more")}
        end={t("quarantine.end")}
        empty={<Empty title={t("quarantine.empty")}>{t("quarantine.empty.do")}</Empty>}
      >
        {(rows) => (
          <div className="fix-list">
            {groupByRule(rows).map((group) => (
              <Group key={`${group.reason.field} ${group.reason.reason}`} group={group} />
            ))}
          </div>
        )}
      </LoadedPages>
    </>
  );
}

function Group({ group }: { group: RuleGroup }) {
  const t = useT();
  const rest = group.records.slice(SHOWN);
  return (
    <Section
      title={t(`quarantine.${group.advice}.what`)}
      aside={
        <Badge tone={isActionable(group.advice) ? "warn" : "calm"}>
          {t("quarantine.group", { count: group.records.length })}
        </Badge>
      }
    >
      <AdviceText reason={group.reason} isTitled />
      <Documents records={group.records.slice(0, SHOWN)} />
      {rest.length > 0 && (
        <details className="fold">
          <summary>{t("quarantine.documents.more", { count: rest.length })}</summary>
          <Documents records={rest} />
        </details>
      )}
    </Section>
  );
}

function Documents({ records }: { records: Quarantined[] }) {
  const t = useT();
  const code = useCode();
  return (
    <ul className="documents" aria-label={t("quarantine.document")}>
      {records.map((record) => (
        <li key={`${record.batch_id} ${record.table} ${String(record.position)}`}>
          <Link to={`/batches/${record.batch_id}`}>
            {code("quarantine.table", record.table)}{" "}
            {record.record_key === null ? t("quarantine.position", { position: record.position + 1 }) : <code>{record.record_key}</code>}
          </Link>
        </li>
      ))}
    </ul>
  );
}
