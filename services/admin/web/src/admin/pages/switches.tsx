/** Switches: serving and ingestion go off by one person at once, and on again by two. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { SendForm } from "../../shared/ui/forms";
import { Badge, Facts, Instant, PageTitle, Section } from "../../shared/ui/parts";
import { Loaded } from "../../shared/ui/states";
import { useCode, useT } from "../i18n";
import { Outcome, ReasonField, TicketField } from "../parts";
import { useClient, useMay } from "../session";

interface Switch {
  target: "serving" | "ingestion";
  is_off: boolean | null;
  reason: string | null;
  changed_at: string | null;
}

const REASONS = ["breach", "data_error", "model_error", "regulator", "drill", "resolved"] as const;

export function SwitchesPage() {
  const t = useT();
  const client = useClient();
  const query = useQuery({
    queryKey: ["switches"],
    queryFn: async ({ signal }) => (await client.call("GET", "/v1/admin/switches", undefined, { signal })) as { items: Switch[] },
    refetchInterval: 15_000,
  });
  return (
    <>
      <PageTitle title={t("nav.switches")} lead={t("switches.lead")} />
      <Loaded query={query} isOptional>
        {(data) => (
          <div className="columns">
            {data.items.map((item) => (
              <SwitchSection key={item.target} item={item} />
            ))}
          </div>
        )}
      </Loaded>
    </>
  );
}

function State({ isOff }: { isOff: boolean | null }) {
  const t = useT();
  if (isOff === null) {
    return <Badge tone="warn">{t("switches.isUnknown")}</Badge>;
  }
  return <Badge tone={isOff ? "bad" : "good"}>{t(isOff ? "switches.isOff" : "switches.isOn")}</Badge>;
}

function SwitchSection({ item }: { item: Switch }) {
  const t = useT();
  const code = useCode();
  const may = useMay();
  const client = useClient();
  const queries = useQueryClient();
  const direction = item.is_off ? "on" : "off";
  return (
    <Section title={t(`switches.${item.target}`)}>
      <Facts
        items={[
          [t("common.status"), <State key="s" isOff={item.is_off} />],
          [t("common.reason"), code("reason", item.reason)],
          [t("common.since"), <Instant key="c" at={item.changed_at} />],
        ]}
      />
      {may("switch_off") && (
        <SendForm
          key={direction}
          isDangerous
          description={t(`switches.${direction}.lead`)}
          sendLabel={t(`switches.${direction}`)}
          confirm={{ title: t(`switches.${direction}`), text: t(`switches.${direction}.lead`), typed: item.target }}
          send={async (fields, commandId) => {
            const body = { reason: fields.text("reason"), ticket: fields.text("ticket") };
            const answer = await client.call("POST", `/v1/admin/switches/{target}/${direction}`, body, { path: { target: item.target }, commandId });
            void queries.invalidateQueries({ queryKey: ["switches"] });
            return answer;
          }}
          done={(answer) => <Outcome answer={answer} />}
        >
          {(error) => (
            <>
              <ReasonField reasons={REASONS} error={error("reason")} />
              <TicketField error={error("ticket")} />
            </>
          )}
        </SendForm>
      )}
    </Section>
  );
}
