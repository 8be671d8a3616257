/** What a callback says of a sign-in that failed: it sends the browser to the sign-in with `?sign_in=`. */

export function failureIn<T extends string>(search: string, known: readonly T[]): T | undefined {
  const stated = new URLSearchParams(search).get("sign_in");
  return known.find((failure) => failure === stated);
}

/** The query without it: the next try shall not come back to the failure of this one. */
export function withoutFailure(search: string): string {
  const query = new URLSearchParams(search);
  if (!query.has("sign_in")) return search;
  query.delete("sign_in");
  const rest = query.toString();
  return rest === "" ? "" : `?${rest}`;
}
