/** Writes the client's types from the OpenAPI documents; with --check it only compares and fails when they are stale. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const SOURCES = [
  { document: "../openapi.json", types: "src/admin/api/schema.ts" },
  { document: "../openapi-portal.json", types: "src/portal/api/schema.ts" },
];
const here = new URL("..", import.meta.url);
const isCheck = process.argv.includes("--check");
let isStale = false;
for (const { document, types } of SOURCES) {
  const source = new URL(document, here);
  if (!existsSync(source)) continue;
  const text = `/** Generated from the OpenAPI document by \`npm run schema\`. */\n${astToString(await openapiTS(source))}`;
  const target = new URL(types, here);
  if (!isCheck) writeFileSync(target, text);
  else if (!existsSync(target) || readFileSync(target, "utf-8") !== text) {
    isStale = true;
    process.stderr.write(`${types} does not fit ${document}: run npm run schema\n`);
  }
}
if (isStale) process.exit(1);
