/** A lender or a distributor, and where its routes are. */
const ROUTES = { lender: "/v1/admin/lenders/{lender_id}", distributor: "/v1/admin/distributors/{distributor_id}" } as const;

export interface Organisation {
  kind: "lender" | "distributor";
  id: string;
}

export function routeOf({ kind, id }: Organisation) {
  return { route: ROUTES[kind], path: { [`${kind}_id`]: id } };
}
