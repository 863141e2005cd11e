// Signing in by a link and with a password on the page itself, notifications, and signing out again.
import { expect, test } from "../fixtures";
import { artefact, report } from "../report";

test.use({ expectedNoise: [/status of 401/] });

test("a link signs in, the bar says who, and signing out ends it", async ({ page, goto, signIn, shot }) => {
  await goto("/snaps?q=x");
  await page.getByRole("link", { name: "Log in" }).click();
  await expect(page).toHaveURL(/\/login\?returnTo=%2Fsnaps%3Fq%3Dx$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Log in");
  await shot("login");

  await signIn({ name: "Ana Admin" });
  await page.locator("html[data-hydrated]").waitFor({ state: "attached" });
  await page.getByText("Ana Admin").click();
  await expect(page.getByRole("link", { name: "Audit log" })).toBeVisible();
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page.getByRole("link", { name: "Log in" })).toBeVisible();
});

test("an ordinary user is not offered administration", async ({ page, goto, signIn }) => {
  await signIn({ name: "Olu Ordinary", isAdmin: false });
  await goto("/snaps");
  await page.getByText("Olu Ordinary").click();
  await expect(page.getByRole("link", { name: "My reviews" })).toBeVisible();
  await expect(page.getByRole("link", { name: "Audit log" })).toBeHidden();
});

test("a wrong password is refused on the page", async ({ page, goto }) => {
  await goto("/login");
  await page.getByLabel("E-mail address").fill("nobody@example.org");
  await page.getByLabel("Password").fill("not this one");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").filter({ hasText: "E-mail or password is wrong" })).toBeVisible();
});

test("who reviews an artefact is told, and reads it by following it", async ({ page, request, server, goto, signIn, shot }) => {
  const { email } = await signIn({ name: "Rae Reviewer" });
  await report(request, server, { name: "notified" }, [{ name: "t", status: "PASSED" }]);
  const id = await artefact(request, server, "notified");
  const headers = { Authorization: `Bearer ${server.apiKey}` };
  const users = await (await request.get(`${server.url}/v1/users?q=${email}`, { headers })).json();
  const changed = await request.patch(`${server.url}/v1/artefacts/${id}`, { headers, data: { reviewer_ids: [users.users[0].id] } });
  expect(changed.status()).toBe(200);

  await goto("/snaps");
  await page.getByRole("link", { name: "Notifications, 1 unread" }).click();
  const title = page.getByRole("link", { name: "notified 1.0" });
  await expect(title).toBeVisible();
  await expect(page.getByText("Artefact and Environment Review Assigned")).toBeVisible();
  await shot("notifications");
  await page.getByRole("button", { name: "Dismiss: notified 1.0" }).click();
  await expect(page.getByRole("link", { name: "Notifications", exact: true })).toBeVisible();
  await title.click();
  await expect(page).toHaveURL(new RegExp(`/snaps/${id}$`));
});

test("without notifications the page says what they would be", async ({ page, goto, signIn }) => {
  await goto("/notifications");
  await expect(page.getByText("Log in to see your notifications")).toBeVisible();
  await signIn({ name: "Noa New" });
  await goto("/notifications");
  await expect(page.getByText("No notifications")).toBeVisible();
});
