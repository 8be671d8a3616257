/** What stands in the place of content: loading, nothing, a refusal. Each says what to do. */
import type { UseQueryResult } from "@tanstack/react-query";
import { Component, type ReactNode } from "react";
import { NoAnswer, Problem } from "../api/problem";
import { useT, type SharedKey } from "../i18n";

const BY_CODE: Record<string, SharedKey> = {
  SECOND_OPERATOR_REQUIRED: "problem.secondOperator",
};
const BY_STATUS: Record<number, SharedKey> = {
  400: "problem.invalid",
  401: "problem.unauthenticated",
  403: "problem.forbidden",
  404: "problem.notFound",
  409: "problem.conflict",
  410: "problem.notFound",
  422: "problem.invalid",
  429: "problem.tooMany",
  502: "problem.unavailable",
  503: "problem.unavailable",
  504: "problem.unavailable",
};

export function keyOf(error: unknown): SharedKey {
  if (error instanceof NoAnswer) return "problem.noAnswer";
  if (!(error instanceof Problem)) return "problem.internal";
  return BY_CODE[error.code] ?? BY_STATUS[error.status] ?? "problem.internal";
}

export function Loading() {
  const t = useT();
  return (
    <p className="state" role="status">
      <span className="spinner" aria-hidden="true" />
      {t("state.loading")}
    </p>
  );
}

export function Empty({ title, children }: { title?: string; children?: ReactNode }) {
  const t = useT();
  return (
    <div className="state state-empty">
      <p className="state-title">{title ?? t("table.empty")}</p>
      {children}
    </div>
  );
}

export function MissingRoute() {
  const t = useT();
  return <Empty title={t("state.missing")}>{t("state.missing.do")}</Empty>;
}

export function ProblemNotice({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  const t = useT();
  const key = keyOf(error);
  const problem = error instanceof Problem ? error : undefined;
  return (
    <div className="notice notice-error" role="alert">
      <p className="notice-title">{t(key)}</p>
      <p>{t(`${key}.do` as SharedKey)}</p>
      {problem?.detail !== undefined && <p className="quiet">{problem.detail}</p>}
      {problem !== undefined && (
        <p className="quiet small">
          {t("problem.code")}: <code>{problem.code}</code>
          {problem.requestId !== undefined && (
            <>
              {" · "}
              {t("problem.request")}: <code>{problem.requestId}</code>
            </>
          )}
        </p>
      )}
      {retry !== undefined && (
        <button type="button" className="button" onClick={retry}>
          {t("state.retry")}
        </button>
      )}
    </div>
  );
}

/** Shows a query's data, or what stands in its place. `isOptional`: the route may be absent in this version. */
export function Loaded<T>({
  query,
  isOptional = false,
  children,
}: {
  query: UseQueryResult<T>;
  isOptional?: boolean;
  children: (data: T) => ReactNode;
}) {
  if (query.isPending) return <Loading />;
  if (query.isLoadingError) {
    if (isOptional && query.error instanceof Problem && query.error.isMissingRoute) return <MissingRoute />;
    return <ProblemNotice error={query.error} retry={() => void query.refetch()} />;
  }
  // A refresh that failed takes nothing away: below may stand a secret that is shown once, or a form half written.
  return (
    <>
      {query.isRefetchError && <ProblemNotice error={query.error} retry={() => void query.refetch()} />}
      {children(query.data)}
    </>
  );
}

function Broken() {
  const t = useT();
  return (
    <main className="lone" id="content">
      <div className="notice notice-error" role="alert">
        <h1 className="notice-title">{t("app.broken")}</h1>
        <p>{t("app.broken.do")}</p>
        <button
          type="button"
          className="button"
          onClick={() => {
            window.location.reload();
          }}
        >
          {t("app.reload")}
        </button>
      </div>
    </main>
  );
}

export class ErrorBoundary extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}
