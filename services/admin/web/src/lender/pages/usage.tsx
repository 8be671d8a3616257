/** How much of each limit of the API counts now. Looking spends nothing. */
import { duration } from "../../shared/format";
import { useLanguages } from "../../shared/i18n";
import { useAnswer } from "../../shared/people/pages";
import { StackedTable, type StackedColumn } from "../../shared/people/stacked";
import { Badge, Count, PageTitle, Section } from "../../shared/ui/parts";
import { Loaded } from "../../shared/ui/states";
import type { Quota, Usage } from "../api";
import { useCode, useT } from "../i18n";
import { limitState } from "../usage";

export function UsagePage() {
  const t = useT();
  const query = useAnswer<Usage>("/usage");
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
    </>
  );
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
