/** Where an organisation's people sign in: a lender's by OpenID Connect or SAML, a distributor's by OpenID Connect. */
import { useQuery } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";
import { Problem } from "../../shared/api/problem";
import { SendForm, TextArea, TextField, type FieldErrors, type Fields } from "../../shared/ui/forms";
import { Facts, Instant, Section } from "../../shared/ui/parts";
import { Empty, Loading, ProblemNotice } from "../../shared/ui/states";
import type { components } from "../api/schema";
import { useT, type AdminKey } from "../i18n";
import { Outcome } from "../parts";
import { useClient } from "../session";
import { routeOf, type Organisation } from "./organisation";

type Provider = components["schemas"]["ProviderOut"];
export type Protocol = Provider["protocol"];
const PROTOCOLS = ["oidc", "saml"] as const;

/** What is sent for a form's fields, and behind which address. */
function statedProvider(protocol: Protocol, fields: Pick<Fields, "text" | "optional">) {
  if (protocol === "oidc") {
    const body = { issuer: fields.text("issuer"), client_id: fields.text("client_id"), client_secret: fields.text("client_secret") };
    return { part: "", body };
  }
  const body = {
    entity_id: fields.text("entity_id"),
    sso_url: fields.text("sso_url"),
    certificates_pem: fields.text("certificates_pem"),
    email_attribute: fields.optional("email_attribute"),
  };
  return { part: "/saml", body };
}

export function IdentityProvider({ organisation }: { organisation: Organisation }) {
  const t = useT();
  const client = useClient();
  const { route, path } = routeOf(organisation);
  const query = useQuery({
    queryKey: ["identity-provider", organisation.id],
    queryFn: async ({ signal }) => {
      try {
        return (await client.call("GET", `${route}/identity-provider`, undefined, { path, signal })) as Provider;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
  });
  return (
    <Section title={t("provider")}>
      {query.isPending && <Loading />}
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {query.data === null && <Empty>{t(`provider.${organisation.kind}.none`)}</Empty>}
      {query.data != null && <Current provider={query.data} />}
      <NewProvider organisation={organisation} />
    </Section>
  );
}

function Current({ provider }: { provider: Provider }) {
  const t = useT();
  const code = (label: AdminKey, value: string | null): [string, ReactNode][] => (value === null ? [] : [[t(label), <code key={label}>{value}</code>]]);
  return (
    <Facts
      items={[
        [t("provider.protocol"), t(`provider.${provider.protocol}`)],
        ...code("provider.issuer", provider.issuer),
        ...code("provider.clientId", provider.client_id),
        ...code("provider.entityId", provider.entity_id),
        ...code("provider.ssoUrl", provider.sso_url),
        ...provider.certificates_sha256.flatMap((digest) => code("provider.certificate", digest)),
        ...code("provider.emailAttribute", provider.email_attribute),
        [t("common.since"), <Instant key="since" at={provider.updated_at} />],
      ]}
    />
  );
}

function NewProvider({ organisation }: { organisation: Organisation }) {
  const t = useT();
  const client = useClient();
  const [protocol, setProtocol] = useState<Protocol>("oidc");
  const { route, path } = routeOf(organisation);
  return (
    <>
      {organisation.kind === "lender" && <ProtocolChoice protocol={protocol} onChoose={setProtocol} />}
      <SendForm
        key={protocol}
        isDangerous
        description={t(`provider.${organisation.kind}.set.lead`)}
        sendLabel={t("provider.set")}
        confirm={{ title: t("provider.set"), text: t("provider.confirm"), typed: organisation.id }}
        send={(fields, commandId) => {
          const { part, body } = statedProvider(protocol, fields);
          return client.call("POST", `${route}/identity-provider${part}`, body, { path, commandId });
        }}
        done={(answer) => <Outcome answer={answer} />}
      >
        {(error) => (protocol === "oidc" ? <OidcFields error={error} /> : <SamlFields lenderId={organisation.id} error={error} />)}
      </SendForm>
    </>
  );
}

function ProtocolChoice({ protocol, onChoose }: { protocol: Protocol; onChoose: (protocol: Protocol) => void }) {
  const t = useT();
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{t("provider.protocol")}</label>
      <select
        id={id}
        value={protocol}
        onChange={(event) => {
          onChoose(event.target.value as Protocol);
        }}
      >
        {PROTOCOLS.map((name) => (
          <option key={name} value={name}>
            {t(`provider.${name}`)}
          </option>
        ))}
      </select>
    </div>
  );
}

function OidcFields({ error }: { error: FieldErrors }) {
  const t = useT();
  return (
    <>
      <TextField name="issuer" label={t("provider.issuer")} hint={t("provider.issuer.hint")} pattern="https://.+" maxLength={308} error={error("issuer")} />
      <TextField name="client_id" label={t("provider.clientId")} maxLength={200} error={error("client_id")} />
      <TextField name="client_secret" type="password" label={t("provider.secret")} hint={t("provider.secret.hint")} maxLength={400} error={error("client_secret")} />
    </>
  );
}

function SamlFields({ lenderId, error }: { lenderId: string; error: FieldErrors }) {
  const t = useT();
  return (
    <>
      <p className="quiet">{t("provider.metadata", { path: `/v1/lender/saml/${lenderId}/metadata` })}</p>
      <TextField name="entity_id" label={t("provider.entityId")} hint={t("provider.entityId.hint")} maxLength={308} error={error("entity_id")} />
      <TextField name="sso_url" label={t("provider.ssoUrl")} hint={t("provider.ssoUrl.hint")} pattern="https://.+" maxLength={308} error={error("sso_url")} />
      <TextArea
        name="certificates_pem"
        label={t("provider.certificates")}
        hint={t("provider.certificates.hint")}
        rows={6}
        isCode
        maxLength={20_000}
        error={error("certificates_pem")}
      />
      <TextField
        name="email_attribute"
        label={t("provider.emailAttribute")}
        hint={t("provider.emailAttribute.hint")}
        isOptional
        maxLength={200}
        error={error("email_attribute")}
      />
    </>
  );
}
