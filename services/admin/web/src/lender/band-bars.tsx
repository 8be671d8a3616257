/** One bar for each month, parted by band: lengths are comparable, and the letters say what the colours do. */
import { count } from "../shared/format";
import { useLanguages } from "../shared/i18n";
import { useMonthName } from "../shared/people/months";
import { STANDINGS, type MonthBands } from "./bands";
import { useT } from "./i18n";

// A part narrower than this has no room for its letter.
const LETTER_FROM = 0.06;
const LETTERS = { A: "A", B: "B", C: "C", D: "D", blocked: "…", not_scored: "–" } as const;

export function BandBars({ series }: { series: MonthBands[] }) {
  const t = useT();
  const { language } = useLanguages();
  const monthName = useMonthName();
  const largest = Math.max(1, ...series.map((month) => month.total));
  return (
    <div className="bands" aria-hidden="true">
      <ul className="bands-key">
        {STANDINGS.map((standing) => (
          <li key={standing}>
            <span className={`band-part band-${standing}`}>{LETTERS[standing]}</span> {t(`band.${standing}`)}
          </li>
        ))}
      </ul>
      {series.map((month) => (
        <div className="bands-month" key={month.month}>
          <span className="bands-name">{monthName(month.month)}</span>
          <span className="bands-bar">
            {STANDINGS.filter((standing) => month.counts[standing] > 0).map((standing) => (
              <span
                key={standing}
                className={`band-part band-${standing}`}
                style={{ width: `${String((month.counts[standing] / largest) * 100)}%` }}
              >
                {month.counts[standing] / largest >= LETTER_FROM && LETTERS[standing]}
              </span>
            ))}
          </span>
          <span className="bands-total">{count(month.total, language)}</span>
        </div>
      ))}
    </div>
  );
}
