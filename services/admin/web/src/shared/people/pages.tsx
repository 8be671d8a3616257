/** Answers and lists of the portal. A list comes in pages, each asked for by the person; the whole is never pretended. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { Problem } from "../api/problem";
import { useT } from "../i18n";
import { Loading, MissingRoute, ProblemNotice } from "../ui/states";
import { useSession } from "./session";

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export type Query = Record<string, string | undefined>;

/** One answer; its key is its address, so that it is asked for once and forgotten with the session.
 *
 * Args:
 *   isOnce: asking costs something (a disclosure): it is asked for by the person alone, never again by the page.
 */
export function useAnswer<T>(path: string, parameters: Record<string, string> = {}, isOnce = false) {
  const { people } = useSession();
  return useQuery({
    queryKey: [people.prefix, path, parameters],
    queryFn: async ({ signal }) =>
      (await people.client.call("GET", people.prefix + path, undefined, { path: parameters, signal })) as T,
    ...(isOnce && { staleTime: Infinity, refetchOnWindowFocus: false, refetchOnReconnect: false, retry: false }),
  });
}

/** The pages of a list that were loaded so far. */
export function usePages<T>(path: string, query: Query = {}) {
  const { people } = useSession();
  return useInfiniteQuery({
    queryKey: [people.prefix, path, query],
    queryFn: async ({ pageParam, signal }) =>
      (await people.client.call("GET", people.prefix + path, undefined, {
        query: { ...query, cursor: pageParam },
        signal,
      })) as Page<T>,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
}

export type Pages<T> = ReturnType<typeof usePages<T>>;

export function rowsOf<T>(pages: Pages<T>): T[] {
  return pages.data?.pages.flatMap((page) => page.items) ?? [];
}

/** A list, or what stands in its place. `all`: the label of a button that loads page after page to the end. */
export function LoadedPages<T>({
  pages,
  empty,
  end,
  more,
  all,
  children,
}: {
  pages: Pages<T>;
  empty: ReactNode;
  end: string;
  more: string;
  all?: string;
  children: (rows: T[]) => ReactNode;
}) {
  const t = useT();
  const [isLoadingAll, setLoadingAll] = useState(false);
  const { hasNextPage, isFetchingNextPage, isError, fetchNextPage } = pages;
  const goesOn = isLoadingAll && hasNextPage && !isFetchingNextPage && !isError;
  // By the number of pages as well: one that comes at once leaves `goesOn` as it was.
  const loaded = pages.data?.pages.length ?? 0;
  useEffect(() => {
    if (goesOn) void fetchNextPage({ cancelRefetch: false });
  }, [goesOn, loaded, fetchNextPage]);
  if (pages.isPending) return <Loading />;
  const rows = rowsOf(pages);
  if (isError && rows.length === 0) {
    if (pages.error instanceof Problem && pages.error.isMissingRoute) return <MissingRoute />;
    return <ProblemNotice error={pages.error} retry={() => void pages.refetch()} />;
  }
  // A page may be empty and still have a next one: the service leaves out what may no longer be shown.
  if (rows.length === 0 && !hasNextPage) return <>{empty}</>;
  const isBusy = isFetchingNextPage || goesOn;
  return (
    <>
      {children(rows)}
      {isError && <ProblemNotice error={pages.error} retry={() => void fetchNextPage()} />}
      <div className="pages-end no-print" role="status">
        {hasNextPage ? (
          <>
            <button type="button" className="button" disabled={isBusy} onClick={() => void fetchNextPage()}>
              {isBusy ? t("state.loading") : more}
            </button>
            {all !== undefined && (
              <button
                type="button"
                className="button"
                onClick={() => {
                  setLoadingAll(!isLoadingAll);
                }}
              >
                {isLoadingAll ? t("form.cancel") : all}
              </button>
            )}
          </>
        ) : (
          <span className="quiet small">{end}</span>
        )}
      </div>
    </>
  );
}
