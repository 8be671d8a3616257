/** A table that holds 10,000 rows: only what is on the screen is in the page, and the keyboard reaches all of it. */
import {
  flexRender,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  useReactTable,
  type ColumnDef,
  type Row,
  type SortingState,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useId, useRef, useState, type ReactNode } from "react";
import { csv, download } from "../csv";
import { count } from "../format";
import { useLanguages, useT } from "../i18n";
import { Empty } from "./states";

export type { ColumnDef } from "@tanstack/react-table";

const WINDOWED_FROM = 200;
const ROW_PX = 40;
export const PRINTED_ROWS = 1000;

export interface TableProps<T> {
  name: string;
  rows: T[];
  // TanStack's own signature: the type of a column's value is each column's own.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  columns: ColumnDef<T, any>[];
  empty?: ReactNode;
  hasFilter?: boolean;
  csvName?: string;
  footer?: ReactNode;
}

export function DataTable<T extends object>({ name, rows, columns, empty, hasFilter, csvName, footer }: TableProps<T>) {
  "use no memo"; // TanStack Table and Virtual keep their state outside of React's rules
  const t = useT();
  const { language } = useLanguages();
  const [sorting, setSorting] = useState<SortingState>([]);
  const [filter, setFilter] = useState("");
  const filterId = useId();
  // eslint-disable-next-line react-hooks/incompatible-library -- the directive above keeps the compiler away
  const table = useReactTable({
    data: rows,
    columns,
    state: { sorting, globalFilter: filter },
    onSortingChange: setSorting,
    onGlobalFilterChange: setFilter,
    globalFilterFn: "includesString",
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
  });
  if (rows.length === 0) return <>{empty ?? <Empty />}</>;
  const visible = table.getRowModel().rows;
  const isFilterShown = hasFilter ?? rows.length > 10;
  return (
    <div className="table-block">
      <div className="table-tools no-print">
        {isFilterShown && (
          <>
            <label htmlFor={filterId} className="visually-hidden">
              {t("table.filter")}
            </label>
            <input
              id={filterId}
              type="search"
              value={filter}
              placeholder={t("table.filter")}
              onChange={(event) => {
                setFilter(event.target.value);
              }}
            />
          </>
        )}
        <span className="quiet small" role="status">
          {visible.length === rows.length
            ? t("table.rows", { count: count(rows.length, language) })
            : t("table.rowsOf", { shown: count(visible.length, language), count: count(rows.length, language) })}
        </span>
        {csvName !== undefined && (
          <button
            type="button"
            className="button button-small"
            onClick={() => {
              const columnIds = table.getAllLeafColumns().map((column) => column.id);
              const records = visible.map((row) => Object.fromEntries(columnIds.map((id) => [id, row.getValue(id)])));
              download(`${csvName}.csv`, csv(columnIds, records), "text/csv;charset=utf-8");
            }}
          >
            {t("table.csv")}
          </button>
        )}
      </div>
      {visible.length === 0 ? (
        <Empty title={t("table.noMatch")}>{t("table.noMatch.do")}</Empty>
      ) : (
        <TableBody name={name} table={table} rows={visible} />
      )}
      {footer}
    </div>
  );
}

function TableBody<T extends object>({
  name,
  table,
  rows,
}: {
  name: string;
  table: ReturnType<typeof useReactTable<T>>;
  rows: Row<T>[];
}) {
  "use no memo"; // as above
  const t = useT();
  const { language } = useLanguages();
  const scroller = useRef<HTMLDivElement>(null);
  const isPrinting = usePrinting();
  const isWindowed = rows.length > WINDOWED_FROM && !isPrinting;
  // eslint-disable-next-line react-hooks/incompatible-library -- as above
  const virtual = useVirtualizer({
    count: isWindowed ? rows.length : 0,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.start ?? 0;
  const after = isWindowed ? virtual.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;
  const width = table.getAllLeafColumns().length;
  const drawn = isWindowed
    ? items.flatMap((item) => {
        const row = rows[item.index];
        return row === undefined ? [] : [{ row, index: item.index }];
      })
    : rows.slice(0, isPrinting ? PRINTED_ROWS : rows.length).map((row, index) => ({ row, index }));
  return (
    <div
      ref={scroller}
      className={isWindowed ? "table-scroll table-windowed" : "table-scroll"}
      role="region"
      aria-label={t("table.scroll", { name })}
      tabIndex={0}
    >
      <table aria-label={name} aria-rowcount={rows.length + 1}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id} aria-rowindex={1}>
              {group.headers.map((header) => {
                const sorted = header.column.getIsSorted();
                const label = flexRender(header.column.columnDef.header, header.getContext());
                return (
                  <th
                    key={header.id}
                    scope="col"
                    className={header.column.columnDef.meta?.isNumber === true ? "number" : undefined}
                    aria-sort={sorted === false ? undefined : sorted === "asc" ? "ascending" : "descending"}
                  >
                    {header.column.getCanSort() ? (
                      <button type="button" className="sort" onClick={header.column.getToggleSortingHandler()}>
                        {label}
                        <span aria-hidden="true">{sorted === "asc" ? " ▲" : sorted === "desc" ? " ▼" : ""}</span>
                      </button>
                    ) : (
                      label
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {first > 0 && <Space height={first} width={width} />}
          {drawn.map(({ row, index }) => (
            <tr key={row.id} aria-rowindex={index + 2}>
              {row.getVisibleCells().map((cell) => (
                <td key={cell.id} className={cell.column.columnDef.meta?.isNumber === true ? "number" : undefined}>
                  {flexRender(cell.column.columnDef.cell, cell.getContext())}
                </td>
              ))}
            </tr>
          ))}
          {after > 0 && <Space height={after} width={width} />}
        </tbody>
      </table>
      {isPrinting && rows.length > PRINTED_ROWS && (
        <p>{t("table.printed", { count: count(PRINTED_ROWS, language) })}</p>
      )}
    </div>
  );
}

/** The rows that are not in the page take their place. Heights are set through the object model, as the CSP allows. */
function Space({ height, width }: { height: number; width: number }) {
  return (
    <tr aria-hidden="true">
      <td colSpan={width} className="space" style={{ height }} />
    </tr>
  );
}

function usePrinting(): boolean {
  const [isPrinting, setPrinting] = useState(false);
  useEffect(() => {
    const media = window.matchMedia("print");
    const changed = () => {
      setPrinting(media.matches);
    };
    media.addEventListener("change", changed);
    return () => {
      media.removeEventListener("change", changed);
    };
  }, []);
  return isPrinting;
}
