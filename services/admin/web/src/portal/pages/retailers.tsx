/** The shops of the own ledger, contacts masked; rows can be chosen and invited. */
import { useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { LoadedPages, usePages } from "../../shared/people/pages";
import { Badge, Masked, PageTitle, Section } from "../../shared/ui/parts";
import { Empty } from "../../shared/ui/states";
import { DataTable, type ColumnDef } from "../../shared/ui/table";
import { PAGE_ROWS, type Retailer } from "../api";
import { useT } from "../i18n";

export function RetailersPage() {
  const t = useT();
  const pages = usePages<Retailer>("/retailers", { limit: PAGE_ROWS });
  return (
    <>
      <PageTitle title={t("retailers.title")} lead={t("retailers.intro")} />
      <LoadedPages
        pages={pages}
        more={t("retailers.more")}
        all={t("retailers.all")}
        end={t("retailers.end")}
        empty={<Empty title={t("retailers.empty")}>{t("retailers.empty.do")}</Empty>}
      >
        {(rows) => <Chooser rows={rows} />}
      </LoadedPages>
    </>
  );
}

/** The rows with a choice. Who cannot be reached cannot be chosen: no message would go. */
export function Chooser({ rows }: { rows: Retailer[] }) {
  const t = useT();
  const navigate = useNavigate();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const reachable = rows.filter((row) => row.has_contact).map((row) => row.retailer_id);
  const columns = useMemo<ColumnDef<Retailer>[]>(() => {
    const toggle = (id: string) => {
      setChosen((before) => {
        const after = new Set(before);
        if (!after.delete(id)) after.add(id);
        return after;
      });
    };
    return [
      {
        id: "choose",
        header: t("retailers.column.choose"),
        enableSorting: false,
        cell: ({ row: { original } }) => (
          <input
            type="checkbox"
            checked={chosen.has(original.retailer_id)}
            disabled={!original.has_contact}
            aria-label={t("retailers.choose", { name: original.shop_name ?? original.retailer_id })}
            onChange={() => toggle(original.retailer_id)}
          />
        ),
      },
      { id: "name", header: t("retailers.column.retailer"), accessorFn: (row) => row.shop_name ?? "–" },
      {
        id: "gst",
        header: t("retailers.column.gstin"),
        accessorFn: (row) => row.gst ?? "",
        cell: ({ row }) => <Masked value={row.original.gst} />,
      },
      {
        id: "phone",
        header: t("retailers.column.phone"),
        accessorFn: (row) => row.phone ?? "",
        cell: ({ row }) => <Masked value={row.original.phone === null ? null : `…${row.original.phone}`} />,
      },
      {
        id: "reachable",
        header: t("retailers.column.reachable"),
        accessorFn: (row) => t(row.has_contact ? "retailers.yes" : "retailers.no"),
        cell: ({ row, getValue }) => (
          <Badge tone={row.original.has_contact ? "good" : "calm"}>{getValue<string>()}</Badge>
        ),
      },
      {
        id: "id",
        header: t("retailers.column.id"),
        accessorFn: (row) => row.retailer_id,
        cell: ({ getValue }) => <code>{getValue<string>()}</code>,
      },
    ];
  }, [t, chosen]);
  return (
    <Section
      title={t("retailers.caption")}
      aside={
        <span role="status" className="quiet">
          {t("retailers.chosen", { count: chosen.size })}
        </span>
      }
    >
      <div className="choices no-print">
        <button
          type="button"
          className="button button-main"
          disabled={chosen.size === 0}
          onClick={() => void navigate("/invites", { state: { ids: [...chosen] } })}
        >
          {t("retailers.invite")}
        </button>
        <button
          type="button"
          className="button"
          disabled={reachable.length === 0}
          onClick={() => setChosen(new Set(reachable))}
        >
          {t("retailers.chooseall", { count: reachable.length })}
        </button>
        <button type="button" className="button" disabled={chosen.size === 0} onClick={() => setChosen(new Set())}>
          {t("retailers.clear")}
        </button>
      </div>
      <div className="rows-single">
        <DataTable name={t("retailers.caption")} rows={rows} columns={columns} />
      </div>
    </Section>
  );
}
