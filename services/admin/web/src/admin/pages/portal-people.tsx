/** Officers of a lender at the dashboard. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { SelectField, SendForm, TextField } from "../../shared/ui/forms";
import { Instant, Section } from "../../shared/ui/parts";
import { Empty } from "../../shared/ui/states";
import { type ColumnDef } from "../../shared/ui/table";
import type { components } from "../api/schema";
import { useT } from "../i18n";
import { ConfirmedCall, CursorTable, itemsOf, Outcome, Status, useCursorList } from "../parts";
import { useClient } from "../session";
import { LenderProvider } from "./lender-provider";

type Person = components["schemas"]["PersonOut"];
type Change = "suspend" | "reactivate" | "end-sessions" | "remove";
const PEOPLE = "/v1/admin/lenders/{lender_id}/people";
const LABELS = { suspend: "lenders.suspend", reactivate: "lenders.reactivate", "end-sessions": "lenders.people.end", remove: "lenders.people.remove" } as const;

export function LenderPeople({ lenderId }: { lenderId: string }) {
  return (
    <>
      <Officers lenderId={lenderId} />
      <div className="columns">
        <AddOfficer lenderId={lenderId} />
        <LenderProvider lenderId={lenderId} />
        <EndAllSessions lenderId={lenderId} />
      </div>
    </>
  );
}

function Officers({ lenderId }: { lenderId: string }) {
  const t = useT();
  const [asked, setAsked] = useState<{ person: Person; change: Change }>();
  const query = useCursorList<Person>(PEOPLE, { path: { lender_id: lenderId }, query: { limit: 100 } }, itemsOf<Person>);
  const columns: ColumnDef<Person>[] = [
    { accessorKey: "email", header: t("lenders.people.email") },
    { id: "status", header: t("common.status"), cell: ({ row }) => <Status status={row.original.suspended_at === null ? "active" : "suspended"} /> },
    { accessorKey: "enrolled_at", header: t("lenders.people.enrolled"), cell: ({ row }) => <Instant at={row.original.enrolled_at} /> },
    {
      id: "changes",
      header: "",
      enableSorting: false,
      cell: ({ row }) =>
        ([row.original.suspended_at === null ? "suspend" : "reactivate", "end-sessions", "remove"] as const).map((change) => (
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
        )),
    },
  ];
  return (
    <Section title={t("lenders.people")}>
      <CursorTable query={query} name={t("lenders.people")} columns={columns} empty={<Empty>{t("lenders.people.none")}</Empty>} />
      {asked !== undefined && (
        <ChangeDialog
          lenderId={lenderId}
          {...asked}
          onDone={() => {
            setAsked(undefined);
          }}
        />
      )}
    </Section>
  );
}

function ChangeDialog({ lenderId, person, change, onDone }: { lenderId: string; person: Person; change: Change; onDone: () => void }) {
  const t = useT();
  const client = useClient();
  return (
    <ConfirmedCall
      title={t(LABELS[change])}
      text={t("lenders.people.confirm", { email: person.email })}
      isDangerous={change !== "reactivate"}
      list={PEOPLE}
      call={() => client.call("POST", `${PEOPLE}/{person_id}/${change}`, undefined, { path: { lender_id: lenderId, person_id: person.person_id } })}
      onDone={onDone}
    />
  );
}

function AddOfficer({ lenderId }: { lenderId: string }) {
  const t = useT();
  const client = useClient();
  const queries = useQueryClient();
  return (
    <Section title={t("lenders.people.add")}>
      <SendForm
        description={t("lenders.people.add.lead")}
        sendLabel={t("lenders.people.add")}
        send={async (fields, commandId) => {
          const body = { email: fields.text("email"), language: fields.text("language") };
          const answer = await client.call("POST", PEOPLE, body, { path: { lender_id: lenderId }, commandId });
          void queries.invalidateQueries({ queryKey: [PEOPLE] });
          return answer;
        }}
        done={(answer) => <Outcome answer={answer} />}
      >
        {(error) => (
          <>
            <TextField name="email" label={t("lenders.people.email")} hint={t("lenders.people.email.hint")} maxLength={200} error={error("email")} />
            <SelectField
              name="language"
              label={t("lenders.people.language")}
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

function EndAllSessions({ lenderId }: { lenderId: string }) {
  const t = useT();
  const client = useClient();
  const title = t("lenders.people.endAll");
  return (
    <Section title={title}>
      <SendForm
        isDangerous
        description={t("lenders.people.endAll.lead")}
        sendLabel={title}
        confirm={{ title, text: t("lenders.people.endAll.lead") }}
        send={(_fields, commandId) => client.call("POST", `${PEOPLE}/end-sessions`, undefined, { path: { lender_id: lenderId }, commandId })}
        done={(answer) => <Outcome answer={answer} />}
      />
    </Section>
  );
}
