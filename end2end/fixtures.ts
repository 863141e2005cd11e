// What specs import instead of @playwright/test: a server of their own, and a page that fails the test on any noise.
import { test as base, expect, type Page, type Response } from "@playwright/test";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { withServer, type Database, type Filling, type Server, type User } from "./server";

export { expect };
export type { Server };

/** What a project of the configuration, or `test.use` of a spec file, chooses. */
export interface Options {
  /** The database the server runs on. */
  database: Database;
  /** The command that makes the database: an empty one, or the demo. */
  filling: Filling;
  /** More environment for the server, such as REQUIRE_AUTHENTICATION. */
  serverEnvironment: NodeJS.ProcessEnv;
}

/** Goes to a path of the server and waits until the page is alive: a click before that lands on inert markup. */
export type Goto = (path: string) => Promise<Response | null>;

interface PageFixtures {
  /** Console output a test expects, such as the browser's own line about a 404 it provokes. */
  expectedNoise: RegExp[];
  goto: Goto;
  /** Signs somebody in who is new; an administrator unless the test says otherwise. */
  signIn: (user?: Partial<User>) => Promise<User>;
  /** Keeps a picture of the whole page as results/screenshots/PROJECT-NAME.png, for people to look at. */
  shot: (name: string) => Promise<void>;
}

interface WorkerFixtures extends Options {
  server: Server;
}

export const test = base.extend<PageFixtures, WorkerFixtures>({
  database: ["sqlite", { option: true, scope: "worker" }],
  filling: ["migrate", { option: true, scope: "worker" }],
  serverEnvironment: [{}, { option: true, scope: "worker" }],

  server: [
    async ({ database, filling, serverEnvironment }, use) => {
      await withServer(database, filling, serverEnvironment, use);
    },
    { scope: "worker", timeout: 60_000 },
  ],

  baseURL: async ({ server }, use) => use(server.url),

  expectedNoise: [[], { option: true }],

  page: async ({ page, expectedNoise }, use) => {
    const noise = listen(page);
    await use(page);
    expect(noise.filter((line) => !expectedNoise.some((pattern) => pattern.test(line))), "noise in the browser").toEqual([]);
  },

  goto: async ({ page, javaScriptEnabled }, use) => {
    await use(async (path) => {
      const response = await page.goto(path);
      if (javaScriptEnabled !== false) await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
      return response;
    });
  },

  signIn: async ({ page, server }, use) => {
    await use(async (wanted) => {
      const name = wanted?.name ?? "Robin Reviewer";
      const user = { name, email: `${crypto.randomUUID()}@example.org`, isAdmin: true, ...wanted };
      await page.goto(server.signInLink(user));
      return user;
    });
  },

  shot: async ({ page }, use, info) => {
    await use(async (name) => {
      const folder = join(__dirname, "results/screenshots");
      mkdirSync(folder, { recursive: true });
      await page.screenshot({ path: join(folder, `${info.project.name}-${name}.png`), fullPage: true });
    });
  },
});

/** Collects what a healthy page never says: errors, exceptions, and Leptos' warnings about a failed hydration. */
function listen(page: Page): string[] {
  const noise: string[] = [];
  page.on("pageerror", (error) => noise.push(`exception: ${error.message}`));
  page.on("console", (message) => {
    const text = message.text();
    if (message.type() === "error" || /hydrat|panicked at/i.test(text)) noise.push(`${message.type()}: ${text}`);
  });
  return noise;
}
