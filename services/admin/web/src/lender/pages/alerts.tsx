/** What happened to retailers of the portfolio in the last thirty days. */
import { Link } from "react-router";
import { day } from "../../shared/format";
import { useLanguages } from "../../shared/i18n";
import { LoadedPages, usePages } from "../../shared/people/pages";
import { StackedTable, type StackedColumn } from "../../shared/people/stacked";
import { Badge, PageTitle, Section, type Tone } from "../../shared/ui/parts";
import { Empty } from "../../shared/ui/states";
import type { Alert } from "../api";
import { useT } from "../i18n";

const KINDS = ["band_dropped", "pd_rose", "score_expired", "blocked", "consent_ending", "consent_ended"] as const;
type Kind = (typeof KINDS)[number] | "unknown";
const TONES: Record<Kind, Tone> = {
  band_dropped: "bad",
  pd_rose: "warn",
  score_expired: "warn",
  blocked: "bad",
  consent_ending: "warn",
  consent_ended: "calm",
  unknown: "calm",
};

function kindOf(alert: Alert): Kind {
  return KINDS.find((kind) => kind === alert.kind) ?? "unknown";
}

export function AlertsPage() {
  const t = useT();
  const pages = usePages<Alert>("/alerts");
  return (
    <>
      <PageTitle title={t("alerts.title")} lead={t("alerts.lead")} />
      <Section title={t("alerts.caption")}>
        <LoadedPages
          pages={pages}
          more={t("alerts.more")}
          end={t("alerts.end")}
          empty={<Empty title={t("alerts.empty")}>{t("alerts.empty.do")}</Empty>}
        >
          {(rows) => <Alerts rows={rows} />}
        </LoadedPages>
      </Section>
    </>
  );
}

export function Alerts({ rows }: { rows: Alert[] }) {
  const t = useT();
  const { language } = useLanguages();
  const columns: StackedColumn<Alert>[] = [
    {
      key: "kind",
      header: t("alerts.column.kind"),
      isTitle: true,
      cell: (row) => <Badge tone={TONES[kindOf(row)]}>{t(`alert.${kindOf(row)}`)}</Badge>,
    },
    {
      key: "retailer",
      header: t("alerts.column.retailer"),
      // A consent that ended closes the retailer's page too: there is nothing behind a link.
      cell: (row) =>
        row.kind === "consent_ended" ? (
          <code>{row.retailer_id}</code>
        ) : (
          <Link to={`/retailers/${row.retailer_id}`}>{row.retailer_id}</Link>
        ),
    },
    { key: "at", header: t("alerts.column.at"), cell: (row) => <span className="money">{day(row.at, language)}</span> },
    { key: "do", header: t("alerts.column.do"), cell: (row) => <span>{t(`alert.${kindOf(row)}.do`)}</span> },
  ];
  return (
    <StackedTable
      caption={t("alerts.caption")}
      columns={columns}
      rows={rows}
      keyOf={(row) => `${row.at} ${row.kind} ${row.retailer_id}`}
    />
  );
}
