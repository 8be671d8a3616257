/** What the pages are for, and what to do when something is wrong. */
import { Words } from "../../shared/people/words";
import { PageTitle, Section } from "../../shared/ui/parts";
import { useT } from "../i18n";

const PARTS = {
  start: ["sync", "setaside", "invites", "credentials"],
  wrong: ["connector", "differs", "lost", "person"],
  privacy: ["fields", "score"],
} as const;

export function HelpPage() {
  const t = useT();
  const part = <P extends keyof typeof PARTS>(name: P, texts: string[]) => (
    <Section title={t(`help.${name}`)}>
      <ul className="advice">
        {texts.map((text) => (
          <li key={text}>
            <Words text={text} />
          </li>
        ))}
      </ul>
    </Section>
  );
  return (
    <>
      <PageTitle title={t("help.title")} />
      {part("start", PARTS.start.map((key) => t(`help.start.${key}`)))}
      {part("wrong", PARTS.wrong.map((key) => t(`help.wrong.${key}`)))}
      {part("privacy", PARTS.privacy.map((key) => t(`help.privacy.${key}`)))}
    </>
  );
}
