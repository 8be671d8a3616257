/** Whether AltScore has what the accounts have: to the paisa, per ledger and month. */
import type { ReactNode } from "react";
import { Link, useSearchParams } from "react-router";
import { money } from "../../shared/format";
import { useLanguages } from "../../shared/i18n";
import { useAnswer } from "../../shared/people/pages";
import { StackedTable, type StackedColumn } from "../../shared/people/stacked";
import { Words } from "../../shared/people/words";
import { Badge, Count, Facts, Instant, PageTitle, Section, type Tone } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import type { Sync } from "../api";
import { useT, type TextKey } from "../i18n";
import { fromPaise } from "../money";
import { judgeMonth, sortMonths, summarise, type MonthTotals, type MonthVerdict, type SyncState } from "../sync";
import { useMonthName } from "../../shared/people/months";

const TONES: Record<SyncState | "empty", Tone> = { agrees: "good", differs: "bad", not_compared: "warn", empty: "calm" };
const MARKS: Record<SyncState | "empty", string> = { agrees: "✓", differs: "≠", not_compared: "?", empty: "…" };

export function SyncPage() {
  const t = useT();
  const sync = useAnswer<Sync>("/sync");
  return (
    <>
      <PageTitle title={t("sync.title")} lead={t("sync.intro")} />
      <Loaded query={sync} isOptional>
        {(data) => (
          <>
            <Verdict months={data.months} quarantined={data.summary.quarantined} />
            {data.months.length > 0 && <Months months={data.months} />}
            <ConnectorFacts sync={data} />
          </>
        )}
      </Loaded>
    </>
  );
}

export function Verdict({ months, quarantined }: { months: MonthTotals[]; quarantined: number }) {
  const t = useT();
  const summary = summarise(months);
  const values = {
    count: months.length,
    agreeing: summary.agreeing,
    differing: summary.differing,
    notCompared: summary.notCompared,
  };
  return (
    <section className={`verdict verdict-${TONES[summary.state]}`} aria-labelledby="verdict">
      <span className="verdict-mark" aria-hidden="true">
        {MARKS[summary.state]}
      </span>
      <h2 id="verdict">{t(`sync.summary.${summary.state}`, values)}</h2>
      <p>
        {t(`sync.summary.${summary.state}.do`, values)}{" "}
        {quarantined > 0 && (
          <>
            {t("sync.setaside", { count: quarantined })} <Link to="/quarantine">{t("sync.setaside.link")}</Link>
          </>
        )}
      </p>
    </section>
  );
}

function Months({ months }: { months: MonthTotals[] }) {
  const t = useT();
  const { language } = useLanguages();
  const monthName = useMonthName();
  const [search] = useSearchParams();
  const isOpenOnly = search.get("show") === "open";
  const rows = sortMonths(months)
    .map((totals) => ({ totals, verdict: judgeMonth(totals) }))
    .filter(({ verdict }) => !isOpenOnly || verdict.state !== "agrees");
  const amount = (side: { amount_inr: string } | null, documents: number | undefined) =>
    side === null ? (
      <span className="quiet">{t("portal.unavailable")}</span>
    ) : (
      <>
        <span className="money">{money(side.amount_inr, language)}</span>
        {documents !== undefined && <span className="sub">{t("sync.documents", { count: documents })}</span>}
      </>
    );
  const columns: StackedColumn<(typeof rows)[number]>[] = [
    {
      key: "month",
      header: t("sync.column.month"),
      isTitle: true,
      cell: ({ totals }) => (
        <>
          {monthName(totals.month)} <span className="sub">{t(`sync.ledger.${totals.table}`)}</span>
        </>
      ),
    },
    {
      key: "erp",
      header: t("sync.column.erp"),
      isNumber: true,
      cell: ({ totals }) => amount(totals.erp, totals.erp?.count),
    },
    {
      key: "received",
      header: t("sync.column.received"),
      isNumber: true,
      cell: ({ totals }) => amount(totals.bronze, totals.bronze?.documents),
    },
    {
      key: "difference",
      header: t("sync.column.difference"),
      isNumber: true,
      cell: ({ verdict }) => (
        <span className="money">
          {verdict.differencePaise === null ? "–" : money(fromPaise(verdict.differencePaise), language)}
        </span>
      ),
    },
    {
      key: "state",
      header: t("sync.column.state"),
      cell: ({ totals, verdict }) => (
        <div>
          <Badge tone={TONES[verdict.state]}>{t(`sync.${verdict.state}`)}</Badge>
          <Why totals={totals} verdict={verdict} />
        </div>
      ),
    },
  ];
  return (
    <Section title={t("sync.caption")}>
      <nav className="choices no-print" aria-label={t("sync.filter")}>
        <Link className="button button-small" to="?" aria-current={!isOpenOnly}>
          {t("sync.filter.all")}
        </Link>
        <Link className="button button-small" to="?show=open" aria-current={isOpenOnly}>
          {t("sync.filter.open")}
        </Link>
      </nav>
      {rows.length === 0 ? (
        <Empty title={t("sync.filter.none")} />
      ) : (
        <StackedTable
          caption={t("sync.caption")}
          columns={columns}
          rows={rows}
          keyOf={({ totals }) => `${totals.month} ${totals.table}`}
          classOf={({ verdict }) => `month-${verdict.state}`}
        />
      )}
    </Section>
  );
}

/** Why a month does not agree, and what to do, in words that need no knowledge of the system. */
export function Why({ totals, verdict }: { totals: MonthTotals; verdict: MonthVerdict }) {
  const t = useT();
  const { language } = useLanguages();
  const cause = verdict.difference ?? verdict.reason;
  if (cause === null) return null;
  const absolute = verdict.differencePaise ?? 0n;
  const text = t(`sync.why.${cause}` as TextKey, {
    amount: money(fromPaise(absolute < 0n ? -absolute : absolute), language),
    erp: totals.erp?.count ?? 0,
    received: totals.bronze?.documents ?? 0,
  });
  return <p className="why">{text}</p>;
}

function ConnectorFacts({ sync }: { sync: Sync }) {
  const t = useT();
  const { heartbeat, summary } = sync;
  return (
    <Section title={t("sync.connector")}>
      {heartbeat === null ? (
        <p>{t("sync.connector.none")}</p>
      ) : (
        <Facts
          items={[
            [t("sync.connector.seen"), <Instant key="seen" at={heartbeat.received_at} />],
            [
              t("sync.connector.success"),
              heartbeat.last_success_at === null ? (
                t("sync.connector.never")
              ) : (
                <Instant key="success" at={heartbeat.last_success_at} />
              ),
            ],
            [
              t("sync.connector.source"),
              <Words
                key="source"
                text={t(heartbeat.source_ok ? "sync.connector.source.ok" : "sync.connector.source.failed")}
              />,
            ],
            [t("sync.connector.queued"), <Count key="queued" value={heartbeat.queued_batches} />],
            [t("sync.connector.version"), heartbeat.connector_version],
            [t("sync.batches"), <Instant key="batch" at={summary.last_received_at} />],
          ]}
        />
      )}
      <Installations installation={sync.installation} />
    </Section>
  );
}

/** Which installation sends, by the characters that the connector's own `status` shows, and which one was refused. */
function Installations({ installation }: { installation: Sync["installation"] }) {
  const t = useT();
  if (installation === null) return null;
  const { installation_id: sends, last_batch_at: last, refused_id: refused, refused_at: at } = installation;
  const facts: [string, ReactNode][] = [
    [t("sync.installation"), shownId(sends)],
    [t("sync.installation.last"), <Instant key="last" at={last} />],
  ];
  if (refused !== null) facts.push([t("sync.installation.refused_at"), <Instant key="refused" at={at} />]);
  return (
    <>
      <Facts items={facts} />
      {refused !== null && <p className="why">{t("sync.installation.refused", { refused: shownId(refused) })}</p>}
    </>
  );
}

const shownId = (id: string): string => id.replace("ins_", "").slice(0, 8);
