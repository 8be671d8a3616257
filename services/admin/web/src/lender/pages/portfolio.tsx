/** The portfolio today, and its bands month by month. */
import { lazy, Suspense } from "react";
import { Link } from "react-router";
import { count, money } from "../../shared/format";
import { useLanguages } from "../../shared/i18n";
import { useAnswer } from "../../shared/people/pages";
import { StackedTable, type StackedColumn } from "../../shared/people/stacked";
import { Count, Figures, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded, Loading } from "../../shared/ui/states";
import type { MonthCount, Portfolio } from "../api";
import { bandRows, percent, type BandRow } from "../bands";
import { BandBadge } from "../band-badge";
import { useT } from "../i18n";

const BandHistory = lazy(() => import("../band-history"));

export function PortfolioPage() {
  const t = useT();
  const query = useAnswer<Portfolio>("/portfolio");
  const history = useAnswer<{ items: MonthCount[] }>("/portfolio/history");
  return (
    <>
      <PageTitle
        title={t("portfolio.title")}
        lead={t("portfolio.lead")}
        actions={
          <a className="button button-main" href="/v1/lender/download.csv" download title={t("portfolio.download.hint")}>
            {t("portfolio.download")}
          </a>
        }
      />
      <Loaded query={query} isOptional>
        {(portfolio) =>
          portfolio.retailers === 0 ? (
            <Empty title={t("portfolio.empty")}>{t("portfolio.empty.do")}</Empty>
          ) : (
            <Today portfolio={portfolio} />
          )
        }
      </Loaded>
      <Section title={t("portfolio.history")}>
        <Loaded query={history} isOptional>
          {({ items }) => (
            <Suspense fallback={<Loading />}>
              <BandHistory items={items} />
            </Suspense>
          )}
        </Loaded>
      </Section>
    </>
  );
}

export function Today({ portfolio }: { portfolio: Portfolio }) {
  const t = useT();
  const { language } = useLanguages();
  const rows = bandRows(portfolio);
  const columns: StackedColumn<BandRow>[] = [
    {
      key: "band",
      header: t("portfolio.band"),
      isTitle: true,
      cell: (row) => <BandBadge standing={row.standing} />,
    },
    { key: "means", header: t("portfolio.means"), cell: (row) => t(`band.${row.standing}.means`) },
    {
      key: "count",
      header: t("portfolio.count"),
      isNumber: true,
      cell: (row) =>
        row.retailers > 0 && row.standing !== "blocked" && row.standing !== "not_scored" ? (
          <Link to={`/retailers?band=${row.standing}`} aria-label={`${t("portfolio.see")}: ${t(`band.${row.standing}`)}`}>
            <Count value={row.retailers} />
          </Link>
        ) : (
          <Count value={row.retailers} />
        ),
    },
    {
      key: "share",
      header: t("portfolio.share"),
      cell: (row) => (
        <span>
          {percent(row.share)}
          <meter className={`share share-${row.standing}`} min={0} max={1} value={row.share} aria-hidden="true" />
        </span>
      ),
    },
    {
      key: "limits",
      header: t("portfolio.limits"),
      isNumber: true,
      cell: (row) => <span className="money">{money(row.recommendedLimitInr, language)}</span>,
    },
  ];
  return (
    <>
      <Figures
        items={[
          { label: t("portfolio.retailers"), value: count(portfolio.retailers, language) },
          { label: t("portfolio.limit"), value: money(portfolio.recommended_limit_inr, language) },
          {
            label: t("portfolio.expiring"),
            value: count(portfolio.consents_ending, language),
            ...(portfolio.consents_ending > 0 && {
              tone: "warn" as const,
              to: <Link to="/retailers?expiring=true">{t("portfolio.see")}</Link>,
            }),
          },
          {
            label: t("portfolio.lowconfidence"),
            value: count(portfolio.low_confidence, language),
            ...(portfolio.low_confidence > 0 && { tone: "warn" as const }),
          },
        ]}
      />
      <Section
        title={t("portfolio.bands")}
        aside={
          <span className="quiet small">
            {t("portfolio.asof")} <Instant at={portfolio.counted_at} />
          </span>
        }
      >
        <StackedTable caption={t("portfolio.bands")} columns={columns} rows={rows} keyOf={(row) => row.standing} />
      </Section>
    </>
  );
}

