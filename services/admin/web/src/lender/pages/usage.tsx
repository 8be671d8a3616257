/** How much of each limit of the API counts now, and what became of the calls of each day. Looking spends nothing. */
import { Chart } from "../../shared/charts/chart";
import { count, day, duration } from "../../shared/format";
import { useLanguages } from "../../shared/i18n";
import { useAnswer } from "../../shared/people/pages";
import { StackedTable, type StackedColumn } from "../../shared/people/stacked";
import { Badge, Count, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import type { CallsByDay, Quota, Usage } from "../api";
import { useCode, useT } from "../i18n";
import { daysOf, limitState, refusalsOf } from "../usage";

export function UsagePage() {
  const t = useT();
  const query = useAnswer<Usage>("/usage");
  const calls = useAnswer<CallsByDay>("/usage/days");
  return (
    <>
      <PageTitle title={t("usage.title")} lead={t("usage.lead")} />
      <Section title={t("usage.caption")}>
        <Loaded query={query} isOptional>
          {(usage) => (
            <>
              <Limits quotas={usage.items} />
              <p className="quiet">{t("usage.disclosures", { count: usage.disclosures_per_retailer_a_day })}</p>
            </>
          )}
        </Loaded>
      </Section>
      <Section title={t("usage.days")}>
        <Loaded query={calls} isOptional>
          {(data) => (data.counted_since === null ? <Empty title={t("usage.days.none")}>{t("usage.days.none.do")}</Empty> : <Days calls={data} since={data.counted_since} />)}
        </Loaded>
      </Section>
      {(calls.data?.counted_since ?? null) !== null && calls.data !== undefined && (
        <Section title={t("usage.refusals")}>
          <Refusals calls={calls.data} />
        </Section>
      )}
    </>
  );
}

function Days({ calls, since }: { calls: CallsByDay; since: string }) {
  const t = useT();
  const { language } = useLanguages();
  const days = daysOf(calls);
  const served = days.reduce((sum, item) => sum + item.served, 0);
  const refused = days.reduce((sum, item) => sum + item.refused, 0);
  const busiest = days.reduce((most, item) => (item.served + item.refused > most.served + most.refused ? item : most));
  return (
    <>
      <Chart
        title={t("usage.days.chart")}
        kind="bar"
        xLabel={t("usage.days.day")}
        points={days.map((item) => ({ x: day(item.day, language), served: item.served, refused: item.refused }))}
        series={[
          { key: "served", label: t("usage.served") },
          { key: "refused", label: t("usage.refused") },
        ]}
        summary={t("usage.days.summary", {
          days: count(days.length, language),
          served: count(served, language),
          refused: count(refused, language),
          busiest: day(busiest.day, language),
          calls: count(busiest.served + busiest.refused, language),
        })}
      />
      <p className="quiet small">
        {t("usage.days.since")} <Instant at={since} />. {t("usage.days.lead")}
      </p>
    </>
  );
}

function Refusals({ calls }: { calls: CallsByDay }) {
  const t = useT();
  const code = useCode();
  const { language } = useLanguages();
  const rows = refusalsOf(calls);
  if (rows.length === 0) return <Empty title={t("usage.refusals.none")} />;
  const columns: StackedColumn<(typeof rows)[number]>[] = [
    { key: "code", header: t("usage.code"), isTitle: true, cell: (row) => <code className="refusal-code">{row.code}</code> },
    { key: "means", header: t("usage.means"), cell: (row) => code("refusal", row.code) },
    { key: "calls", header: t("usage.calls"), cell: (row) => <Count value={row.calls} /> },
    { key: "last", header: t("usage.last"), cell: (row) => day(row.last, language) },
  ];
  return <StackedTable caption={t("usage.refusals")} columns={columns} rows={rows} keyOf={(row) => row.code} />;
}

export function Limits({ quotas }: { quotas: Quota[] }) {
  const t = useT();
  const code = useCode();
  const { language } = useLanguages();
  const columns: StackedColumn<Quota>[] = [
    { key: "name", header: t("usage.limit"), isTitle: true, cell: (row) => code("usage", row.name) },
    { key: "window", header: t("usage.window"), cell: (row) => duration(row.window_s, language) },
    {
      key: "used",
      header: t("usage.used"),
      cell: (row) => (
        <span>
          <Count value={row.used} /> / <Count value={row.limit} />
          <meter className="share" min={0} max={row.limit} high={row.limit * 0.9} value={row.used} aria-hidden="true" />
        </span>
      ),
    },
    {
      key: "left",
      header: t("usage.left"),
      cell: (row) => (
        <span>
          <Count value={row.remaining} /> <Warning quota={row} />
        </span>
      ),
    },
  ];
  return <StackedTable caption={t("usage.caption")} columns={columns} rows={quotas} keyOf={(row) => row.name} />;
}

function Warning({ quota }: { quota: Quota }) {
  const t = useT();
  const state = limitState(quota);
  if (state === "free") return null;
  return <Badge tone={state === "full" ? "bad" : "warn"}>{t(`usage.${state}`)}</Badge>;
}
