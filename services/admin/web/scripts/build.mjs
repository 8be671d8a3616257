/** Builds every entry into dist/<entry>; names some on the command line to build only those. */
import { spawnSync } from "node:child_process";

const entries = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ["admin", "portal", "lender"];
for (const entry of entries) {
  const build = spawnSync("npx", ["--no-install", "vite", "build", "--logLevel", "warn"], {
    env: { ...process.env, PAGES_ENTRY: entry },
    stdio: "inherit",
  });
  if (build.status !== 0) process.exit(build.status ?? 1);
}
