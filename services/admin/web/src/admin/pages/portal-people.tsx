/** Who of an organisation may sign in: a lender's officers at the dashboard, a distributor's people at the portal. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { SelectField, SendForm, TextField, type FieldErrors, type Fields } from "../../shared/ui/forms";
import { Instant, Section } from "../../shared/ui/parts";
import { Empty } from "../../shared/ui/states";
import { type ColumnDef } from "../../shared/ui/table";
import type { components } from "../api/schema";
import { useCode, useT } from "../i18n";
import { ConfirmedCall, CursorTable, itemsOf, LenderChoices, Outcome, PURPOSES, Status, useCursorList } from "../parts";
import { useClient } from "../session";
import { IdentityProvider } from "./identity-provider";
import { routeOf, type Organisation } from "./organisation";
import { useOverview } from "./overview";

type Person = components["schemas"]["PersonOut"];
type Change = "suspend" | "reactivate" | "end-sessions" | "remove";
const LABELS = { suspend: "people.suspend", reactivate: "people.reactivate", "end-sessions": "people.end", remove: "people.remove" } as const;

export function PortalPeople({ organisation }: { organisation: Organisation }) {
  return (
    <>
      <People organisation={organisation} />
      <div className="columns">
        <AddPerson organisation={organisation} />
        <IdentityProvider organisation={organisation} />
        <EndAllSessions organisation={organisation} />
        {organisation.kind === "distributor" && <PortalAccess organisation={organisation} />}
      </div>
    </>
  );
}

function People({ organisation }: { organisation: Organisation }) {
  const t = useT();
  const { route, path } = routeOf(organisation);
  const [asked, setAsked] = useState<{ person: Person; change: Change }>();
  const query = useCursorList<Person>(`${route}/people`, { path, query: { limit: 100 } }, itemsOf<Person>);
  const title = t(`people.${organisation.kind}`);
  const phone: ColumnDef<Person>[] = organisation.kind === "lender" ? [] : [{ accessorKey: "phone", header: t("people.phone"), cell: ({ row }) => row.original.phone ?? "–" }];
  const columns: ColumnDef<Person>[] = [
    { accessorKey: "email", header: t("people.email") },
    ...phone,
    { id: "status", header: t("common.status"), cell: ({ row }) => <Status status={row.original.suspended_at === null ? "active" : "suspended"} /> },
    { accessorKey: "enrolled_at", header: t("people.enrolled"), cell: ({ row }) => <Instant at={row.original.enrolled_at} /> },
    {
      id: "changes",
      header: t("people.changes"),
      enableSorting: false,
      cell: ({ row }) => (
        <div className="page-actions">
          {([row.original.suspended_at === null ? "suspend" : "reactivate", "end-sessions", "remove"] as const).map((change) => (
            <button
              key={change}
              type="button"
              className={change === "remove" ? "button button-small button-danger" : "button button-small"}
              onClick={() => {
                setAsked({ person: row.original, change });
              }}
            >
              {t(LABELS[change])}
            </button>
          ))}
        </div>
      ),
    },
  ];
  return (
    <Section title={title}>
      <CursorTable query={query} name={title} columns={columns} empty={<Empty>{t(`people.${organisation.kind}.none`)}</Empty>} />
      {asked !== undefined && (
        <ChangeDialog
          organisation={organisation}
          {...asked}
          onDone={() => {
            setAsked(undefined);
          }}
        />
      )}
    </Section>
  );
}

function ChangeDialog({ organisation, person, change, onDone }: { organisation: Organisation; person: Person; change: Change; onDone: () => void }) {
  const t = useT();
  const client = useClient();
  const { route, path } = routeOf(organisation);
  return (
    <ConfirmedCall
      title={t(LABELS[change])}
      text={t("people.confirm", { email: person.email })}
      isDangerous={change !== "reactivate"}
      list={`${route}/people`}
      call={() => client.call("POST", `${route}/people/{person_id}/${change}`, undefined, { path: { ...path, person_id: person.person_id } })}
      onDone={onDone}
    />
  );
}

/** What is sent of a form: a lender's officer has no phone, and invites nobody. */
export function statedPerson(kind: Organisation["kind"], fields: Pick<Fields, "text" | "optional" | "all">) {
  const body = { email: fields.text("email"), language: fields.text("language") };
  if (kind === "lender") return body;
  const lenders = fields.all("lender_scope");
  return { ...body, phone: fields.text("phone"), lender_scope: lenders.length === 0 ? null : lenders, purpose: fields.optional("purpose") };
}

function AddPerson({ organisation }: { organisation: Organisation }) {
  const t = useT();
  const client = useClient();
  const queries = useQueryClient();
  const { kind } = organisation;
  const { route, path } = routeOf(organisation);
  const title = t(`people.${kind}.add`);
  return (
    <Section title={title}>
      <SendForm
        description={t(`people.${kind}.add.lead`)}
        sendLabel={title}
        send={async (fields, commandId) => {
          const answer = await client.call("POST", `${route}/people`, statedPerson(kind, fields), { path, commandId });
          void queries.invalidateQueries({ queryKey: [`${route}/people`] });
          return answer;
        }}
        done={(answer) => <Outcome answer={answer} />}
      >
        {(error) => (
          <>
            <TextField name="email" label={t("people.email")} hint={t("people.email.hint")} maxLength={200} error={error("email")} />
            {kind === "distributor" && <OwnerFields error={error} />}
            <SelectField
              name="language"
              label={t("people.language")}
              choices={[
                { value: "en", label: "English" },
                { value: "hi", label: "हिन्दी" },
              ]}
              error={error("language")}
            />
          </>
        )}
      </SendForm>
    </Section>
  );
}

function OwnerFields({ error }: { error: FieldErrors }) {
  const t = useT();
  const code = useCode();
  const overview = useOverview();
  return (
    <>
      <TextField name="phone" label={t("people.phone")} hint={t("people.phone.hint")} maxLength={32} error={error("phone")} />
      <p className="hint">{t("people.scope")}</p>
      <LenderChoices lenders={overview.data?.lenders ?? []} error={error("lender_scope")} />
      <SelectField
        name="purpose"
        label={t("invitations.purpose")}
        isOptional
        choices={PURPOSES.map((value) => ({ value, label: code("kind", value) }))}
        error={error("purpose")}
      />
    </>
  );
}

function EndAllSessions({ organisation }: { organisation: Organisation }) {
  const t = useT();
  const client = useClient();
  const { route, path } = routeOf(organisation);
  const title = t("people.endAll");
  const lead = t(`people.${organisation.kind}.endAll.lead`);
  return (
    <Section title={title}>
      <SendForm
        isDangerous
        description={lead}
        sendLabel={title}
        confirm={{ title, text: lead }}
        send={(_fields, commandId) => client.call("POST", `${route}/people/end-sessions`, undefined, { path, commandId })}
        done={(answer) => <Outcome answer={answer} />}
      />
    </Section>
  );
}

/** Everybody of a distributor at once; what the connector sends goes on. */
function PortalAccess({ organisation }: { organisation: Organisation }) {
  const t = useT();
  const client = useClient();
  const { route, path } = routeOf(organisation);
  return (
    <Section title={t("people.portal")}>
      {(["suspend", "reactivate"] as const).map((change) => (
        <SendForm
          key={change}
          isDangerous={change === "suspend"}
          description={t(`people.portal.${change}.lead`)}
          sendLabel={t(`people.portal.${change}`)}
          confirm={{ title: t(`people.portal.${change}`), text: t(`people.portal.${change}.lead`), typed: organisation.id }}
          send={(_fields, commandId) => client.call("POST", `${route}/portal/${change}`, undefined, { path, commandId })}
          done={(answer) => <Outcome answer={answer} />}
        />
      ))}
    </Section>
  );
}
