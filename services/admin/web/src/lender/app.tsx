/** The lenders' dashboard: who is not signed in sees the sign-in, whatever the address; it leads back there. */
import { useMemo, type ComponentType } from "react";
import { createBrowserRouter, RouterProvider, type RouteObject } from "react-router";
import { SignedIn, useSession, type PeopleSession } from "../shared/people/session";
import { Layout } from "../shared/ui/layout";
import { PageTitle } from "../shared/ui/parts";
import { Empty, Loading } from "../shared/ui/states";
import { useT } from "./i18n";
import { SignInPage } from "./pages/sign-in";

const page = <M,>(load: () => Promise<M>, name: keyof M): RouteObject["lazy"] => async () => ({
  Component: (await load())[name] as ComponentType,
});

export const PAGES: RouteObject[] = [
  { index: true, lazy: page(() => import("./pages/portfolio"), "PortfolioPage") },
  { path: "retailers", lazy: page(() => import("./pages/retailers"), "RetailersPage") },
  { path: "retailers/:retailerId", lazy: page(() => import("./pages/retailer"), "RetailerPage") },
  { path: "alerts", lazy: page(() => import("./pages/alerts"), "AlertsPage") },
  { path: "usage", lazy: page(() => import("./pages/usage"), "UsagePage") },
  { path: "credentials", lazy: page(() => import("./pages/credentials"), "CredentialsPage") },
  { path: "help", lazy: page(() => import("./pages/help"), "HelpPage") },
];

function Shell() {
  const t = useT();
  const { people, session } = useSession();
  const links = [
    { to: "/", label: t("nav.portfolio") },
    { to: "/retailers", label: t("nav.retailers") },
    { to: "/alerts", label: t("nav.alerts") },
    { to: "/usage", label: t("nav.usage") },
    { to: "/credentials", label: t("nav.credentials") },
    { to: "/help", label: t("nav.help") },
  ];
  return (
    <Layout
      name={t("lender.name")}
      person={<strong>{session.organisation_name}</strong>}
      groups={[{ title: t("nav.title"), links }]}
      onSignOut={() => people.leave()}
    />
  );
}

function NotFoundPage() {
  const t = useT();
  return (
    <>
      <PageTitle title={t("app.notFound")} />
      <Empty title={t("app.notFound.do")} />
    </>
  );
}

const ROUTES: RouteObject[] = [
  {
    element: <Shell />,
    children: [...PAGES, { path: "*", element: <NotFoundPage /> }],
    hydrateFallbackElement: <Loading />,
  },
];

export function App({ people }: { people: PeopleSession }) {
  const router = useMemo(() => createBrowserRouter(ROUTES, { basename: "/lender" }), []);
  return (
    <SignedIn people={people} signIn={(reason) => <SignInPage reason={reason} />}>
      <RouterProvider router={router} />
    </SignedIn>
  );
}
