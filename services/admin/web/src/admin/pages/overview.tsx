/** What operators see first. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { Count, Figures, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { DataTable, type ColumnDef } from "../../shared/ui/table";
import type { components } from "../api/schema";
import { useCode, useT } from "../i18n";
import { Status } from "../parts";
import { useClient } from "../session";

type Promotion = components["schemas"]["PromotionRow"];
const LINKS: Record<string, string> = {
  distributors: "/distributors",
  lenders: "/lenders",
  invited: "/invitations",
  open_promotions: "/models",
  open_anomalies: "/anomalies",
};
const WAITING = new Set(["open_promotions", "open_anomalies"]);

export function useOverview() {
  const client = useClient();
  return useQuery({
    queryKey: ["overview"],
    queryFn: ({ signal }) => client.get("/v1/admin/overview", { signal }),
    refetchInterval: 30_000,
  });
}

export function usePromotionColumns(): ColumnDef<Promotion>[] {
  const t = useT();
  const code = useCode();
  return [
    { accessorKey: "model_name", header: t("models.model") },
    { accessorKey: "model_version", header: t("models.version") },
    { accessorKey: "kind", header: t("models.kind"), cell: ({ row }) => code("kind", row.original.kind) },
    { accessorKey: "status", header: t("common.status"), cell: ({ row }) => <Status status={row.original.status} /> },
    { accessorKey: "proposed_by", header: t("models.proposedBy") },
    { accessorKey: "approved_by", header: t("models.approvedBy"), cell: ({ row }) => row.original.approved_by ?? "–" },
    { accessorKey: "proposed_at", header: t("models.proposedAt"), cell: ({ row }) => <Instant at={row.original.proposed_at} /> },
  ];
}

export function OverviewPage() {
  const t = useT();
  const overview = useOverview();
  const promotionColumns = usePromotionColumns();
  return (
    <>
      <PageTitle title={t("nav.overview")} lead={t("overview.lead")} />
      <Loaded query={overview}>
        {(data) => (
          <>
            <Figures
              items={Object.entries(data.counts).map(([name, value]) => ({
                label: labelOf(t, name),
                value: <Count value={value} />,
                ...(WAITING.has(name) ? { tone: value > 0 ? ("warn" as const) : ("good" as const) } : {}),
                to: LINKS[name] && <Link to={LINKS[name]}>{t("overview.see")}</Link>,
              }))}
            />
            <Section title={t("overview.promotions")}>
              <DataTable
                name={t("overview.promotions")}
                rows={data.promotions}
                columns={promotionColumns}
                empty={<Empty>{t("models.none")}</Empty>}
              />
            </Section>
          </>
        )}
      </Loaded>
    </>
  );
}

function labelOf(t: ReturnType<typeof useT>, name: string): string {
  const key = `overview.count.${name}`;
  const text = t(key as Parameters<typeof t>[0]);
  return text === key ? name.replaceAll("_", " ") : text;
}
