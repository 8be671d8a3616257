import { defineConfig } from "@playwright/test";
import browser from "./playwright.config";

/** Measurements in the same Chromium as the browser tests, one after another; `python -m bench.pages` runs them. */
export default defineConfig({ ...browser, testDir: "bench", testMatch: "*.bench.ts", outputDir: "test-results/bench" });
