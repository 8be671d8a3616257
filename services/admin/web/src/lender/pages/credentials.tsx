/** The lender's clients: which there are and since when their secret holds, and no secret. */
import { day } from "../../shared/format";
import { useLanguages } from "../../shared/i18n";
import { useAnswer } from "../../shared/people/pages";
import { StackedTable, type StackedColumn } from "../../shared/people/stacked";
import { Badge, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Empty, Loaded } from "../../shared/ui/states";
import type { ClientCredential, Clients } from "../api";
import { useCode, useT } from "../i18n";

export function CredentialsPage() {
  const t = useT();
  const code = useCode();
  const query = useAnswer<Clients>("/credentials");
  return (
    <>
      <PageTitle title={t("credentials.title")} lead={t("credentials.lead")} />
      <Section title={t("credentials.caption")}>
        <Loaded query={query} isOptional>
          {({ items, purposes }) =>
            items.length === 0 ? (
              <Empty title={t("credentials.empty")}>{t("credentials.empty.do")}</Empty>
            ) : (
              <>
                <ClientTable items={items} />
                {purposes.length > 0 && (
                  <p className="quiet">
                    {t("credentials.purposes")} {purposes.map((purpose) => code("purpose", purpose)).join(", ")}
                  </p>
                )}
              </>
            )
          }
        </Loaded>
      </Section>
    </>
  );
}

export function ClientTable({ items }: { items: ClientCredential[] }) {
  const t = useT();
  const { language } = useLanguages();
  const columns: StackedColumn<ClientCredential>[] = [
    {
      key: "client",
      header: t("credentials.column.client"),
      isTitle: true,
      cell: (row) => <code>{row.client_id}</code>,
    },
    {
      key: "kind",
      header: t("credentials.column.kind"),
      cell: (row) => t(row.client_id.startsWith("test_") ? "credentials.sandbox" : "credentials.live"),
    },
    {
      key: "state",
      header: t("credentials.column.state"),
      cell: (row) => (
        <Badge tone={row.is_active ? "good" : "bad"}>
          {t(row.is_active ? "credentials.active" : "credentials.suspended")}
        </Badge>
      ),
    },
    {
      key: "secret",
      header: t("credentials.column.secret"),
      cell: (row) => (row.secret_since === null ? t("credentials.old") : day(row.secret_since, language)),
    },
    {
      key: "until",
      header: t("credentials.column.until"),
      cell: (row) => <Instant at={row.former_valid_until.toSorted().at(-1)} />,
    },
    {
      key: "do",
      header: t("credentials.column.do"),
      cell: (row) => <span>{t(row.rotation_due ? "credentials.rotate" : "credentials.fine")}</span>,
    },
  ];
  return <StackedTable caption={t("credentials.caption")} columns={columns} rows={items} keyOf={(row) => row.client_id} />;
}
