/** The compliance report of a range of dates: computed by the service with progress, shown and saved as it answered. */
import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "react-router";
import { Chart } from "../../shared/charts/chart";
import { download, plain } from "../../shared/csv";
import { TextField } from "../../shared/ui/forms";
import { Exact, Facts, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import { useLanguages } from "../../shared/i18n";
import { useT } from "../i18n";
import { useClient } from "../session";
import { RawTable } from "./retailers";

interface Part {
  name: string;
  title_en: string;
  title_hi: string;
  source: string;
  is_complete: boolean;
  problem: string | null;
  figures: Record<string, unknown>;
  series: Record<string, unknown>[];
}
interface Report {
  report_id: string;
  from: string;
  to: string;
  made_at: string;
  is_complete: boolean;
  is_preliminary: boolean;
  missing: { section: string; problem: string }[];
  sections: Part[];
}
interface Progress {
  report_id: string;
  state: "queued" | "running" | "done" | "failed";
  progress: number;
}

const isReport = (answer: Report | Progress): answer is Report => "sections" in answer;

export function CompliancePage() {
  const t = useT();
  const client = useClient();
  const [parameters, setParameters] = useSearchParams();
  const from = parameters.get("from") ?? "";
  const to = parameters.get("to") ?? "";
  const isAsked = from !== "" && to !== "";
  const query = useQuery({
    queryKey: ["compliance", from, to],
    enabled: isAsked,
    queryFn: async ({ signal }) =>
      (await client.call("GET", "/v1/admin/compliance/report", undefined, { query: { from, to, format: "json" }, signal })) as Report | Progress,
    // While the service computes, it answers how far it is.
    refetchInterval: ({ state }) => (state.data !== undefined && !isReport(state.data) && state.data.state !== "failed" ? 2_000 : false),
    refetchOnWindowFocus: false, // each report is audited
  });
  return (
    <>
      <PageTitle title={t("nav.compliance")} lead={t("compliance.lead")} />
      <Section title={t("compliance.range")}>
        <form
          className="no-print"
          onSubmit={(event) => {
            event.preventDefault();
            const data = new FormData(event.currentTarget);
            setParameters(Object.fromEntries([...data].filter((pair): pair is [string, string] => typeof pair[1] === "string")));
          }}
        >
          <div className="inline-form">
            <TextField name="from" type="date" label={t("compliance.from")} value={from} />
            <TextField name="to" type="date" label={t("compliance.to")} value={to} />
          </div>
          <button type="submit" className="button button-main">
            {t("compliance.make")}
          </button>
        </form>
      </Section>
      {!isAsked ? (
        <Empty title={t("compliance.begin")}>{t("compliance.begin.do")}</Empty>
      ) : (
        <Loaded query={query} isOptional>
          {(data) => (isReport(data) ? <ReportView report={data} /> : <Waiting progress={data} />)}
        </Loaded>
      )}
    </>
  );
}

function Waiting({ progress }: { progress: Progress }) {
  const t = useT();
  if (progress.state === "failed") return <Empty title={t("compliance.failed")}>{t("compliance.failed.do")}</Empty>;
  return (
    <div className="notice" role="status">
      <p className="notice-title">{t("compliance.computing", { percent: progress.progress })}</p>
      <progress max={100} value={progress.progress} aria-label={t("compliance.make")} />
    </div>
  );
}

/** A series by period as a chart with its figures; rows of another form as a table. */
function SeriesView({ title, rows }: { title: string; rows: Record<string, unknown>[] }) {
  const t = useT();
  if (rows.length === 0) return null;
  const names = [...new Set(rows.flatMap((row) => Object.keys(row).filter((name) => typeof row[name] === "number")))].slice(0, 4);
  if (names.length === 0 || rows.length < 2 || !rows.every((row) => typeof row.period === "string")) return <RawTable name={title} rows={rows} />;
  const points = rows.map((row) => ({
    x: plain(row.period).slice(0, 10),
    ...Object.fromEntries(names.map((name) => [name, typeof row[name] === "number" ? row[name] : null])),
  }));
  return (
    <Chart
      title={title}
      kind="line"
      points={points}
      series={names.map((name) => ({ key: name, label: name.replaceAll("_", " ") }))}
      xLabel={t("compliance.period")}
      summary={t("compliance.summary", { count: rows.length, from: points[0]?.x ?? "", to: points.at(-1)?.x ?? "" })}
    />
  );
}

function ReportView({ report }: { report: Report }) {
  const t = useT();
  const { language } = useLanguages();
  const { from, to } = report;
  return (
    <>
      {!report.is_complete && (
        <div className="notice notice-warn">
          <p className="notice-title">{t("compliance.incomplete")}</p>
          {report.missing.map((part) => (
            <p key={part.section}>
              {part.section}: {part.problem}
            </p>
          ))}
        </div>
      )}
      {report.is_preliminary && <p className="notice notice-warn">{t("compliance.preliminary")}</p>}
      <p className="quiet">
        <code>{report.report_id}</code> · <Instant at={report.made_at} />
      </p>
      <div className="form-actions no-print">
        <a className="button" href={`/v1/admin/compliance/reports/${report.report_id}?format=pdf`} download>
          {t("compliance.pdf")}
        </a>
        <button
          type="button"
          className="button"
          onClick={() => {
            download(`compliance-${from}-${to}.json`, JSON.stringify(report, null, 2), "application/json");
          }}
        >
          {t("audit.json")}
        </button>
      </div>
      <br />
      {report.sections.map((part) => {
        const title = language === "hi" ? part.title_hi : part.title_en;
        const figures = Object.entries(part.figures);
        const deep = Object.fromEntries(figures.filter(([, value]) => typeof value === "object" && value !== null));
        return (
          <Section key={part.name} title={title} aside={<span className="quiet small">{part.source}</span>}>
            {part.problem !== null && <p className="notice notice-warn">{part.problem}</p>}
            <Facts items={figures.filter(([name]) => !(name in deep)).map(([name, value]) => [name.replaceAll("_", " "), plain(value) || "–"])} />
            {Object.keys(deep).length > 0 && <Exact title={t("compliance.more")} value={deep} />}
            <SeriesView title={title} rows={part.series} />
          </Section>
        );
      })}
    </>
  );
}
