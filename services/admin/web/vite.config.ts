import react from "@vitejs/plugin-react";
import { resolve } from "node:path";
import { defineConfig } from "vitest/config";

/** Where an entry is served; the browser's router and the assets' addresses follow it. */
const MOUNTS = { admin: "/", portal: "/portal/", lender: "/lender/" } as const;

function entryOf(name: string | undefined): keyof typeof MOUNTS {
  if (name === undefined || name in MOUNTS) return (name ?? "admin") as keyof typeof MOUNTS;
  throw new Error(`PAGES_ENTRY is one of ${Object.keys(MOUNTS).join(", ")}`);
}

const entry = entryOf(process.env.PAGES_ENTRY);

export default defineConfig({
  root: process.env.VITEST ? import.meta.dirname : resolve(import.meta.dirname, "src", entry),
  base: MOUNTS[entry],
  plugins: [react()],
  build: {
    outDir: resolve(import.meta.dirname, "dist", entry),
    emptyOutDir: true,
    target: "es2022",
    // The content security policy has no data: for scripts and styles, and no inline code at all.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
  server: {
    port: 5173,
    // PAGES_API: an admin-api on this machine that the development server passes the calls on to.
    proxy: process.env.PAGES_API ? { "/v1": { target: process.env.PAGES_API, secure: false } } : undefined,
  },
  // A test that hangs ends; on a machine with other work one that does not may take longer than the usual five seconds.
  test: { environment: "jsdom", include: ["src/**/*.test.{ts,tsx}"], setupFiles: ["src/shared/testing.ts"], testTimeout: 60_000 },
});
