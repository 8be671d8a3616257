import "@tanstack/react-table";

declare module "@tanstack/react-table" {
  // The parameters are part of the library's signature.
  // eslint-disable-next-line @typescript-eslint/no-unused-vars
  interface ColumnMeta<TData extends RowData, TValue> {
    /** Right-aligned, with digits of one width. */
    isNumber?: boolean;
  }
}
