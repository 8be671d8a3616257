import { defineConfig } from "@playwright/test";
import { facts } from "./journeys/facts";
import browser from "./playwright.config";

const { launchOptions, ...use } = browser.use ?? {};

/** People at work on a running target, one after another; `python -m demo.browser_journeys` prepares and runs them. */
export default defineConfig({
  ...browser,
  testDir: "journeys",
  outputDir: "test-results/journeys",
  use: {
    ...use,
    launchOptions: {
      ...launchOptions,
      // WebAuthn refuses a page whose certificate the browser does not trust; the target's own authority is not installed.
      args: [...(launchOptions?.args ?? []), `--ignore-certificate-errors-spki-list=${facts().trusted.join(",")}`],
    },
  },
});
