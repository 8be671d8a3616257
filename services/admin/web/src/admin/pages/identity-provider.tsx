/** The identity provider where a lender's officers sign in, by OpenID Connect or by SAML. */
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

type Provider = components["schemas"]["ProviderOut"];
export type Protocol = Provider["protocol"];
const PATH = "/v1/admin/lenders/{lender_id}/identity-provider";
const PROTOCOLS = ["oidc", "saml"] as const;

/** What is sent for a form's fields, and where to. */
export function statedProvider(protocol: Protocol, fields: Pick<Fields, "text" | "optional">) {
  if (protocol === "oidc") {
    const body = { issuer: fields.text("issuer"), client_id: fields.text("client_id"), client_secret: fields.text("client_secret") };
    return { path: PATH, body } as const;
  }
  const body = {
    entity_id: fields.text("entity_id"),
    sso_url: fields.text("sso_url"),
    certificates_pem: fields.text("certificates_pem"),
    email_attribute: fields.optional("email_attribute"),
  };
  return { path: `${PATH}/saml`, body } as const;
}

export function LenderProvider({ lenderId }: { lenderId: string }) {
  const t = useT();
  const client = useClient();
  const query = useQuery({
    queryKey: ["lender-provider", lenderId],
    queryFn: async ({ signal }) => {
      try {
        return await client.get(PATH, { path: { lender_id: lenderId }, signal });
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
  });
  return (
    <Section title={t("lenders.provider")}>
      {query.isPending && <Loading />}
      {query.isError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {query.data === null && <Empty>{t("lenders.provider.none")}</Empty>}
      {query.data != null && <Current provider={query.data} />}
      <NewProvider lenderId={lenderId} />
    </Section>
  );
}

function Current({ provider }: { provider: Provider }) {
  const t = useT();
  const code = (label: AdminKey, value: string | null): [string, ReactNode][] => (value === null ? [] : [[t(label), <code key={label}>{value}</code>]]);
  return (
    <Facts
      items={[
        [t("lenders.provider.protocol"), t(`lenders.provider.${provider.protocol}`)],
        ...code("lenders.provider.issuer", provider.issuer),
        ...code("lenders.provider.clientId", provider.client_id),
        ...code("lenders.provider.entityId", provider.entity_id),
        ...code("lenders.provider.ssoUrl", provider.sso_url),
        ...provider.certificates_sha256.flatMap((digest) => code("lenders.provider.certificate", digest)),
        ...code("lenders.provider.emailAttribute", provider.email_attribute),
        [t("common.since"), <Instant key="since" at={provider.updated_at} />],
      ]}
    />
  );
}

function NewProvider({ lenderId }: { lenderId: string }) {
  const t = useT();
  const client = useClient();
  const id = useId();
  const [protocol, setProtocol] = useState<Protocol>("oidc");
  return (
    <>
      <div className="field">
        <label htmlFor={id}>{t("lenders.provider.protocol")}</label>
        <select
          id={id}
          value={protocol}
          onChange={(event) => {
            setProtocol(event.target.value as Protocol);
          }}
        >
          {PROTOCOLS.map((name) => (
            <option key={name} value={name}>
              {t(`lenders.provider.${name}`)}
            </option>
          ))}
        </select>
      </div>
      <SendForm
        key={protocol}
        isDangerous
        description={t("lenders.provider.set.lead")}
        sendLabel={t("lenders.provider.set")}
        confirm={{ title: t("lenders.provider.set"), text: t("lenders.provider.confirm"), typed: lenderId }}
        send={(fields, commandId) => {
          const { path, body } = statedProvider(protocol, fields);
          return client.call("POST", path, body, { path: { lender_id: lenderId }, commandId });
        }}
        done={(answer) => <Outcome answer={answer} />}
      >
        {(error) => (protocol === "oidc" ? <OidcFields error={error} /> : <SamlFields lenderId={lenderId} error={error} />)}
      </SendForm>
    </>
  );
}

function OidcFields({ error }: { error: FieldErrors }) {
  const t = useT();
  return (
    <>
      <TextField name="issuer" label={t("lenders.provider.issuer")} hint={t("lenders.provider.issuer.hint")} pattern="https://.+" maxLength={308} error={error("issuer")} />
      <TextField name="client_id" label={t("lenders.provider.clientId")} maxLength={200} error={error("client_id")} />
      <TextField name="client_secret" type="password" label={t("lenders.provider.secret")} hint={t("lenders.provider.secret.hint")} maxLength={400} error={error("client_secret")} />
    </>
  );
}

function SamlFields({ lenderId, error }: { lenderId: string; error: FieldErrors }) {
  const t = useT();
  return (
    <>
      <p className="quiet">{t("lenders.provider.metadata", { path: `/v1/lender/saml/${lenderId}/metadata` })}</p>
      <TextField name="entity_id" label={t("lenders.provider.entityId")} hint={t("lenders.provider.entityId.hint")} maxLength={308} error={error("entity_id")} />
      <TextField name="sso_url" label={t("lenders.provider.ssoUrl")} hint={t("lenders.provider.ssoUrl.hint")} pattern="https://.+" maxLength={308} error={error("sso_url")} />
      <TextArea
        name="certificates_pem"
        label={t("lenders.provider.certificates")}
        hint={t("lenders.provider.certificates.hint")}
        rows={6}
        isCode
        maxLength={20_000}
        error={error("certificates_pem")}
      />
      <TextField
        name="email_attribute"
        label={t("lenders.provider.emailAttribute")}
        hint={t("lenders.provider.emailAttribute.hint")}
        isOptional
        maxLength={200}
        error={error("email_attribute")}
      />
    </>
  );
}
