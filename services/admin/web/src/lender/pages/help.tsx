/** What the numbers mean, and what a lender is bound to. */
import { PageTitle, Section } from "../../shared/ui/parts";
import { useT } from "../i18n";

export function HelpPage() {
  const t = useT();
  const part = (title: string, texts: string[]) => (
    <Section title={title}>
      <ul className="advice">
        {texts.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </Section>
  );
  return (
    <>
      <PageTitle title={t("help.title")} />
      {part(t("help.numbers"), [t("help.numbers.score"), t("help.numbers.pd"), t("help.numbers.limit")])}
      {part(t("help.duties"), [t("help.duties.reasons"), t("help.duties.consent"), t("help.duties.application")])}
      {part(t("help.wrong"), [t("help.wrong.score"), t("help.wrong.access")])}
    </>
  );
}
