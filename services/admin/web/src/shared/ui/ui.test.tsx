import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import type { ReactElement } from "react";
import { describe, expect, it, vi } from "vitest";
import { Problem } from "../api/problem";
import { LanguageProvider } from "../i18n";
import { SendForm, TextField } from "./forms";
import { Masked, Secrets } from "./parts";
import { ProblemNotice } from "./states";
import { DataTable, type ColumnDef } from "./table";

const show = (element: ReactElement) => render(<LanguageProvider messages={{ en: {}, hi: {} }}>{element}</LanguageProvider>);
vi.stubGlobal("matchMedia", () => ({ matches: false, addEventListener: () => undefined, removeEventListener: () => undefined }));
vi.stubGlobal("ResizeObserver", class { observe() { return undefined; } unobserve() { return undefined; } disconnect() { return undefined; } });

interface Row {
  name: string;
  size: number;
}
const columns: ColumnDef<Row>[] = [
  { accessorKey: "name", header: "Name" },
  { accessorKey: "size", header: "Size" },
];
const rows = (count: number): Row[] => Array.from({ length: count }, (_, index) => ({ name: `row ${String(index)}`, size: count - index }));

describe("a table", () => {
  it("of 10,000 rows holds a few of them and says how many there are", () => {
    show(<DataTable name="Rows" rows={rows(10_000)} columns={columns} />);
    expect(screen.getAllByRole("row", { hidden: true }).length).toBeLessThan(200);
    expect(screen.getByRole("table").getAttribute("aria-rowcount")).toBe("10001");
    expect(screen.getByRole("status").textContent).toBe("10,000 rows");
  });
  it("is sorted by its headings, which say so", async () => {
    show(<DataTable name="Rows" rows={rows(3)} columns={columns} />);
    await userEvent.click(screen.getByRole("button", { name: "Name" }));
    expect(screen.getByRole("columnheader", { name: /Name/ }).getAttribute("aria-sort")).toBe("ascending");
  });
  it("with a filter that nothing meets says what to do", async () => {
    show(<DataTable name="Rows" rows={rows(20)} columns={columns} />);
    await userEvent.type(screen.getByRole("searchbox"), "nothing like it");
    expect(screen.getByText("Change or clear the filter.")).toBeTruthy();
  });
  it("shows markup as text", () => {
    const { container } = show(<DataTable name="Rows" rows={[{ name: "<img src=x onerror=alert(1)>", size: 1 }]} columns={columns} />);
    expect(container.querySelector("td img")).toBeNull();
    expect(screen.getByText("<img src=x onerror=alert(1)>")).toBeTruthy();
  });
});

describe("a form", () => {
  const form = (send: (value: string, commandId: string) => Promise<string>) => (
    <SendForm sendLabel="Send" send={(fields, commandId) => send(fields.text("name"), commandId)} done={(answer) => <p>answered {answer}</p>}>
      {(error) => <TextField name="name" label="Name" error={error("name")} />}
    </SendForm>
  );
  it("shows the answer alone, never what it expects", async () => {
    show(form(() => Promise.resolve("by the service")));
    await userEvent.type(screen.getByLabelText("Name"), "x");
    await userEvent.click(screen.getByRole("button", { name: "Send" }));
    expect(await screen.findByText("answered by the service")).toBeTruthy();
  });
  it("repeats the same content under the same id, and another content under another", async () => {
    const ids: string[] = [];
    show(form((_, commandId) => {
      ids.push(commandId);
      return Promise.reject(new Problem(503, { code: "SERVICE_UNAVAILABLE" }));
    }));
    await userEvent.type(screen.getByLabelText("Name"), "x");
    await userEvent.click(screen.getByRole("button", { name: "Send" }));
    await screen.findByRole("alert");
    await userEvent.click(screen.getByRole("button", { name: "Send" }));
    await userEvent.type(screen.getByLabelText("Name"), "y");
    await userEvent.click(screen.getByRole("button", { name: "Send" }));
    await vi.waitFor(() => expect(ids).toHaveLength(3));
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });
  it("marks a refused field and keeps what was typed", async () => {
    show(form(() => Promise.reject(new Problem(400, { code: "INVALID_REQUEST", errors: [{ field: "name", reason: "too long" }] }))));
    await userEvent.type(screen.getByLabelText("Name"), "x");
    await userEvent.click(screen.getByRole("button", { name: "Send" }));
    await screen.findByText("too long");
    const field = screen.getByLabelText("Name");
    expect([field.getAttribute("aria-invalid"), (field as HTMLInputElement).value]).toEqual(["true", "x"]);
  });
});

describe("what a page shows", () => {
  it("of a refusal is what to do and the number of the request", () => {
    show(<ProblemNotice error={new Problem(403, { code: "FORBIDDEN", request_id: "req_1" })} />);
    const alert = screen.getByRole("alert");
    expect(within(alert).getByText("Your role may not do this.")).toBeTruthy();
    expect(alert.textContent).toContain("req_1");
  });
  it("of a secret is nothing until somebody asks", async () => {
    show(<Secrets items={[["API key", "ak_secret"], ["None", null]]} />);
    expect(screen.queryByText("ak_secret")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Show: API key" }));
    expect(screen.getByText("ak_secret")).toBeTruthy();
    expect(screen.queryByText("None")).toBeNull();
  });
  it("of a masked value is the mask, named as one", () => {
    show(<Masked value="XXXX…R1ZX" />);
    expect(screen.getByText("XXXX…R1ZX").parentElement?.textContent).toContain("(masked)");
  });
});
