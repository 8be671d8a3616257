/** A table that becomes a list of cards on a phone, where columns side by side cannot be read. */
/* eslint-disable jsx-a11y/no-redundant-roles, jsx-a11y/no-interactive-element-to-noninteractive-role --
   a table that is laid out as blocks loses the roles of its elements, so each is named */
import type { ReactNode } from "react";

export interface StackedColumn<T> {
  key: string;
  header: string;
  isNumber?: boolean;
  /** The first thing of a card on a phone: shown without its column's name. */
  isTitle?: boolean;
  cell: (row: T) => ReactNode;
}

export function StackedTable<T>({
  caption,
  columns,
  rows,
  keyOf,
  classOf,
}: {
  caption: string;
  columns: StackedColumn<T>[];
  rows: readonly T[];
  keyOf: (row: T) => string;
  /** A class of the row, by which a style sheet may shorten its card. */
  classOf?: (row: T) => string;
}) {
  return (
    <table className="stacked" role="table">
      <caption className="visually-hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.key} role="columnheader" scope="col" className={column.isNumber === true ? "number" : undefined}>
              {column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row" className={classOf?.(row)}>
            {columns.map((column) => (
              <td
                key={column.key}
                role="cell"
                className={[column.isNumber === true && "number", column.isTitle === true && "stacked-title"]
                  .filter(Boolean)
                  .join(" ")}
                data-column={column.key}
                data-label={column.header}
              >
                <div>{column.cell(row)}</div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
