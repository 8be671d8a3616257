/** Tables as files. A cell that a spreadsheet would run as a formula becomes text. */
const FORMULA = /^[\s]*[=+\-@\t\r]/;

/** A value in a line of text: an object as JSON, nothing as nothing. */
export function plain(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

export function cell(value: unknown): string {
  const text = plain(value);
  // A number may begin with a minus sign; anything else that begins so might be a formula.
  const isNumber = typeof value === "number" || /^-?\d+(\.\d+)?$/.test(text);
  const safe = !isNumber && FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function csv(columns: string[], rows: Record<string, unknown>[]): string {
  const lines = [columns.map(cell), ...rows.map((row) => columns.map((column) => cell(row[column])))];
  return lines.map((line) => `${line.join(",")}\r\n`).join("");
}

/** Hands a file to the person. */
export function download(name: string, content: string | Blob, type: string): void {
  const url = URL.createObjectURL(typeof content === "string" ? new Blob([content], { type }) : content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  URL.revokeObjectURL(url);
}
