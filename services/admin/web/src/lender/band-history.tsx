/** Bands over time: a picture, its meaning in a sentence, and the same figures as a table. A chunk of its own. */
import { count } from "../shared/format";
import { useLanguages } from "../shared/i18n";
import { useMonthName } from "../shared/people/months";
import { Empty } from "../shared/ui/states";
import type { MonthCount } from "./api";
import { BandBars } from "./band-bars";
import { bandSeries, percent, STANDINGS, type MonthBands } from "./bands";
import { useT } from "./i18n";

export default function BandHistory({ items }: { items: MonthCount[] }) {
  const t = useT();
  const { language } = useLanguages();
  const monthName = useMonthName();
  const series = bandSeries(items);
  if (series.length === 0) return <Empty title={t("portfolio.history.none")} />;
  return (
    <figure className="chart">
      <figcaption>
        <Sentence series={series} />
      </figcaption>
      <BandBars series={series} />
      <details className="exact">
        <summary>{t("chart.table")}</summary>
        <div className="table-scroll" role="region" aria-label={t("portfolio.history.chart")} tabIndex={0}>
          <table aria-label={t("portfolio.history.chart")}>
            <thead>
              <tr>
                <th scope="col">{t("portfolio.history.month")}</th>
                {STANDINGS.map((standing) => (
                  <th key={standing} scope="col" className="number">
                    {t(`band.${standing}`)}
                  </th>
                ))}
                <th scope="col" className="number">
                  {t("portfolio.history.total")}
                </th>
                <th scope="col" className="number">
                  A + B
                </th>
              </tr>
            </thead>
            <tbody>
              {[...series].reverse().map((month) => (
                <tr key={month.month}>
                  <th scope="row">{monthName(month.month)}</th>
                  {STANDINGS.map((standing) => (
                    <td key={standing} className="number">
                      {count(month.counts[standing], language)}
                    </td>
                  ))}
                  <td className="number">{count(month.total, language)}</td>
                  <td className="number">{percent(month.favourable)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </figure>
  );
}

function Sentence({ series }: { series: MonthBands[] }) {
  const t = useT();
  const { language } = useLanguages();
  const monthName = useMonthName();
  const [first] = series;
  const last = series.at(-1);
  if (first === undefined || last === undefined) return null;
  if (first === last) {
    return (
      <>
        {t("portfolio.history.single", {
          month: monthName(last.month),
          total: count(last.total, language),
          favourable: count(last.counts.A + last.counts.B, language),
        })}
      </>
    );
  }
  return (
    <>
      {t("portfolio.history.text", {
        first: monthName(first.month),
        last: monthName(last.month),
        before: count(first.total, language),
        after: count(last.total, language),
        shareBefore: percent(first.favourable),
        shareAfter: percent(last.favourable),
      })}
    </>
  );
}
