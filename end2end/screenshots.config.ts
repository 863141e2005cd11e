// `make screenshots`: every page with the demo data, in both themes and at the width of a phone, into docs/screenshots.
import { defineConfig } from "@playwright/test";
import { launchOptions } from "./chromium";
import type { Options } from "./fixtures";

const wide = { width: 1280, height: 800 };

export default defineConfig<object, Options>({
  testDir: "screenshots",
  outputDir: "results/screenshots-of-docs",
  reporter: "list",
  workers: 1,
  timeout: 120_000,
  use: { launchOptions, database: "sqlite", filling: "seed", contextOptions: { reducedMotion: "reduce" } },
  projects: [
    { name: "light", use: { colorScheme: "light", viewport: wide } },
    { name: "dark", use: { colorScheme: "dark", viewport: wide } },
    { name: "phone", use: { colorScheme: "light", viewport: { width: 412, height: 915 }, hasTouch: true, isMobile: true } },
  ],
});
