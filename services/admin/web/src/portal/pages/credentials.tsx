/** Certificates and keys of the connector: days left, and what to do. */
import { useState } from "react";
import { day } from "../../shared/format";
import { useLanguages } from "../../shared/i18n";
import { useAnswer } from "../../shared/people/pages";
import { StackedTable, type StackedColumn } from "../../shared/people/stacked";
import { Words } from "../../shared/people/words";
import { Badge, PageTitle, Section, type Tone } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import type { Credentials } from "../api";
import { isCurrent, judgeCredentials, listCredentials, type DeadlineState, type JudgedCredential } from "../deadlines";
import { useT, type TextKey } from "../i18n";

const TONES: Record<DeadlineState, Tone> = {
  fine: "good",
  endless: "good",
  renewing: "info",
  late: "bad",
  ended: "bad",
  revoked: "calm",
  replaced: "calm",
};

export function CredentialsPage() {
  const t = useT();
  const query = useAnswer<Credentials>("/credentials");
  return (
    <>
      <PageTitle title={t("credentials.title")} lead={t("credentials.intro")} />
      <Loaded query={query} isOptional>
        {(answer) => <Judged answer={answer} />}
      </Loaded>
    </>
  );
}

function Judged({ answer }: { answer: Credentials }) {
  const t = useT();
  const [now] = useState(() => new Date());
  const judged = judgeCredentials(listCredentials(answer), now);
  const former = judged.filter((item) => !isCurrent(item));
  if (judged.length === 0) {
    return (
      <Empty title={t("credentials.empty")}>
        <p>
          <Words text={t("credentials.empty.do")} />
        </p>
      </Empty>
    );
  }
  return (
    <>
      <Section title={t("credentials.caption")}>
        <CredentialTable caption={t("credentials.caption")} rows={judged.filter(isCurrent)} />
      </Section>
      {former.length > 0 && (
        <details className="card fold">
          <summary>{t("credentials.former", { count: former.length })}</summary>
          <CredentialTable caption={t("credentials.former", { count: former.length })} rows={former} />
        </details>
      )}
    </>
  );
}

function CredentialTable({ caption, rows }: { caption: string; rows: JudgedCredential[] }) {
  const t = useT();
  const { language } = useLanguages();
  const columns: StackedColumn<JudgedCredential>[] = [
    {
      key: "kind",
      header: t("credentials.column.kind"),
      isTitle: true,
      cell: (row) => (
        <>
          {t(`credentials.kind.${row.kind}`)}
          <code className="sub" title={row.name}>
            {row.name.length > 20 ? `${row.name.slice(0, 16)}…` : row.name}
          </code>
          <span className="sub">
            {t("credentials.column.from")}: {day(row.issuedAt, language)}
          </span>
        </>
      ),
    },
    {
      key: "state",
      header: t("credentials.column.state"),
      cell: (row) => <Badge tone={TONES[row.state]}>{t(`credentials.state.${row.state}`)}</Badge>,
    },
    {
      key: "left",
      header: t("credentials.column.left"),
      cell: (row) => (
        <span className="money">
          <DaysLeft row={row} />
          <span className="sub">
            {t("credentials.column.until")}: {day(row.revokedAt ?? row.endsAt, language)}
          </span>
        </span>
      ),
    },
    {
      key: "do",
      header: t("credentials.column.do"),
      cell: (row) => (
        <span>
          <Words text={t(row.state === "ended" ? (`credentials.do.ended.${row.kind}` as TextKey) : `credentials.do.${row.state}`)} />
        </span>
      ),
    },
  ];
  return <StackedTable caption={caption} columns={columns} rows={rows} keyOf={(row) => `${row.kind} ${row.name}`} />;
}

function DaysLeft({ row }: { row: JudgedCredential }) {
  const t = useT();
  if (row.daysLeft === null || row.state === "ended") return <>–</>;
  if (row.daysLeft === 0) return <>{t("credentials.days.today")}</>;
  return <>{row.daysLeft === 1 ? t("credentials.days.single") : t("credentials.days", { count: row.daysLeft })}</>;
}
