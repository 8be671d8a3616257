// An OpenID Connect provider that signs in whomever it was told to, and can misbehave. Provider and control on one TLS port.
import fs from "node:fs";
import https from "node:https";
import path from "node:path";
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";

// Packages lie in the cache; modules are not looked for in NODE_PATH, so it is named.
const { default: Provider } = await import(pathToFileURL(path.join(process.env.NODE_PATH, "oidc-provider/lib/index.js")));

const FAULTS = ["other_nonce", "no_nonce", "other_state", "other_iss", "no_iss", "hang", "deny"];
const NAMES = ["host", "port", "issuer", "browser-origin", "tls-cert", "tls-key", "client-id", "client-secret", "redirect-uri"];
const { values: named } = parseArgs({
  options: Object.fromEntries(NAMES.map((name) => [name, { type: "string" }])),
});
// What the command line leaves out stands in the environment: a secret belongs in no list of processes.
const variable = (name) => process.env[`OIDC_SIM_${name.toUpperCase().replaceAll("-", "_")}`];
const options = Object.fromEntries(NAMES.map((name) => [name, named[name] ?? variable(name)]));
const host = options.host || "127.0.0.1";
const issuer = options.issuer || `https://${host}:${options.port}`;
const redirectUris = options["redirect-uri"].split(" ");
let fault = null;
let account = { sub: "subject-1", email: "nobody@example.test", email_verified: true };

const provider = new Provider(issuer, {
  clients: [{
    client_id: options["client-id"],
    client_secret: options["client-secret"],
    redirect_uris: redirectUris,
    grant_types: ["authorization_code"],
    response_types: ["code"],
  }],
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  conformIdTokenClaims: false, // the ID token carries the address, as the big providers do
  pkce: { methods: ["S256"], required: () => true },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ["of a test"] },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ ...account, sub: id }) }),
});

// Browsers may reach it elsewhere than the client does: on a published port of this machine, for example.
provider.use(async (context, next) => {
  await next();
  if (options["browser-origin"] && context.oidc?.route === "discovery") {
    const { pathname } = new URL(context.body.authorization_endpoint);
    context.body.authorization_endpoint = new URL(pathname, options["browser-origin"]).href;
  }
});

async function interact(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (fault === "deny") {
    return provider.interactionFinished(request, response, { error: "access_denied" });
  }
  if (prompt.name === "login") {
    return provider.interactionFinished(request, response, { login: { accountId: account.sub } });
  }
  const accountId = session.accountId;
  const grant = (grantId && await provider.Grant.find(grantId)) || new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope("openid email");
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
}

// What the browser is sent back with, and what the provider is asked for, as an attacker between them would have it.
function misbehave(request, response) {
  const url = new URL(request.url, issuer);
  if (url.pathname === "/auth" && fault === "other_nonce") url.searchParams.set("nonce", "x".repeat(43));
  if (url.pathname === "/auth" && fault === "no_nonce") url.searchParams.delete("nonce");
  if (url.pathname === "/auth") request.url = url.pathname + url.search;
  const setHeader = response.setHeader.bind(response);
  response.setHeader = (name, value) => {
    const isSentBack = name.toLowerCase() === "location" && redirectUris.some((uri) => String(value).startsWith(uri));
    if (!isSentBack) return setHeader(name, value);
    const back = new URL(value);
    if (fault === "other_state") back.searchParams.set("state", "x".repeat(43));
    if (fault === "other_iss") back.searchParams.set("iss", "https://other.test");
    if (fault === "no_iss") back.searchParams.delete("iss");
    return setHeader(name, back.href);
  };
}

async function control(request, response) {
  let body = "";
  for await (const part of request) body += part;
  const { mode = fault, login = account } = JSON.parse(body);
  const isKnown = mode === null || FAULTS.includes(mode);
  if (isKnown) {
    fault = mode;
    account = login;
  }
  response.writeHead(isKnown ? 200 : 400, { "content-type": "application/json" });
  response.end(JSON.stringify(isKnown ? { mode, login } : { faults: FAULTS }));
}

const callback = provider.callback();
const tls = { cert: fs.readFileSync(options["tls-cert"]), key: fs.readFileSync(options["tls-key"]) };
const server = https.createServer(tls, (request, response) => {
  if (request.url === "/sim" && request.method === "POST") return control(request, response);
  if (request.url === "/token" && fault === "hang") return undefined;
  misbehave(request, response);
  if (request.url.startsWith("/interaction/")) {
    return interact(request, response).catch(() => response.writeHead(400).end());
  }
  return callback(request, response);
});
server.listen(Number(options.port), host);
for (const name of ["SIGTERM", "SIGINT"]) {
  process.on(name, () => {
    server.close();
    server.closeAllConnections();
    process.exit(0);
  });
}
