/** Starts an entry: languages, calls, error boundary. */
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { Problem } from "./api/problem";
import { LanguageProvider, type Messages } from "./i18n";
import { applyTheme, remembered, themeOf } from "./preferences";
import "./styles/base.css";
import { ErrorBoundary } from "./ui/states";

/** Answers are never shown older than they are said to be, and refusals are not repeated by the page. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        gcTime: 60_000,
        retry: (failures, error) => !(error instanceof Problem) && failures < 1,
        refetchOnWindowFocus: true,
      },
      mutations: { retry: false },
    },
  });
}

export function start({ messages, queries, children }: { messages: Messages; queries: QueryClient; children: ReactNode }): void {
  applyTheme(themeOf(remembered("theme")));
  const root = document.getElementById("root");
  if (root === null) throw new Error("the page has no root");
  createRoot(root).render(
    <StrictMode>
      <LanguageProvider messages={messages}>
        <ErrorBoundary>
          <QueryClientProvider client={queries}>{children}</QueryClientProvider>
        </ErrorBoundary>
      </LanguageProvider>
    </StrictMode>,
  );
}
