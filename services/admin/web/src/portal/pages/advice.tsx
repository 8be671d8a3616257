/** What is wrong with a record and what to do about it. */
import { useLanguages } from "../../shared/i18n";
import { Words } from "../../shared/people/words";
import type { Reason } from "../api";
import { useT } from "../i18n";
import { adviceFor } from "../quarantine";

/** `isTitled`: what is wrong stands above already. Of a rule that this page does not know, what the service says about it. */
export function AdviceText({ reason, isTitled = false }: { reason: Reason; isTitled?: boolean }) {
  const t = useT();
  const { language } = useLanguages();
  const advice = adviceFor(reason.field, reason.reason);
  const fix = advice === "unknown" ? reason.guidance[language] : t(`quarantine.${advice}.fix`);
  return (
    <dl>
      {!isTitled && (
        <>
          <dt>{t("quarantine.what")}</dt>
          <dd>{t(`quarantine.${advice}.what`)}</dd>
        </>
      )}
      <dt>{t("quarantine.fix")}</dt>
      <dd>
        <strong>
          <Words text={fix} />
        </strong>
      </dd>
      <dt>{t("quarantine.rule")}</dt>
      <dd className="quiet">
        <code>{reason.field}</code> <span lang="en">{reason.reason}</span>
      </dd>
    </dl>
  );
}
