/** The operators' pages: a person who is not signed in sees the sign-in page, whatever the address; it leads back. */
import { createBrowserRouter, Navigate, RouterProvider, type RouteObject } from "react-router";
import { Empty, Loading, ProblemNotice } from "../shared/ui/states";
import { Layout, type NavGroup } from "../shared/ui/layout";
import { Badge, PageTitle } from "../shared/ui/parts";
import { useCode, useT } from "./i18n";
import { NAVIGATION, PAGES } from "./pages";
import { useMay, useSession } from "./session";
import { SignInPage } from "./pages/sign-in";
import { KeyNotice } from "./pages/key-notice";

function NotFoundPage() {
  const t = useT();
  return (
    <>
      <PageTitle title={t("app.notFound")} />
      <Empty title={t("app.notFound.do")} />
    </>
  );
}

function Shell() {
  const t = useT();
  const code = useCode();
  const may = useMay();
  const { session, signOut } = useSession();
  const groups: NavGroup[] = NAVIGATION.map((group) => ({
    title: t(group.title),
    links: group.links.filter((link) => may(link.permission)).map((link) => ({ to: link.to, label: t(link.label) })),
  }));
  const person = session !== null && (
    <>
      {t("app.signedInAs", { name: session.operator_id })}{" "}
      {session.roles.map((role) => (
        <Badge key={role}>{code("role", role)}</Badge>
      ))}{" "}
      {session.sign_in === "development" && <Badge tone="warn">{t("signIn.development")}</Badge>}
    </>
  );
  return <Layout name={t("admin.name")} person={person} groups={groups} notice={<KeyNotice />} onSignOut={signOut} />;
}

const routes: RouteObject[] = [
  {
    element: <Shell />,
    children: [
      ...PAGES,
      { path: "sign-in", element: <Navigate to="/" replace /> },
      { path: "*", element: <NotFoundPage /> },
    ],
    hydrateFallbackElement: <Loading />,
  },
];
const router = createBrowserRouter(routes);

export function App() {
  const { session, isLoading, error, retry } = useSession();
  if (isLoading) return <Loading />;
  if (error !== null && session === null)
    return (
      <main className="lone">
        <ProblemNotice error={error} retry={retry} />
      </main>
    );
  if (session === null) return <SignInPage />;
  return <RouterProvider router={router} />;
}
