/** Operators and their security keys: invited by two persons, registered by the invited one, revoked by anybody who may. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { registrationOf } from "../../shared/api/keys";
import { SendForm, TextField } from "../../shared/ui/forms";
import { Instant, PageTitle, Secrets, Section } from "../../shared/ui/parts";
import { Empty } from "../../shared/ui/states";
import { type ColumnDef } from "../../shared/ui/table";
import { useT } from "../i18n";
import { ConfirmedCall, CursorTable, isRequested, itemsOf, Outcome, Status, useCursorList } from "../parts";
import { useClient, useMay } from "../session";

interface Key {
  key_id: string;
  operator_id: string;
  aaguid: string;
  attestation_format: string;
  status: string;
  registered_at: string;
  last_used_at: string | null;
}
const OPERATOR = "[a-z][a-z0-9._\\-]{0,63}";

export function OperatorsPage() {
  const t = useT();
  const may = useMay();
  const [revoked, setRevoked] = useState<Key>();
  const query = useCursorList<Key>("/v1/admin/operators", { query: { limit: 200 } }, itemsOf<Key>);
  const columns: ColumnDef<Key>[] = [
    { accessorKey: "operator_id", header: t("operators.operator") },
    { accessorKey: "key_id", header: t("operators.key"), cell: ({ row }) => <code>{row.original.key_id}</code> },
    { accessorKey: "status", header: t("common.status"), cell: ({ row }) => <Status status={row.original.status} /> },
    { accessorKey: "aaguid", header: t("operators.model"), cell: ({ row }) => <code>{row.original.aaguid}</code> },
    { accessorKey: "registered_at", header: t("operators.registered"), cell: ({ row }) => <Instant at={row.original.registered_at} /> },
    { accessorKey: "last_used_at", header: t("operators.used"), cell: ({ row }) => <Instant at={row.original.last_used_at} /> },
    {
      id: "revoke",
      header: t("operators.revoke"),
      enableSorting: false,
      cell: ({ row }) =>
        may("manage_operators") && row.original.status !== "revoked" ? (
          <button
            type="button"
            className="button button-small button-danger"
            onClick={() => {
              setRevoked(row.original);
            }}
          >
            {t("operators.revoke")}
          </button>
        ) : null,
    },
  ];
  return (
    <>
      <PageTitle title={t("nav.operators")} lead={t("operators.lead")} />
      <Section title={t("operators.keys")}>
        <CursorTable query={query} name={t("operators.keys")} columns={columns} empty={<Empty title={t("operators.none")}>{t("operators.none.do")}</Empty>} />
      </Section>
      {revoked !== undefined && (
        <RevokeDialog
          item={revoked}
          onDone={() => {
            setRevoked(undefined);
          }}
        />
      )}
      <div className="columns">
        {may("manage_operators") && <InviteSection />}
        {may("manage_operators") && <SessionsSection />}
        <RegisterSection />
      </div>
    </>
  );
}

function RevokeDialog({ item, onDone }: { item: Key; onDone: () => void }) {
  const t = useT();
  const client = useClient();
  return (
    <ConfirmedCall
      title={t("operators.revoke")}
      text={t("operators.revoke.confirm", { id: item.operator_id })}
      typed={item.operator_id}
      isDangerous
      list="/v1/admin/operators"
      call={() =>
        client.call("POST", "/v1/admin/operators/{operator_id}/keys/{key_id}/revoke", undefined, { path: { operator_id: item.operator_id, key_id: item.key_id } })
      }
      onDone={onDone}
    />
  );
}

function InviteSection() {
  const t = useT();
  const client = useClient();
  return (
    <Section title={t("operators.invite")}>
      <SendForm
        description={t("operators.invite.lead")}
        sendLabel={t("operators.invite")}
        send={(fields, commandId) =>
          client.call("POST", "/v1/admin/operators/{operator_id}/key-invitations", undefined, { path: { operator_id: fields.text("operator_id") }, commandId })
        }
        done={(answer) => {
          const code = typeof answer === "object" && answer !== null && "code" in answer ? answer.code : undefined;
          return (
            <>
              {isRequested(answer) && <Outcome answer={{ ...answer, code: undefined }} />}
              {typeof code === "string" && <Secrets items={[[t("operators.code"), code]]} />}
            </>
          );
        }}
      >
        {(error) => <TextField name="operator_id" label={t("operators.operator")} pattern={OPERATOR} error={error("operator_id")} />}
      </SendForm>
    </Section>
  );
}

function SessionsSection() {
  const t = useT();
  const client = useClient();
  return (
    <Section title={t("operators.end")}>
      <SendForm
        isDangerous
        description={t("operators.end.lead")}
        sendLabel={t("operators.end")}
        send={(fields, commandId) =>
          client.call("POST", "/v1/admin/operators/{operator_id}/sessions/end", undefined, { path: { operator_id: fields.text("operator_id") }, commandId })
        }
        done={(answer) => <Outcome answer={answer} />}
      >
        {(error) => <TextField name="operator_id" label={t("operators.operator")} pattern={OPERATOR} error={error("operator_id")} />}
      </SendForm>
    </Section>
  );
}

interface Registration {
  challenge_id: string;
  options: PublicKeyCredentialCreationOptionsJSON;
}

function RegisterSection() {
  const t = useT();
  const client = useClient();
  const queries = useQueryClient();
  return (
    <Section title={t("operators.register")}>
      <SendForm
        description={t("operators.register.lead")}
        sendLabel={t("operators.register")}
        send={async (fields, commandId) => {
          const challenge = (await client.call("POST", "/v1/admin/security-keys/challenge", { code: fields.text("code") })) as Registration;
          const credential = await registrationOf(challenge.options);
          if (credential === undefined) return undefined;
          const answer = await client.call("POST", "/v1/admin/security-keys", { challenge_id: challenge.challenge_id, credential }, { commandId });
          void queries.invalidateQueries({ queryKey: ["/v1/admin/operators"] });
          return answer;
        }}
        done={(answer) => (answer === undefined ? <p className="notice notice-warn">{t("key.declined")}</p> : <Outcome answer={answer} />)}
      >
        {(error) => <TextField name="code" label={t("operators.code")} pattern="[0-9a-f]{32}" error={error("code")} />}
      </SendForm>
    </Section>
  );
}
