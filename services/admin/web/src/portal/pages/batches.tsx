/** What arrived, batch by batch. */
import { Link } from "react-router";
import { LoadedPages, usePages } from "../../shared/people/pages";
import { StackedTable, type StackedColumn } from "../../shared/people/stacked";
import { Words } from "../../shared/people/words";
import { Badge, Count, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty } from "../../shared/ui/states";
import type { Batch } from "../api";
import { useCode, useT } from "../i18n";

export function BatchesPage() {
  const t = useT();
  const pages = usePages<Batch>("/batches");
  return (
    <>
      <PageTitle title={t("batches.title")} lead={t("batches.intro")} />
      <Section title={t("batches.caption")}>
        <LoadedPages
          pages={pages}
          more={t("batches.more")}
          end={t("batches.end")}
          empty={
            <Empty title={t("batches.empty")}>
              <p>
                <Words text={t("batches.empty.do")} />
              </p>
            </Empty>
          }
        >
          {(rows) => <Batches rows={rows} />}
        </LoadedPages>
      </Section>
    </>
  );
}

function Batches({ rows }: { rows: Batch[] }) {
  const t = useT();
  const code = useCode();
  const number = (key: "submitted" | "accepted" | "duplicate"): StackedColumn<Batch> => ({
    key,
    header: t(`batches.column.${key}`),
    isNumber: true,
    cell: (row) => <Count value={row[key]} />,
  });
  const columns: StackedColumn<Batch>[] = [
    {
      key: "received",
      header: t("batches.column.received"),
      isTitle: true,
      cell: (row) => (
        <Link to={`/batches/${row.batch_id}`}>
          <Instant at={row.received_at} />
        </Link>
      ),
    },
    { key: "source", header: t("batches.column.source"), cell: (row) => code("batches.source", row.erp_type) },
    number("submitted"),
    number("accepted"),
    {
      key: "quarantined",
      header: t("batches.column.quarantined"),
      isNumber: true,
      cell: (row) =>
        row.quarantined !== null && row.quarantined > 0 ? (
          <Link to={`/batches/${row.batch_id}`}>
            <Badge tone="warn">
              <Count value={row.quarantined} />
            </Badge>
          </Link>
        ) : (
          <Count value={row.quarantined} />
        ),
    },
    number("duplicate"),
    {
      key: "state",
      header: t("batches.column.state"),
      cell: (row) => <Badge tone={row.state === "complete" ? "good" : "info"}>{code("batches.state", row.state)}</Badge>,
    },
  ];
  return <StackedTable caption={t("batches.caption")} columns={columns} rows={rows} keyOf={(row) => row.batch_id} />;
}
