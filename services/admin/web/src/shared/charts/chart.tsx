/** Charts with the same figures as a table; the drawing library is loaded with the first chart. */
import { lazy, Suspense } from "react";
import { useT } from "../i18n";
import { Loading } from "../ui/states";

const Drawing = lazy(() => import("./drawing"));

export interface Series {
  key: string;
  label: string;
}

export interface ChartProps {
  title: string;
  kind: "line" | "bar";
  /** One object for each point of the x axis: `x` and a number (or null) for every series. */
  points: ({ x: string } & Record<string, string | number | null>)[];
  series: Series[];
  xLabel: string;
  /** What the picture shows, in a sentence, for people who do not see it. */
  summary: string;
}

export function Chart(props: ChartProps) {
  const t = useT();
  return (
    <figure className="chart">
      <figcaption>
        <strong>{props.title}</strong> {props.summary}
      </figcaption>
      <div className="chart-area" aria-hidden="true">
        <Suspense fallback={<Loading />}>
          <Drawing {...props} />
        </Suspense>
      </div>
      <details className="exact">
        <summary>{t("chart.table")}</summary>
        <div className="table-scroll" role="region" aria-label={props.title} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">{props.xLabel}</th>
                {props.series.map((series) => (
                  <th key={series.key} scope="col" className="number">
                    {series.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {props.points.map((point) => (
                <tr key={point.x}>
                  <th scope="row">{point.x}</th>
                  {props.series.map((series) => (
                    <td key={series.key} className="number">
                      {point[series.key] ?? "–"}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}
