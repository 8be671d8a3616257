/** Says that the identity provider has answered and the security key has not: without its touch nothing can be done. */
import { useState } from "react";
import { instant } from "../../shared/format";
import { useLanguages } from "../../shared/i18n";
import { ProblemNotice } from "../../shared/ui/states";
import { useT } from "../i18n";
import { useSession } from "../session";

export function KeyNotice() {
  const t = useT();
  const { language } = useLanguages();
  const { session, touchKey } = useSession();
  const [isDeclined, setDeclined] = useState(false);
  const [error, setError] = useState<unknown>(undefined);
  if (session === null || session.sign_in === "development") return null;
  if (session.sign_in === "token")
    return <p className="quiet small no-print">{t("signIn.until", { at: instant(session.token_expires_at, language) })}</p>;
  const touch = async () => {
    setError(undefined);
    setDeclined(false);
    try {
      setDeclined(!(await touchKey()));
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <div className="notice notice-warn no-print">
      <p className="notice-title">{t("signIn.touch.title")}</p>
      <p>{t("signIn.touch.do")}</p>
      {isDeclined && <p role="alert">{t("key.declined")}</p>}
      {error !== undefined && <ProblemNotice error={error} />}
      <button type="button" className="button button-main" onClick={() => void touch()}>
        {t("key.touch")}
      </button>
    </div>
  );
}
