import { defineConfig } from "@playwright/test";

/** PAGES_URL: where the pages are served, on the name localhost, because WebAuthn refuses addresses. */
export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  workers: 1,
  retries: 0,
  timeout: 300_000, // two dozen pages in one test, on a machine that does other things
  expect: { timeout: 30_000 },
  reporter: "line",
  use: {
    baseURL: process.env.PAGES_URL ?? "http://localhost:5173",
    ignoreHTTPSErrors: true, // the stack's own authority
    launchOptions: {
      executablePath: process.env.PAGES_BROWSER ?? "/usr/bin/chromium",
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});
