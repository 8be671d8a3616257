/** Invitations: a single shop or a list, confirmed by the exact number of messages; and what the shops answered. */
import { useQueryClient } from "@tanstack/react-query";
import { useLocation } from "react-router";
import { day } from "../../shared/format";
import { useLanguages } from "../../shared/i18n";
import { LoadedPages, usePages } from "../../shared/people/pages";
import { useSession } from "../../shared/people/session";
import { StackedTable, type StackedColumn } from "../../shared/people/stacked";
import { Badge, PageTitle, Section, type Tone } from "../../shared/ui/parts";
import { Empty } from "../../shared/ui/states";
import { PAGE_ROWS, type Invite, type InvitesResult } from "../api";
import { useCode, useT } from "../i18n";
import { InviteForm } from "./invite-form";

const TONES: Record<string, Tone> = { open: "info", granted: "good", declined: "calm", expired: "warn" };

function idsOf(state: unknown): string[] {
  const ids: unknown = typeof state === "object" && state !== null && "ids" in state ? state.ids : [];
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === "string") : [];
}

export function InvitesPage() {
  const t = useT();
  const queries = useQueryClient();
  const { people } = useSession();
  const location = useLocation();
  const pages = usePages<Invite>("/invites", { limit: PAGE_ROWS });
  const invite = async (retailerIds: readonly string[], language: string) => {
    try {
      return (await people.client.call("POST", "/v1/portal/invites", {
        retailer_ids: retailerIds,
        language,
      })) as InvitesResult;
    } finally {
      void queries.invalidateQueries({ queryKey: [people.prefix, "/invites"] });
    }
  };
  return (
    <>
      <PageTitle title={t("invites.title")} lead={t("invites.intro")} />
      <Section title={t("invites.new")}>
        <InviteForm key={location.key} chosen={idsOf(location.state)} invite={invite} />
      </Section>
      <Section title={t("invites.list")}>
        <LoadedPages
          pages={pages}
          more={t("invites.more")}
          end={t("invites.end")}
          empty={<Empty title={t("invites.empty")}>{t("invites.empty.do")}</Empty>}
        >
          {(rows) => <Answers rows={rows} />}
        </LoadedPages>
      </Section>
    </>
  );
}

export function Answers({ rows }: { rows: Invite[] }) {
  const t = useT();
  const code = useCode();
  const { language } = useLanguages();
  const columns: StackedColumn<Invite>[] = [
    {
      key: "retailer",
      header: t("invites.column.retailer"),
      isTitle: true,
      cell: (row) => <code>{row.retailer_id}</code>,
    },
    {
      key: "status",
      header: t("invites.column.status"),
      cell: (row) => <Badge tone={TONES[row.status] ?? "calm"}>{code("invites.status", row.status)}</Badge>,
    },
    { key: "sent", header: t("invites.column.sent"), cell: (row) => day(row.created_at, language) },
    {
      key: "decided",
      header: t("invites.column.decided"),
      cell: (row) => day(row.decided_at, language),
    },
    {
      key: "expires",
      header: t("invites.column.expires"),
      cell: (row) => (row.status === "open" ? day(row.expires_at, language) : "–"),
    },
    {
      key: "purpose",
      header: t("invites.column.purpose"),
      cell: (row) => (
        <>
          {code("invites.purpose", row.purpose)}
          <span className="sub">{row.lender_scope.join(", ")}</span>
        </>
      ),
    },
    { key: "language", header: t("invites.column.language"), cell: (row) => code("invites.language", row.language) },
  ];
  return <StackedTable caption={t("invites.caption")} columns={columns} rows={rows} keyOf={(row) => row.invite_id} />;
}
