import { defineConfig } from "@playwright/test";
import { launchOptions } from "./chromium";
import type { Options } from "./fixtures";

export default defineConfig<object, Options>({
  testDir: "tests",
  outputDir: "results/artefacts",
  reporter: "list",
  // Every worker has its own server and database, and specs name what they make after themselves, so order never matters.
  fullyParallel: true,
  workers: 2,
  // A flaky test is a broken test.
  retries: 0,
  forbidOnly: !!process.env.CI,
  timeout: 60_000,
  use: {
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
    launchOptions,
  },
  // What pages look like does not depend on the database: each of the two themes is looked at on one of them.
  projects: [
    { name: "sqlite", use: { database: "sqlite" }, grepInvert: /@dark/ },
    { name: "postgres", use: { database: "postgres" }, grepInvert: /@light/ },
  ],
});
