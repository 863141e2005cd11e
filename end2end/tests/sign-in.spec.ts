// Signing in at a real OpenID Connect provider, looking around, and signing out.
import type { Page } from "@playwright/test";
import { expect, test as base } from "../fixtures";
import { withOidcProvider } from "../identity/oidc";

const test = base.extend<object, { provider: NodeJS.ProcessEnv }>({
  provider: [async ({}, use) => withOidcProvider(use), { scope: "worker", timeout: 30_000 }],
  serverEnvironment: async ({ provider }, use) => use(provider),
});

/** Who the server takes the browser for; null for nobody. */
function whoAmI(page: Page) {
  return page.evaluate(async () => (await fetch("/v1/users/me", { headers: { "X-CSRF-Token": "1" } })).json());
}

/** Goes to the provider by way of the server, and gives a name there. */
async function signIn(page: Page, returnTo: string, name: string) {
  await page.goto(`/v1/auth/oidc/login?return_to=${encodeURIComponent(returnTo)}`);
  await expect(page.getByRole("heading")).toHaveText("Sign in at the test provider");
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
}

test("somebody signs in, comes back to the page, and signs out", async ({ page, context, server, goto }) => {
  await goto("/snaps");
  expect(await whoAmI(page)).toBeNull();

  await signIn(page, "/snaps?q=hello", "ana");
  await expect(page).toHaveURL(`${server.url}/snaps?q=hello`);
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
  expect(await whoAmI(page)).toMatchObject({
    email: "ana@example.org",
    name: "Ana Lopez",
    is_admin: false,
    teams: [{ name: "reviewers", permissions: [] }],
  });

  const cookies = await context.cookies([server.url, `${server.url}/v1/auth/oidc/callback`]);
  const session = cookies.find((cookie) => cookie.name === "session");
  expect(session).toMatchObject({ httpOnly: true, sameSite: "Lax", path: "/", secure: false });
  expect(cookies.map((cookie) => cookie.name)).not.toContain("sign_in");
  // No script of any page can read it.
  expect(await page.evaluate(() => document.cookie)).not.toContain("session");

  const status = await page.evaluate(
    async () => (await fetch("/v1/auth/logout", { method: "POST", headers: { "X-CSRF-Token": "1" } })).status,
  );
  expect(status).toBe(204);
  expect(await whoAmI(page)).toBeNull();
  expect((await context.cookies(server.url)).map((cookie) => cookie.name)).not.toContain("session");
});

test.describe("refused", () => {
  // The browser's own line about the answer it provokes.
  test.use({ expectedNoise: [/status of 40[034]/] });

  test("somebody whose address is not verified stays outside", async ({ page }) => {
    await signIn(page, "/", "eve");
    await expect(page.getByText("The identity provider has not verified your e-mail address")).toBeVisible();
  });

  test("somebody who changes their mind stays outside", async ({ page }) => {
    await page.goto("/v1/auth/oidc/login");
    await page.getByRole("button", { name: "Cancel" }).click();
    await expect(page.getByText("The identity provider did not sign you in")).toBeVisible();
  });

  test("an answer that nobody asked for leads nowhere", async ({ page, server }) => {
    await page.goto("/v1/auth/oidc/callback?code=stolen&state=guessed");
    await expect(page.getByText("This sign-in was not begun in this browser")).toBeVisible();
    expect((await page.context().cookies(server.url)).map((cookie) => cookie.name)).not.toContain("session");
  });
});
