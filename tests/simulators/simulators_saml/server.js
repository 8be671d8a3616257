// A SAML 2.0 identity provider that signs in whomever a browser names, and can misbehave. TLS on one port, control too.
"use strict";

const fs = require("fs");
const https = require("https");
const { parseArgs } = require("util");
const express = require("express");
const samlp = require("samlp");

const FAULTS = ["unsigned", "other_key", "other_audience", "expired", "other_recipient", "other_request", "other_issuer",
  "comment", "doctype", "xslt", "no_roles", "twice", "wrapped", "hang"];
const NAMES = ["host", "port", "tls-cert", "tls-key", "cert", "key", "other-cert", "other-key", "issuer", "acs", "users"];
const { values: options } = parseArgs({
  options: Object.fromEntries(NAMES.map((name) => [name, { type: "string" }])),
});
const read = (name) => fs.readFileSync(options[name], "utf8");
// {"name": {"roles": ["..."], "email": "..."}}: who may be signed in; the address is an attribute where there is one.
const users = JSON.parse(read("users"));
const pair = { cert: read("cert"), key: read("key") };
const other = options["other-key"] ? { cert: read("other-cert"), key: read("other-key") } : pair;
let fault = null;

class Mapper {
  constructor(user) { this.user = user; }
  getClaims() {
    const roles = fault === "no_roles" ? [] : this.user.roles;
    return this.user.email === undefined ? { roles } : { roles, email: this.user.email };
  }
  getNameIdentifier() {
    return {
      nameIdentifier: this.user.id,
      nameIdentifierFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    };
  }
}

function changed(xml) {
  if (fault === "comment") return xml.replace(/(<saml:NameID[^>]*>.)/, "$1<!-- -->");
  if (fault === "doctype") return `<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa">]>${xml}`;
  if (fault === "xslt") {
    const sheet = '<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"/>';
    const transform = `<Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116">${sheet}</Transform>`;
    return xml.replace("<Transforms>", `<Transforms>${transform}`);
  }
  if (fault === "twice") return xml.replace(/(<saml:Assertion.*<\/saml:Assertion>)/s, "$1$1");
  if (fault === "wrapped") {
    // The signed assertion stays whole; before it stands another one, unsigned, that names somebody else.
    const [whole] = /<saml:Assertion.*<\/saml:Assertion>/s.exec(xml);
    const unsigned = whole.replace(/<Signature.*<\/Signature>/s, "").replace(/ ID="_/, ' ID="_evil');
    return xml.replace(whole, unsigned.replace(/(<saml:NameID[^>]*>)[^<]*/, "$1mallory") + whole);
  }
  return xml;
}

const escaped = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function page(body) {
  return `<!doctype html><meta charset="utf-8"><title>Test identity provider</title>${body}`;
}

function postForm(response, opts, req, res) {
  const token = Buffer.from(changed(response.toString("utf8"))).toString("base64");
  const state = escaped(req.query.RelayState || "");
  res.type("html").send(page(
    `<form method="post" action="${escaped(options.acs)}">` +
    `<input type="hidden" name="SAMLResponse" value="${token}">` +
    `<input type="hidden" name="RelayState" value="${state}"><button>Continue</button></form>` +
    "<script>document.forms[0].submit()</script>"));
}

function signIn(req, res, next) {
  if (fault === "hang") return;
  const signer = fault === "other_key" ? other : pair;
  samlp.auth({
    ...signer,
    issuer: fault === "other_issuer" ? "https://other.test/idp" : options.issuer,
    audience: fault === "other_audience" ? "https://other.test/metadata" : undefined,
    recipient: fault === "other_recipient" ? "https://other.test/acs" : options.acs,
    destination: options.acs,
    inResponseTo: fault === "other_request" ? `_${"0".repeat(64)}` : undefined,
    lifetimeInSeconds: fault === "expired" ? -3600 : 120,
    signAssertion: fault !== "unsigned",
    profileMapper: (user) => new Mapper(user),
    getUserFromRequest: () => ({ id: req.query.login_as, ...users[req.query.login_as] }),
    getPostURL: (_audience, _request, _req, callback) => callback(null, options.acs),
    responseHandler: (response, opts, _req, _res) => postForm(response, opts, req, res),
  })(req, res, next);
}

const app = express();
app.disable("x-powered-by");
app.get("/sso", (req, res, next) => {
  if (Object.hasOwn(users, req.query.login_as || "")) return signIn(req, res, next);
  const query = new URLSearchParams(req.query);
  const links = Object.keys(users).map((name) => {
    query.set("login_as", name);
    return `<li><a href="/sso?${escaped(query.toString())}">${escaped(name)}</a></li>`;
  });
  res.type("html").send(page(`<h1>Sign in as</h1><ul>${links.join("")}</ul>`));
});
app.post("/sim/faults", express.json(), (req, res) => {
  const { mode } = req.body || {};
  if (mode !== null && !FAULTS.includes(mode)) return res.status(400).json({ faults: FAULTS });
  fault = mode;
  res.json({ mode });
});
app.use((error, _req, res, _next) => res.status(400).type("text").send(`no such request: ${error.name}`));

const server = https.createServer({ cert: read("tls-cert"), key: read("tls-key") }, app);
server.listen(Number(options.port), options.host || "127.0.0.1");
for (const name of ["SIGTERM", "SIGINT"]) {
  process.on(name, () => {
    server.close();
    server.closeAllConnections();
    process.exit(0);
  });
}
