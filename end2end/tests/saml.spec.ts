// Signing in and out at a SAML identity provider that is not ours: there, back to the page, and out again.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Page } from "@playwright/test";
import { expect, test as base } from "../fixtures";

const python = process.env.SAML_PYTHON ?? "/usr/bin/python3";

/** An address that is known before the server behind it starts: server and identity provider have to know each other's. */
interface Front {
  url: string;
  environment: NodeJS.ProcessEnv;
  /** Leads to a server from now on. */
  leadTo(url: string): void;
}

const test = base.extend<object, { front: Front }>({
  front: [
    async ({}, use) => {
      let port = 0;
      const open = new Set<Socket>();
      const listener = createServer((browser) => {
        const server = connect(port, "127.0.0.1");
        for (const socket of [browser, server]) {
          open.add(socket);
          socket.on("close", () => open.delete(socket)).on("error", () => socket.destroy());
        }
        browser.pipe(server).pipe(browser);
      });
      await once(listener.listen(0, "127.0.0.1"), "listening");
      const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
      const provider = spawn(python, [join(__dirname, "../identity/saml_idp.py"), url], { stdio: ["pipe", "pipe", "inherit"] });
      try {
        const [metadata] = await Promise.race([
          once(createInterface(provider.stdout), "line"),
          once(provider, "exit").then(([code]) => Promise.reject(new Error(`the identity provider ended with ${code}`))),
        ]);
        const environment = {
          FRONTEND_URL: url,
          SAML_SP_BASE_URL: url,
          SAML_IDP_METADATA_URL: metadata as string,
          USE_LOCAL_LOGIN: "true",
        };
        await use({ url, environment, leadTo: (target) => (port = Number(new URL(target).port)) });
      } finally {
        provider.stdin.end();
        for (const socket of open) socket.destroy();
        listener.close();
      }
    },
    { scope: "worker", timeout: 60_000 },
  ],

  serverEnvironment: async ({ front }, use) => use(front.environment),

  server: async ({ server, front }, use) => {
    front.leadTo(server.url);
    await use({ ...server, url: front.url });
  },
});

/** The user of the page's session. */
async function whoAmI(page: Page): Promise<{ email: string; name: string } | null> {
  return page.evaluate(async () => (await fetch("/v1/users/me", { headers: { "X-CSRF-Token": "1" } })).json());
}

async function beginAt(page: Page, returnTo: string) {
  await page.goto(`/v1/auth/saml/login?return_to=${encodeURIComponent(returnTo)}`);
  await expect(page.getByRole("heading", { name: "Identity provider" })).toBeVisible();
}

test("somebody signs in at the identity provider, comes back to the page, and signs out there too", async ({ page, server }) => {
  const where = `${server.url}/snaps`;
  await beginAt(page, where);
  // The other site's page posts the answer here, and the browser brings what it kept of its question.
  await page.getByRole("button", { name: "Sign in as béa" }).click();
  await expect(page).toHaveURL(where);
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
  expect(await whoAmI(page)).toMatchObject({ email: "bea@example.org", name: "Béa <& Co>" });
  const kept = await page.context().cookies(server.url);
  expect(kept.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }))).toEqual([
    { name: "session", httpOnly: true, sameSite: "Lax" },
  ]);

  const providersAnswer = page.waitForRequest((request) => request.url().startsWith(`${server.url}/v1/auth/saml/sls?SAMLResponse=`));
  await page.goto(`/v1/auth/saml/logout?return_to=${encodeURIComponent(where)}`);
  await providersAnswer;
  await expect(page).toHaveURL(where);
  expect(await whoAmI(page)).toBeNull();
  expect(await page.context().cookies(server.url)).toEqual([]);
});

test.describe("an answer of the identity provider", () => {
  test.use({ expectedNoise: [/status of 403/] });

  test("is good once, in the browser that asked for it", async ({ page, browser, server }) => {
    await beginAt(page, `${server.url}/snaps`);
    const posting = page.waitForRequest((request) => request.url().endsWith("/v1/auth/saml/acs"));
    await page.getByRole("button", { name: "Sign in as ana" }).click();
    const form = (await posting).postData()!;
    await expect(page).toHaveURL(`${server.url}/snaps`);
    expect(await whoAmI(page)).toMatchObject({ email: "ana@example.org" });

    const other = await browser.newContext();
    for (const victim of [page, await other.newPage()]) {
      await victim.goto(`${server.url}/snaps`);
      const answer = await victim.evaluate(async (body) => {
        const headers = { "Content-Type": "application/x-www-form-urlencoded" };
        const answer = await fetch("/v1/auth/saml/acs", { method: "POST", headers, body });
        return { status: answer.status, body: await answer.json() };
      }, form);
      expect(answer).toEqual({ status: 403, body: { detail: "Authentication failed" } });
    }
    expect(await other.cookies(server.url)).toEqual([]);
    await other.close();
  });
});
