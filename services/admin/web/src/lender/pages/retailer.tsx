/** One retailer: the score, why it is so, which rules touched it, and how it came here. */
import { Link, useParams } from "react-router";
import { Problem } from "../../shared/api/problem";
import { Chart } from "../../shared/charts/chart";
import { day, duration, money } from "../../shared/format";
import { useLanguages } from "../../shared/i18n";
import { useMonthName } from "../../shared/people/months";
import { useAnswer } from "../../shared/people/pages";
import { StackedTable, type StackedColumn } from "../../shared/people/stacked";
import { Badge, Facts, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import type { Guardrail, ReasonCode, RetailerDetail, Score, Snapshot } from "../api";
import { BandBadge } from "../band-badge";
import { percent } from "../bands";
import { guardrailText } from "../guardrails";
import { useCode, useT, type TextKey } from "../i18n";
import { sortReasons, trendOf } from "../score";

export function RetailerPage() {
  const t = useT();
  const { retailerId = "" } = useParams();
  const query = useAnswer<RetailerDetail>("/retailers/{retailer_id}", { retailer_id: retailerId }, true);
  const isRefused = query.error instanceof Problem && [400, 403, 404, 422].includes(query.error.status);
  return (
    <>
      <PageTitle title={t("retailer.title")} lead={<code>{retailerId}</code>} />
      {isRefused ? (
        <Empty title={t("retailer.refused")}>{t("retailer.refused.do")}</Empty>
      ) : (
        <Loaded query={query}>{(detail) => <Detail detail={detail} />}</Loaded>
      )}
      <p className="no-print">
        <Link to="/retailers">{t("retailer.back")}</Link>
      </p>
    </>
  );
}

export function Detail({ detail }: { detail: RetailerDetail }) {
  const t = useT();
  const { score } = detail;
  return (
    <>
      {score === null ? (
        <NoScore code={detail.code} retryAfterS={detail.retry_after_s} />
      ) : (
        <>
          <ScoreFacts score={score} isRepeated={detail.is_repeated} />
          <Section title={t("retailer.reasons")}>
            <Reasons reasons={score.reason_codes} />
          </Section>
          <Section title={t("retailer.guardrails")}>
            <Guardrails guardrails={score.guardrails} />
          </Section>
        </>
      )}
      <Section title={t("retailer.history")}>
        <History history={detail.history} />
      </Section>
      <Consent detail={detail} />
    </>
  );
}

const NO_SCORE: Readonly<Record<string, TextKey>> = {
  MANUAL_REVIEW_REQUIRED: "retailer.noscore.review",
  DATA_INSUFFICIENT: "retailer.noscore.data",
  RETAILER_NOT_SCORED: "retailer.noscore.missing",
  RATE_LIMIT_EXCEEDED: "retailer.noscore.spent",
};

/** Why there is none, by the code that the API answers instead; a code that is not known here is shown as it is. */
export function NoScore({ code, retryAfterS }: { code: string | null; retryAfterS: number | null }) {
  const t = useT();
  const { language } = useLanguages();
  return (
    <div className="notice notice-warn">
      <p className="notice-title">{t("retailer.noscore")}</p>
      <p>
        {t(NO_SCORE[code ?? ""] ?? "retailer.noscore.missing")}{" "}
        {retryAfterS !== null && t("retailer.noscore.again", { time: duration(retryAfterS, language) })}
      </p>
      {code !== null && <code>{code}</code>}
    </div>
  );
}

function ScoreFacts({ score, isRepeated }: { score: Score; isRepeated: boolean }) {
  const t = useT();
  const { language } = useLanguages();
  const limit = score.recommended_limit_inr === 0 ? t("retailer.limit.none") : money(score.recommended_limit_inr, language);
  return (
    <Section
      title={t("retailer.score")}
      aside={<span className="quiet small">{t(isRepeated ? "retailer.look.repeated" : "retailer.look.counted")}</span>}
    >
      <div className="score-head">
        <span className="score-number">{score.altscore}</span>
        <span className="quiet">{t("retailer.score.of")}</span>
        <BandBadge standing={score.risk_band} />
        {score.low_confidence && <Badge tone="warn">{t("retailers.lowconfidence")}</Badge>}
        <span className="score-scale" aria-hidden="true">
          <meter min={300} max={900} value={score.altscore} />
        </span>
      </div>
      <Facts
        items={[
          [
            t("retailer.pd"),
            <span key="pd">
              {percent(score.probability_of_default, 2)} <span className="sub">{t("retailer.pd.means")}</span>
            </span>,
          ],
          [t("retailer.limit"), limit],
          [t("retailer.scored"), <Instant key="scored" at={score.scored_at} />],
          [t("retailer.expires"), <Instant key="expires" at={score.expires_at} />],
          [t("retailer.freshness"), t("retailer.freshness.days", { days: score.data_freshness_days })],
          [
            t("retailer.confidence"),
            t(score.low_confidence ? "retailer.confidence.low" : "retailer.confidence.normal"),
          ],
          [t("retailer.model"), score.score_version],
          [t("retailer.scoreid"), <code key="id">{score.score_id}</code>],
        ]}
      />
    </Section>
  );
}

export function Reasons({ reasons }: { reasons: ReasonCode[] }) {
  const t = useT();
  const { language } = useLanguages();
  if (reasons.length === 0) return <p>{t("retailer.reasons.none")}</p>;
  return (
    <>
      <p className="quiet">{t("retailer.reasons.lead")}</p>
      <div className="columns">
        {(["positive", "negative"] as const).map((direction) => (
          <div key={direction}>
            <h3>{t(`retailer.reasons.${direction}`)}</h3>
            <ol className="reasons">
              {sortReasons(reasons, direction).map((reason) => (
                <li key={reason.code}>
                  <span className={`mark mark-${direction}`} aria-hidden="true">
                    {direction === "positive" ? "+" : "−"}
                  </span>
                  <span>
                    {language === "hi" ? reason.label_hi : reason.label_en}
                    <span className="sub" lang={language === "hi" ? "en" : "hi"}>
                      {language === "hi" ? reason.label_en : reason.label_hi}
                    </span>
                  </span>
                </li>
              ))}
            </ol>
          </div>
        ))}
      </div>
    </>
  );
}

export function Guardrails({ guardrails }: { guardrails: Guardrail[] }) {
  const t = useT();
  const code = useCode();
  if (guardrails.length === 0) return <p>{t("retailer.guardrails.none")}</p>;
  const columns: StackedColumn<Guardrail>[] = [
    {
      key: "rule",
      header: t("retailer.guardrails.rule"),
      isTitle: true,
      cell: (row) => (
        <>
          {row.id} <Badge tone="warn">{code("action", row.action)}</Badge>
          <code className="sub">{row.reason}</code>
        </>
      ),
    },
    {
      key: "what",
      header: t("retailer.guardrails.what"),
      cell: (row) => <span>{t(`guardrail.${guardrailText(row.reason)}`)}</span>,
    },
    {
      key: "do",
      header: t("retailer.guardrails.do"),
      cell: (row) => <span>{t(`guardrail.${guardrailText(row.reason)}.do`)}</span>,
    },
  ];
  return (
    <StackedTable
      caption={t("retailer.guardrails")}
      columns={columns}
      rows={guardrails}
      keyOf={(row) => `${row.id} ${row.reason}`}
    />
  );
}

export function History({ history }: { history: Snapshot[] }) {
  const t = useT();
  const monthName = useMonthName();
  const trend = trendOf(history);
  if (trend === null) return <p>{t("retailer.history.none")}</p>;
  const columns: StackedColumn<Snapshot>[] = [
    { key: "month", header: t("retailer.history.month"), isTitle: true, cell: (row) => monthName(row.month) },
    { key: "score", header: t("retailer.history.score"), isNumber: true, cell: (row) => row.altscore },
    { key: "band", header: t("retailer.history.band"), cell: (row) => <BandBadge standing={row.risk_band} /> },
    { key: "model", header: t("retailer.history.model"), cell: (row) => <code>{row.score_version}</code> },
  ];
  const values = { first: monthName(trend.first), last: monthName(trend.last), points: Math.abs(trend.points) };
  const points = trend.series.map((item) => ({ x: monthName(item.month), altscore: item.altscore }));
  return (
    <>
      {points.length > 1 && (
        <Chart
          title={t("retailer.history.chart")}
          kind="line"
          points={points}
          series={[{ key: "altscore", label: t("retailer.score") }]}
          xLabel={t("retailer.history.month")}
          summary={t(`retailer.history.${trend.direction}`, values)}
        />
      )}
      <StackedTable
        caption={t("retailer.history")}
        columns={columns}
        rows={[...trend.series].reverse()}
        keyOf={(row) => row.month}
      />
    </>
  );
}

function Consent({ detail }: { detail: RetailerDetail }) {
  const t = useT();
  const code = useCode();
  const { language } = useLanguages();
  return (
    <Section title={t("retailer.consents")}>
      <Facts
        items={[
          [
            t("retailer.consents.column.purpose"),
            code("purpose", detail.purpose),
          ],
          [t("retailer.consents.column.until"), day(detail.consent_expires_at, language)],
        ]}
      />
    </Section>
  );
}
