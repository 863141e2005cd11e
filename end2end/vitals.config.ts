// `make vitals`: how soon pages are there and how quickly they answer, on a processor a quarter as fast as this one.
import { defineConfig } from "@playwright/test";
import { launchOptions } from "./chromium";
import type { Options } from "./fixtures";

export default defineConfig<object, Options>({
  testDir: "vitals",
  outputDir: "results/vitals",
  reporter: [["./vitals/table.ts", { isStrict: process.env.VITALS_STRICT === "true" }]],
  // One at a time: two would measure each other.
  workers: 1,
  timeout: 20 * 60_000,
  use: { launchOptions, database: "sqlite", filling: "seed" },
});
