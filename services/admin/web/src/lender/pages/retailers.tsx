/** The portfolio row by row: the service chooses by band and consent, the table sorts and filters what is loaded. */
import { useMemo, useState } from "react";
import { Link, useSearchParams } from "react-router";
import { count, day, money } from "../../shared/format";
import { useLanguages } from "../../shared/i18n";
import { LoadedPages, usePages } from "../../shared/people/pages";
import { Badge, PageTitle, Section } from "../../shared/ui/parts";
import { Empty } from "../../shared/ui/states";
import { DataTable, type ColumnDef } from "../../shared/ui/table";
import type { Band, Row } from "../api";
import { BandBadge } from "../band-badge";
import { endsSoon, percent } from "../bands";
import { useCode, useT } from "../i18n";

const BANDS: readonly Band[] = ["A", "B", "C", "D"];

export function RetailersPage() {
  const t = useT();
  const { language } = useLanguages();
  const [search, setSearch] = useSearchParams();
  const band = BANDS.find((item) => item === search.get("band"));
  const isExpiring = search.get("expiring") === "true";
  const pages = usePages<Row>("/retailers", { band, expiring: isExpiring ? "true" : undefined });
  const choose = (name: string, value: string) => {
    setSearch((before) => {
      const after = new URLSearchParams(before);
      if (value === "") after.delete(name);
      else after.set(name, value);
      return after;
    });
  };
  return (
    <>
      <PageTitle title={t("retailers.title")} lead={t("retailers.lead")} />
      <Section title={band === undefined ? t("retailers.band.all") : t(`band.${band}`)}>
        <div className="filters no-print">
          <label>
            {t("retailers.band")}
            <select value={band ?? ""} onChange={(event) => choose("band", event.target.value)}>
              <option value="">{t("retailers.band.all")}</option>
              {BANDS.map((item) => (
                <option key={item} value={item}>
                  {t(`band.${item}`)}: {t(`band.${item}.means`)}
                </option>
              ))}
            </select>
          </label>
          <label>
            {t("retailers.ending")}
            <select value={isExpiring ? "true" : ""} onChange={(event) => choose("expiring", event.target.value)}>
              <option value="">{t("retailers.ending.all")}</option>
              <option value="true">{t("retailers.ending.soon")}</option>
            </select>
          </label>
        </div>
        <LoadedPages
          pages={pages}
          more={t("retailers.more")}
          all={t("retailers.all")}
          end={t("retailers.complete")}
          empty={<Empty title={t("retailers.empty")}>{t("retailers.empty.do")}</Empty>}
        >
          {(rows) => (
            <>
              {pages.hasNextPage && (
                <p className="quiet small">{t("retailers.partial", { count: count(rows.length, language) })}</p>
              )}
              <Rows rows={rows} />
            </>
          )}
        </LoadedPages>
      </Section>
    </>
  );
}

export function Rows({ rows }: { rows: Row[] }) {
  const t = useT();
  const code = useCode();
  const { language } = useLanguages();
  const [now] = useState(() => new Date());
  const columns = useMemo<ColumnDef<Row>[]>(
    () => [
      {
        id: "retailer_id",
        header: t("retailers.column.retailer"),
        accessorKey: "retailer_id",
        cell: ({ getValue }) => <Link to={`/retailers/${getValue<string>()}`}>{getValue<string>()}</Link>,
      },
      {
        id: "band",
        header: t("retailers.column.band"),
        accessorFn: (row) => t(`band.${standingOf(row)}`),
        cell: ({ row }) => <BandBadge standing={standingOf(row.original)} />,
      },
      {
        id: "altscore",
        header: t("retailers.column.score"),
        accessorFn: (row) => row.altscore ?? undefined,
        cell: ({ row }) => row.original.altscore ?? "–",
        sortUndefined: "last",
        meta: { isNumber: true },
      },
      {
        id: "pd",
        header: t("retailers.column.pd"),
        accessorFn: (row) => row.probability_of_default ?? undefined,
        cell: ({ row }) => percent(row.original.probability_of_default, 2),
        sortUndefined: "last",
        meta: { isNumber: true },
      },
      {
        id: "limit",
        header: t("retailers.column.limit"),
        accessorFn: (row) => row.recommended_limit_inr ?? undefined,
        cell: ({ row }) => money(row.original.recommended_limit_inr, language),
        sortUndefined: "last",
        meta: { isNumber: true },
      },
      {
        id: "scored",
        header: t("retailers.column.scored"),
        accessorFn: (row) => row.scored_at ?? undefined,
        cell: ({ row }) => day(row.original.scored_at, language),
        sortUndefined: "last",
      },
      {
        id: "consent",
        header: t("retailers.column.consent"),
        accessorKey: "consent_expires_at",
        cell: ({ row: { original } }) => (
          <>
            {day(original.consent_expires_at, language)}{" "}
            {endsSoon(original.consent_expires_at, now) && <Badge tone="warn">{t("retailers.ends")}</Badge>}
          </>
        ),
      },
      {
        id: "purpose",
        header: t("retailers.column.purpose"),
        accessorFn: (row) => row.purposes.map((purpose) => code("purpose", purpose)).join(", "),
      },
      {
        id: "notes",
        header: t("retailers.column.notes"),
        accessorFn: (row) => (row.low_confidence === true ? t("retailers.lowconfidence") : ""),
        cell: ({ getValue }) => getValue<string>() !== "" && <Badge tone="warn">{getValue<string>()}</Badge>,
      },
    ],
    [t, code, language, now],
  );
  return (
    <div className="rows-single">
      <DataTable name={t("retailers.title")} rows={rows} columns={columns} />
    </div>
  );
}

/** Where a row stands; a score that could not be verified is none. */
export function standingOf(row: Pick<Row, "state" | "risk_band">): Band | "blocked" | "not_scored" {
  if (row.state === "scored" && row.risk_band !== null) return row.risk_band;
  return row.state === "blocked" ? "blocked" : "not_scored";
}
