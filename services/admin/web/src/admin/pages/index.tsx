/** The pages, each a chunk of its own, and the menu; a page that the person's role may not open is not in it. */
import type { ComponentType } from "react";
import type { RouteObject } from "react-router";
import type { AdminKey } from "../i18n";

export interface MenuGroup {
  title: AdminKey;
  links: { to: string; label: AdminKey; permission: string }[];
}

export const NAVIGATION: MenuGroup[] = [
  {
    title: "nav.today",
    links: [
      { to: "/", label: "nav.overview", permission: "read_overview" },
      { to: "/approvals", label: "nav.approvals", permission: "read_approvals" },
    ],
  },
  {
    title: "nav.partners",
    links: [
      { to: "/distributors", label: "nav.distributors", permission: "read_overview" },
      { to: "/lenders", label: "nav.lenders", permission: "read_overview" },
      { to: "/invitations", label: "nav.invitations", permission: "invite" },
    ],
  },
  {
    title: "nav.scores",
    links: [
      { to: "/models", label: "nav.models", permission: "read_overview" },
      { to: "/anomalies", label: "nav.anomalies", permission: "read_anomalies" },
    ],
  },
  {
    title: "nav.people",
    links: [
      { to: "/grievances", label: "nav.grievances", permission: "list_grievances" },
      { to: "/rights", label: "nav.rights", permission: "read_rights" },
      { to: "/retailers", label: "nav.retailers", permission: "read_overview" },
    ],
  },
  {
    title: "nav.control",
    links: [
      { to: "/incidents", label: "nav.incidents", permission: "handle_incidents" },
      { to: "/switches", label: "nav.switches", permission: "switch_off" },
      { to: "/audit", label: "nav.audit", permission: "read_audit" },
      { to: "/compliance", label: "nav.compliance", permission: "read_compliance" },
      { to: "/parked", label: "nav.parked", permission: "read_parked" },
      { to: "/operators", label: "nav.operators", permission: "read_operators" },
    ],
  },
];

const page =
  <M,>(load: () => Promise<M>, name: keyof M): RouteObject["lazy"] =>
  async () => ({ Component: (await load())[name] as ComponentType });

const distributors = () => import("./distributors");
const lenders = () => import("./lenders");
const grievances = () => import("./grievances");
const retailers = () => import("./retailers");
const approvals = () => import("./approvals");
const rights = () => import("./rights");
const incidents = () => import("./incidents");

export const PAGES: RouteObject[] = [
  { index: true, lazy: page(() => import("./overview"), "OverviewPage") },
  { path: "distributors", lazy: page(distributors, "DistributorsPage") },
  { path: "distributors/new", lazy: page(distributors, "OnboardDistributorPage") },
  { path: "distributors/:distributorId", lazy: page(distributors, "DistributorPage") },
  { path: "lenders", lazy: page(lenders, "LendersPage") },
  { path: "lenders/new", lazy: page(lenders, "OnboardLenderPage") },
  { path: "lenders/:lenderId", lazy: page(lenders, "LenderPage") },
  { path: "invitations", lazy: page(() => import("./invitations"), "InvitationsPage") },
  { path: "models", lazy: page(() => import("./models"), "ModelsPage") },
  { path: "grievances", lazy: page(grievances, "GrievancesPage") },
  { path: "grievances/:grievanceId", lazy: page(grievances, "GrievancePage") },
  { path: "anomalies", lazy: page(retailers, "AnomaliesPage") },
  { path: "retailers", lazy: page(retailers, "RetailersPage") },
  { path: "retailers/:retailerId", lazy: page(retailers, "RetailerPage") },
  { path: "audit", lazy: page(() => import("./audit"), "AuditPage") },
  { path: "approvals", lazy: page(approvals, "ApprovalsPage") },
  { path: "approvals/:approvalId", lazy: page(approvals, "ApprovalPage") },
  { path: "rights", lazy: page(rights, "RightsPage") },
  { path: "rights/new", lazy: page(rights, "NewRightPage") },
  { path: "rights/:requestId", lazy: page(rights, "RightPage") },
  { path: "incidents", lazy: page(incidents, "IncidentsPage") },
  { path: "incidents/new", lazy: page(incidents, "NewIncidentPage") },
  { path: "incidents/:incidentId", lazy: page(incidents, "IncidentPage") },
  { path: "compliance", lazy: page(() => import("./compliance"), "CompliancePage") },
  { path: "switches", lazy: page(() => import("./switches"), "SwitchesPage") },
  { path: "parked", lazy: page(() => import("./parked"), "ParkedPage") },
  { path: "operators", lazy: page(() => import("./operators"), "OperatorsPage") },
];
